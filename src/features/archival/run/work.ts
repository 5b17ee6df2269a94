/** One table's archival from the first old row to the last: batches one after the other, each brought to its end. */
import { PlumblineError } from '../../../kernel/errors.ts';
import { parseManifest } from '../format/manifest.ts';
import { idOfUuid } from '../format/records.ts';
import { underHolds } from '../holds/store-holds.ts';
import type { Subject } from '../plan/subject.ts';
import { cutoffOf } from '../policies/policy.ts';
import type { Batch } from './batch.ts';
import { exportBatch, finish, identity, spoolHolds, type Work, type WorkDeps } from './bring.ts';
import { archivePartitions, finishPartition } from './partitions.ts';
import * as steps from './steps.ts';
import * as store from './store-batches.ts';
import type { Cursor } from './store-rows.ts';
import * as rows from './store-rows.ts';
import * as transitions from './store-transitions.ts';

/** Everything of the table that is old enough. The caller holds the table's lock. */
export async function archiveTable(deps: WorkDeps, work: Work): Promise<void> {
  await recover(deps, work);
  await sweep(deps, work.subject.table);
  await deps.spool.sweep((ids) => store.readEnded(deps.db.sql, ids));
  const before = cutoffOf(work.policy.policy, deps.now());
  if (work.policy.policy.purge_only) return purgeTable(deps, work, before);
  const cooling = await lastCooling(deps, work);
  if (cooling === undefined) await archivePartitions(deps, work, before);
  await archiveRows(deps, work, before, cooling);
  await sweep(deps, work.subject.table);
}

/** Rows leave in chunks, month by month. */
export async function archiveRows(
  deps: WorkDeps,
  work: Work,
  before: string,
  start: Cursor | undefined,
): Promise<void> {
  const { subject, policy } = work;
  let cursor = start;
  for (;;) {
    await deps.throttle.gate();
    const oldest = await rows.oldest(deps.db.sql, await underHolds(deps.db.sql, subject), before, cursor);
    if (oldest === undefined) return;
    const range = monthOf(oldest, before);
    const batch = await store.insertBatch(deps.db.sql, { ...identity(deps, work), way: 'rows', range });
    await deps.onStep?.('claimed');
    const from = cursor !== undefined && sameMonth(cursor.at, range.from) ? cursor : undefined;
    const exported = await exportBatch(deps, work, batch, {
      place: subject,
      limit: policy.policy.rows_per_object,
      cursor: from,
    });
    if (exported === undefined) {
      // Somebody was faster: whatever there was is gone or changed its time. What comes after it is next.
      await transitions.setAbandoned(deps.db.sql, batch, 'no row was left in its range', new Date(deps.now()));
      cursor = { at: range.to, key: lowestKey(subject) };
      continue;
    }
    await finish(deps, work, exported.batch);
    // What was written into the range meanwhile waits for the next run, or each row would get an object.
    cursor = exported.more ? exported.last : { at: range.to, key: lowestKey(subject) };
  }
}

/** Brings what others left behind to its end. Without its spool a batch gives up what it has not begun. */
export async function recover(deps: WorkDeps, work: Work): Promise<void> {
  const unfinished = await store.takeUnfinished(deps.db.sql, work.subject.table);
  for (const batch of unfinished) {
    await deps.onStep?.('recover');
    if (batch.way === 'purge') {
      if (work.policy.policy.purge_only) await steps.purgeChunks(deps, batch, work.subject);
      else await transitions.setPurged(deps.db.sql, batch, new Date(deps.now()));
    } else {
      await resume(deps, work, batch);
    }
  }
}

async function resume(deps: WorkDeps, work: Work, batch: Batch): Promise<void> {
  const object = batch.object;
  const at = new Date(deps.now());
  if (object === undefined) {
    await transitions.setAbandoned(deps.db.sql, batch, 'its process ended before the rows were exported', at);
    await deps.spool.remove(batch.id);
    return;
  }
  const whole = await spoolHolds(deps, batch);
  if (batch.state === 'committing' && !whole) {
    deps.onPhase?.('a spool is lost: the rest of its rows stay in their table');
    const cut = await deps.db.transaction({}, (tx) => transitions.setCutShort(tx, batch, at));
    await (batch.way === 'partition' ? finishPartition(deps, work, cut) : finish(deps, work, cut));
  } else if (batch.state === 'committed' || whole) {
    await (batch.way === 'partition' ? finishPartition(deps, work, batch) : finish(deps, work, batch));
  } else {
    await transitions.setAbandoned(
      deps.db.sql,
      batch,
      'its spool is lost, and none of its rows had left the table',
      at,
    );
    await deps.spool.remove(batch.id);
  }
}

/** Removes from the store what abandoned batches left there. What is locked stays, and is tried again. */
export async function sweep(deps: WorkDeps, table: string): Promise<void> {
  for (const { no, keys } of await store.readSweepable(deps.db.sql, table)) {
    await deps.onStep?.('sweep');
    let locked = false;
    for (const key of keys) {
      try {
        await deps.cold.delete(key);
      } catch (error) {
        if (!(error instanceof PlumblineError && error.code === 'objects.locked')) throw error;
        locked = true;
      }
    }
    if (!locked) await store.setSwept(deps.db.sql, no);
  }
}

async function purgeTable(deps: WorkDeps, work: Work, before: string): Promise<void> {
  const oldest = await rows.oldest(deps.db.sql, await underHolds(deps.db.sql, work.subject), before, undefined);
  if (oldest === undefined) return;
  deps.onPhase?.('deleting old rows for good');
  const range = { from: oldest, to: before };
  const batch = await store.insertBatch(deps.db.sql, { ...identity(deps, work), way: 'purge', range });
  await steps.purgeChunks(deps, batch, work.subject);
}

/** The month of UTC in which the instant falls, cut off where rows are too young. ISO texts. */
export function monthOf(at: string, before: string): { readonly from: string; readonly to: string } {
  const [year, month] = [Number(at.slice(0, 4)), Number(at.slice(5, 7))];
  const next = new Date(Date.UTC(year, month, 1)).toISOString();
  return { from: new Date(Date.UTC(year, month - 1, 1)).toISOString(), to: next < before ? next : before };
}

const sameMonth = (at: string, from: string): boolean => at.slice(0, 7) === from.slice(0, 7);

/** No key is before it. */
const lowestKey = ({ key }: Subject): string =>
  key.kind === 'uuid'
    ? '00000000-0000-0000-0000-000000000000'
    : key.type === 'bigint'
      ? '-9223372036854775808'
      : key.type === 'integer'
        ? '-2147483648'
        : '-32768';

/** Rows of batches that cool are in their table still: what comes after them is next. */
async function lastCooling(deps: WorkDeps, { subject }: Work): Promise<Cursor | undefined> {
  const cooling = await store.listBatches(deps.db.sql, { table: subject.table, states: ['verified'], limit: 1_000 });
  const marks: Cursor[] = [];
  for (const { no } of cooling) {
    const { last } = parseManifest((await store.readManifestText(deps.db.sql, no)) ?? '', `of batch ${no}`);
    marks.push({ at: last.at, key: keyText(subject, last.id) });
  }
  return marks.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0)).at(-1);
}

/** A key as SQL reads it, from the id of its pointer. */
export const keyText = ({ key }: Subject, id: string): string =>
  key.kind === 'uuid' ? id : idOfUuid(id).readBigInt64BE(8).toString();
