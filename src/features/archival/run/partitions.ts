/**
 * Whole partitions: exported like any batch, detached, held against the export row by row, and dropped in the
 * transaction that brings their pointers. One that was changed meanwhile is attached again, and its unchanged
 * rows leave in chunks.
 */
import { PlumblineError } from '../../../kernel/errors.ts';
import type { Tx } from '../../../platform/db/port.ts';
import { readRows } from '../format/copy-rows.ts';
import { hashOf, idOf } from '../format/records.ts';
import { underHolds, underStandingHolds } from '../holds/store-holds.ts';
import { type Partition, readPartitions } from '../plan/store-table.ts';
import type { Batch } from './batch.ts';
import { exportBatch, finish, identity, storeObject, type Work, type WorkDeps } from './bring.ts';
import { orderedRecords } from './ordered-records.ts';
import * as steps from './steps.ts';
import * as store from './store-batches.ts';
import * as rows from './store-rows.ts';
import * as transitions from './store-transitions.ts';
import { type Seen, seenRows } from './store-versions.ts';

/** Rows of a partition that is moved as a whole, into one object. */
export const MOST_ROWS = 1_000_000;
/** Rows that are compared byte by byte where their versions say already that nothing was changed. */
const SAMPLE = 1_000;

/** Every partition that is old enough as a whole and fits into one object. */
export async function archivePartitions(deps: WorkDeps, work: Work, before: string): Promise<void> {
  const { subject } = work;
  if (!subject.partitioned || subject.hasDefaultPartition || subject.references.length > 0) return;
  for (const partition of await readPartitions(deps.db.sql, subject.table)) {
    await deps.throttle.gate();
    const range = rangeOf(partition.bound);
    if (range === undefined || !(await rows.isOver(deps.db.sql, subject, range.to, before))) continue;
    const place = { schema: partition.schema, name: partition.table };
    const count = await rows.countAll(deps.db.sql, place, MOST_ROWS + 1);
    if (count === 0 || count > MOST_ROWS) continue; // nothing to archive, or more than one object: in chunks
    if (await rows.hasHeld(deps.db.sql, await underHolds(deps.db.sql, subject), place)) continue; // the others leave in chunks
    await archivePartition(deps, work, partition, range);
  }
}

async function archivePartition(
  deps: WorkDeps,
  work: Work,
  partition: Partition,
  range: { readonly from: string; readonly to: string },
): Promise<void> {
  const batch = await store.insertBatch(deps.db.sql, {
    ...identity(deps, work),
    ...{ way: 'partition', range, partition: { name: partition.name, bound: partition.bound } },
  });
  await deps.onStep?.('claimed');
  const place = { schema: partition.schema, name: partition.table };
  const exported = await exportBatch(deps, work, batch, { place, limit: MOST_ROWS + 1, cursor: undefined });
  if (exported === undefined) {
    await transitions.setAbandoned(deps.db.sql, batch, 'no row was left in its partition', new Date(deps.now()));
    return;
  }
  await finishPartition(deps, work, exported.batch, exported.seen);
}

/**
 * From wherever the batch is to its end; one that still cools stays as it is.
 * @param seen of the export, where this process made it: what it saw needs no second reading
 */
export async function finishPartition(deps: WorkDeps, work: Work, batch: Batch, seen?: Seen): Promise<Batch> {
  let now = await storeObject(deps, work, batch);
  if (now.state === 'verified') {
    if (now.coolingUntil !== null && now.coolingUntil.getTime() > deps.now()) return now;
    now = await steps.begin(deps, now);
  }
  if (now.state === 'committing') {
    if (now.nextSeq === 0) now = await exchange(deps, work, now, seen);
    else if (now.detached) now = await attachAgain(deps, work, now); // its spool was lost in between
  }
  return finish(deps, work, now);
}

/** The partition for its pointers. @returns the batch `committed`, or `committing` where the rows leave in chunks */
async function exchange(deps: WorkDeps, work: Work, batch: Batch, seen: Seen | undefined): Promise<Batch> {
  const { subject } = work;
  const place = await placeOf(deps, batch);
  deps.onPhase?.(`partition ${batch.partition} leaves its table`);
  await deps.onStep?.('detach');
  const now = batch.detached ? batch : await transitions.setDetached(deps.db.sql, batch, true, new Date(deps.now()));
  const attachment = await rows.attachmentOf(deps.db.sql, place);
  if (attachment === 'gone') {
    throw new PlumblineError(
      'integrity',
      'archive.partition_gone',
      `the partition ${batch.partition} is gone, and batch ${batch.no} has not dropped it; its rows are in ${steps.objectOf(batch).key}, and in no table`,
    );
  }
  if (attachment === 'attached') await rows.detach(deps.db, subject, place, 'begin');
  if (attachment === 'detaching') await rows.detach(deps.db, subject, place, 'finalize');
  await deps.onStep?.('detached');
  const committed = await deps.throttle.turn(() =>
    deps.db.transaction({}, async (tx) => {
      await rows.lockTable(tx, place);
      await store.holdBatch(tx, now);
      await rows.pin(tx);
      if (await rows.hasHeld(tx, await underStandingHolds(tx, subject), place)) return undefined;
      const object = steps.objectOf(batch);
      // Some are compared all the same, and with them what the table makes of its rows: names, types, settings.
      const compared = (await isSeen(tx, place, object.rows, seen)) ? Math.min(SAMPLE, object.rows) : object.rows;
      await rows.steer(tx, subject);
      if (!(await isUnchanged(deps, tx, work, { place, batch, compared, all: object.rows }))) return undefined;
      const index = { path: deps.spool.indexPath(batch.id), lo: object.lo, hi: object.hi };
      const exchanged = await transitions.setExchanged(tx, now, orderedRecords(index), new Date(deps.now()));
      await rows.dropTable(tx, place);
      await deps.onStep?.('dropped');
      return transitions.setCommitted(tx, exchanged, new Date(deps.now()));
    }),
  );
  if (committed !== undefined) {
    await deps.onStep?.('exchanged');
    await deps.onRows?.({ archived: committed.archivedRows, kept: 0 });
    return committed;
  }
  deps.onPhase?.(
    `partition ${batch.partition} was changed, or some of it is held: it is attached again, and its rows leave in chunks`,
  );
  return attachAgain(deps, work, now);
}

async function attachAgain(deps: WorkDeps, { subject }: Work, batch: Batch): Promise<Batch> {
  const place = await placeOf(deps, batch);
  await deps.onStep?.('attach');
  const attachment = await rows.attachmentOf(deps.db.sql, place);
  if (attachment === 'detaching') await rows.detach(deps.db, subject, place, 'finalize');
  if (attachment === 'detaching' || attachment === 'detached') {
    await rows.attach(deps.db.sql, subject, place, batch.partitionBound ?? '');
  }
  await deps.onStep?.('attached');
  return transitions.setDetached(deps.db.sql, batch, false, new Date(deps.now()));
}

/** Whether the partition's rows are those that the export saw, by their versions. */
const isSeen = async (tx: Tx, place: rows.Place, exported: number, seen: Seen | undefined): Promise<boolean> =>
  seen !== undefined && (await seenRows(tx, place, seen)) === exported;

/** Whether the first rows of the partition are those that were exported: all of them, where none may be left over. */
async function isUnchanged(
  { db, spool }: WorkDeps,
  tx: Tx,
  { subject }: Work,
  {
    place,
    batch,
    compared,
    all,
  }: { readonly place: rows.Place; readonly batch: Batch; readonly compared: number; readonly all: number },
): Promise<boolean> {
  let at = 0;
  let same = true;
  let some: Buffer[] = [];
  await readRows(
    // One more than there may be.
    rows.copyHashes(db, tx, subject, place, compared < all ? compared : all + 1),
    (id, dataHash) => {
      some.push(Buffer.concat([id, dataHash]));
    },
    async () => {
      same &&= at + some.length <= compared;
      if (!same) return false;
      const records = await spool.records(batch.id, at, at + some.length);
      same = some.every((each, n) => each.equals(Buffer.concat([idOf(records, n), hashOf(records, n)])));
      at += some.length;
      some = [];
      return same;
    },
  );
  return same && at === compared;
}

async function placeOf(
  { db }: WorkDeps,
  { no, partition }: Batch,
): Promise<{ readonly schema: string; readonly name: string }> {
  const parts = partition === null ? undefined : await rows.splitName(db.sql, partition);
  if (parts !== undefined) return parts;
  throw new PlumblineError('internal', 'archive.partition_unknown', `batch ${no} names no partition`);
}

/** @param bound `FOR VALUES FROM ('2023-10-01 00:00:00+00') TO ('2023-11-01 00:00:00+00')`; undefined for any other */
function rangeOf(bound: string): { readonly from: string; readonly to: string } | undefined {
  const [, from, to] = /^FOR VALUES FROM \('([^']+)'\) TO \('([^']+)'\)$/.exec(bound) ?? [];
  return from === undefined || to === undefined ? undefined : { from, to };
}
