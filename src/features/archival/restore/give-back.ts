/** Landed rows into their table, each once, and read back before the transaction ends. */
import { messageOf, PlumblineError } from '../../../kernel/errors.ts';
import { sqlState } from '../../../platform/db/errors.ts';
import type { Db } from '../../../platform/db/port.ts';
import type { Manifest } from '../format/manifest.ts';
import { readTable } from '../plan/store-table.ts';
import { pin } from '../run/store-rows.ts';
import { type Mapping, shapeOf } from './mapping.ts';
import type { Restore, RestoreObject } from './request.ts';
import * as store from './store-landing.ts';

const CHUNK = 1_000;

export interface GiveBackDeps {
  readonly db: Db;
  readonly now: () => number;
}

/**
 * How rows of this manifest go into the table as it is now.
 * @throws `archive.table_unknown` (missing), `archive.shape_differs` (conflict), `archive.mapping_invalid` (invalid)
 */
export async function targetOf(
  db: Parameters<typeof readTable>[0],
  manifest: Manifest,
  mapping: Mapping | undefined,
): Promise<store.Target> {
  const facts = await readTable(db, manifest.table).catch(() => undefined);
  if (facts === undefined) {
    throw new PlumblineError(
      'missing',
      'archive.table_unknown',
      `${manifest.table} is not in the database any more: let its rows land beside it (purpose "land"), or create it again`,
    );
  }
  const shape = shapeOf(manifest.columns, facts.columns, mapping, facts.quoted);
  const pair = shape.insert.find(({ archived }) => archived === manifest.key.column);
  const key = facts.columns.find(({ name }) => name === pair?.live);
  if (pair === undefined || key === undefined) {
    throw new PlumblineError(
      'conflict',
      'archive.shape_differs',
      `the key "${manifest.key.column}" has no place in ${facts.quoted}: a row without its key cannot go back; map it to a column`,
      { faults: [{ pointer: `/mapping/columns/${manifest.key.column}`, message: 'the key needs a column' }] },
    );
  }
  return { place: facts, shape, key: { ...pair, type: key.type } };
}

/**
 * @returns false where it was stopped
 * @throws as `targetOf`; `archive.row_taken`, `archive.return_refused` (conflict), `archive.count_differs`,
 *   `archive.return_differs` (integrity): the chunk is undone, and earlier ones stay
 */
export async function giveBack(
  { db, now }: GiveBackDeps,
  { mapping }: Pick<Restore, 'mapping'>,
  object: RestoreObject,
  manifest: Manifest,
  signal?: AbortSignal,
): Promise<boolean> {
  for (;;) {
    if (signal?.aborted === true) return false;
    const seen = await db
      .transaction({}, async (tx) => {
        await pin(tx);
        // A column that is added now waits until these rows are in.
        await store.holdShape(tx, (await targetOf(tx, manifest, mapping)).place);
        const target = await targetOf(tx, manifest, mapping);
        const at = new Date(now());
        const marked = await store.markReturned(tx, object, CHUNK, at);
        if (marked.own.length > 0) {
          const taken = await store.findTaken(tx, object, target, marked.own);
          if (taken !== undefined) throw rowTaken(manifest.table, target.key.live, taken);
          const inserted = await store.insertBack(tx, object, target, marked.own);
          if (inserted !== marked.own.length) throw countDiffers(manifest.table, inserted, marked.own.length);
          const same = await store.countSame(tx, object, target, marked.own);
          if (same !== marked.own.length) throw returnDiffers(manifest.table, marked.own.length - same);
          await store.setReturned(tx, object, target, marked.own, at);
        }
        return marked.seen;
      })
      .catch((error: unknown) => {
        throw refused(manifest.table, error);
      });
    if (seen < CHUNK) return true;
  }
}

/** What the table's own rules say is for people to mend; what the connection says is for later. */
function refused(table: string, error: unknown): unknown {
  const state = sqlState(error);
  if (state === undefined || !/^(22|23|42|P0|0A|44|2F)/.test(state)) return error;
  return new PlumblineError(
    'conflict',
    'archive.return_refused',
    `${table} does not take its rows back: ${messageOf(error)} (${state}). Nothing of this chunk is done; the rows are in archive_restored_rows`,
    { cause: error },
  );
}

const rowTaken = (table: string, key: string, id: string): PlumblineError =>
  new PlumblineError(
    'conflict',
    'archive.row_taken',
    `${table} has a row with ${key} ${id} already, and the archived one would take its place; compare it with archive_restored_rows, and remove or rename one`,
    { details: { table, id } },
  );

const countDiffers = (table: string, inserted: number, wanted: number): PlumblineError =>
  new PlumblineError(
    'integrity',
    'archive.count_differs',
    `of ${wanted} rows ${inserted} came into ${table}; nothing of this chunk is done. Does a trigger keep rows away?`,
  );

const returnDiffers = (table: string, count: number): PlumblineError =>
  new PlumblineError(
    'integrity',
    'archive.return_differs',
    `${count} rows read back from ${table} otherwise than they were archived; nothing of this chunk is done. A trigger or a computed column changes them: map that column to null, which keeps the archived value in _overflow`,
  );
