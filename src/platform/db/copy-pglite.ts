/**
 * COPY on the embedded engine, whose own would be one long statement: the rows are fetched by a cursor,
 * each value in the form in which a copy sends it, and put together here.
 */
import { type RawBuilder, sql } from 'kysely';
import { asType, copied, withLiterals } from './copy.ts';
import type { CopyColumn, Tx } from './port.ts';

/** Rows a statement: a few milliseconds. */
const ROWS = 5_000;
/** Signature, no flags, no extension. */
const HEAD = Buffer.from('5047434f50590aff0d0a000000000000000000', 'hex');
const TRAILER = Buffer.from('ffff', 'hex');
const CURSOR = sql.id('plumbline_copy');
/** What gives a value of each type as a copy sends it. */
const SEND: Readonly<Record<CopyColumn['type'], string>> = {
  uuid: 'uuid_send',
  numeric: 'numeric_send',
  text: 'textsend',
  json: 'json_send',
  bytea: 'byteasend',
};

export async function* copyOut(
  tx: Tx,
  query: RawBuilder<unknown>,
  columns: readonly CopyColumn[],
): AsyncIterable<Uint8Array> {
  const sent = copied(
    query,
    columns,
    (column) => sql`${sql.raw(SEND[column.type])}(${asType(column)}) AS ${sql.id(column.name)}`,
  );
  await sql.raw(withLiterals(sql`DECLARE ${CURSOR} NO SCROLL CURSOR FOR ${sent}`)).execute(tx);
  let failed = false; // a failed statement has closed the cursor, and no other may follow it
  try {
    yield HEAD;
    for (let rows = await fetchRows(tx); rows.length > 0; rows = await fetchRows(tx)) {
      yield Buffer.concat(rows.flatMap((row) => tuple(columns.map(({ name }) => row[name] ?? null))));
    }
  } catch (error) {
    failed = true;
    throw error;
  } finally {
    if (!failed) await sql`CLOSE ${CURSOR}`.execute(tx);
  }
  yield TRAILER;
}

type Row = { readonly [column: string]: Uint8Array | null };

async function fetchRows(tx: Tx): Promise<readonly Row[]> {
  return (await sql<Row>`FETCH ${sql.raw(String(ROWS))} FROM ${CURSOR}`.execute(tx)).rows;
}

function tuple(values: readonly (Uint8Array | null)[]): readonly Uint8Array[] {
  const count = Buffer.alloc(2);
  count.writeInt16BE(values.length);
  return [count, ...values.flatMap(field)];
}

function field(value: Uint8Array | null): readonly Uint8Array[] {
  const length = Buffer.alloc(4);
  length.writeInt32BE(value?.length ?? -1);
  return value === null ? [length] : [length, value];
}
