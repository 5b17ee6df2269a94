/** `audit watch`: from then on every change of a table is recorded in the transaction that makes it. */
import { PlumblineError } from '../../../kernel/errors.ts';
import { sqlState } from '../../../platform/db/errors.ts';
import type { Db, Tx } from '../../../platform/db/port.ts';
import { assureStream } from '../log/store.ts';
import * as store from './store.ts';

export interface WatchRequest {
  /** As SQL names it. */
  readonly table: string;
  /** The table's own name unless told. */
  readonly stream?: string | undefined;
  /** Columns that are left out: they change without meaning, or must not be kept. */
  readonly without?: readonly string[];
  /** Whether its records may name people; they may unless told. */
  readonly salted?: boolean;
  /** Whether the rows that are there already are recorded as well; they are unless told. */
  readonly snapshot?: boolean;
  readonly actor: string;
}

const STREAM = /^[a-z][a-z0-9_.]{0,63}$/;

/**
 * @returns what is watched, and how many rows were there already
 * @throws `audit.table_unknown` (missing); `audit.table_not_owned` (conflict); `audit.table_own`, `audit.table_without_key`, `audit.columns_unknown`, `audit.stream_malformed` (invalid)
 */
export async function watch(db: Db, request: WatchRequest): Promise<store.Watch & { readonly rows: number }> {
  const without = request.without ?? [];
  return await owning(db, request.table, async (tx) => {
    const table = await tableOf(tx, request.table);
    const stream = request.stream ?? table.name;
    assertWatchable(table, stream, without);
    await assureStream(tx, stream, request.salted ?? true);
    await store.installWatch(tx, table, stream, without);
    const rows = request.snapshot === false ? 0 : await store.sayRows(tx, table, stream, without, request.actor);
    return { table: table.quoted, stream, key: table.key, without, enabled: true, rows };
  });
}

/** What was recorded stays; what comes is not. @throws `audit.table_unknown` (missing), `audit.table_not_owned` (conflict) */
export const unwatch = (db: Db, name: string): Promise<void> =>
  owning(db, name, async (tx) => store.removeWatch(tx, (await tableOf(tx, name)).quoted));

/** A trigger is made by who owns the table. */
async function owning<T>(db: Db, name: string, work: (tx: Tx) => Promise<T>): Promise<T> {
  try {
    return await db.transaction({}, work);
  } catch (error) {
    if (sqlState(error) !== '42501') throw error;
    throw new PlumblineError(
      'conflict',
      'audit.table_not_owned',
      `Plumbline's role does not own "${name.slice(0, 80)}" and may put no trigger on it; make it the owner, or give it TRIGGER and SELECT on it`,
      { cause: error },
    );
  }
}

async function tableOf(tx: Parameters<typeof store.findTable>[0], name: string): Promise<store.Table> {
  const table = await store.findTable(tx, name);
  if (table !== undefined) return table;
  throw new PlumblineError(
    'missing',
    'audit.table_unknown',
    `there is no table "${name.slice(0, 80)}" in Plumbline's database; name it as SQL does, with its schema: gateway.payments`,
  );
}

/** What the log itself consists of: it would record itself without end. */
const OWN_TABLE = /^audit_(log|streams|leaves|tiles|payloads|redactions|days|checkpoints|published|outbox)$/;

const SYSTEM = /^(pg_.*|information_schema)$/;

function assertWatchable(table: store.Table, stream: string, without: readonly string[]): void {
  if (OWN_TABLE.test(table.name) || SYSTEM.test(table.schema)) {
    throw new PlumblineError(
      'invalid',
      'audit.table_own',
      `${table.quoted} is a part of the log or of the database itself; it is not watched`,
    );
  }
  if (table.key.length === 0) {
    throw new PlumblineError(
      'invalid',
      'audit.table_without_key',
      `${table.quoted} has no primary key, so its rows have no names; give it one`,
    );
  }
  const unknown = without.filter((column) => !table.columns.includes(column) || table.key.includes(column));
  if (unknown.length > 0) {
    throw new PlumblineError(
      'invalid',
      'audit.columns_unknown',
      `${table.quoted} has no column ${unknown.join(', ')} that could be left out; it has ${table.columns.join(', ')}, and ${table.key.join(', ')} is its key`,
    );
  }
  if (STREAM.test(stream) && !stream.startsWith('plumbline.')) return;
  throw new PlumblineError(
    'invalid',
    'audit.stream_malformed',
    `"${stream.slice(0, 80)}" is no name of a stream: 1 to 64 of a-z, 0-9, "_" and ".", not beginning with "plumbline."`,
  );
}
