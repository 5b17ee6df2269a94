/**
 * What waits for the store goes on: asked for, looked after, landed. Each step is in the database before the
 * next, and asking the store again is harmless, so whatever ends the process, the next call goes on.
 */
import { isPlumblineError, messageOf } from '../../../kernel/errors.ts';
import type { Db } from '../../../platform/db/port.ts';
import type { ColdListed, ColdStore } from '../../../platform/objects/cold-port.ts';
import { restoreWaitMs } from '../../../platform/objects/cold-rules.ts';
import type { Logger } from '../../../platform/telemetry/port.ts';
import { restoreReady, verifyFailed } from '../notices.ts';
import { pointerId } from '../pointers/key.ts';
import type { Notices } from '../ports.ts';
import type { Batch } from '../run/batch.ts';
import { objectOf } from '../run/steps.ts';
import { listBatches } from '../run/store-batches.ts';
import { giveBack } from './give-back.ts';
import { landObject, manifestOf } from './land.ts';
import { readabilities } from './quote.ts';
import { type Restore, type RestoreObject, stateOf } from './request.ts';
import * as store from './store-restores.ts';

export interface AdvanceDeps {
  readonly db: Db;
  readonly cold: ColdStore;
  readonly log: Logger;
  /** Who hears that everything of a request is there. */
  readonly notices?: Notices | undefined;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Of this request alone, and only asks the store and looks: rows are left for the job. */
  readonly asks?: string;
  /** Told before each step; what it throws ends the work as a crash would. */
  readonly onStep?: ((step: string) => Promise<void> | void) | undefined;
}

const DAY = 86_400_000;
/** Codes after which it makes no sense to go on by oneself, beside those of integrity. */
const FINAL: ReadonlySet<string> = new Set(['invalid', 'conflict', 'missing', 'denied', 'integrity']);

type Seen = ColdListed['readability'];

/** One object as far as it goes now. One process at a time: the others wait, and find it done. */
export async function advanceRestores(deps: AdvanceDeps, signal?: AbortSignal): Promise<void> {
  if ((await store.readLive(deps.db.sql)).length === 0) return;
  await deps.db.exclusive('plumbline:archive-restores', async () => {
    const live = (await store.readLive(deps.db.sql)).filter(({ restore }) => (deps.asks ?? restore) === restore);
    const batches = new Map<number, Batch>();
    const restores = new Map<string, Restore>();
    for (const { batch, restore } of live) {
      if (!batches.has(batch)) {
        for (const found of await listBatches(deps.db.sql, { no: batch, limit: 1 })) batches.set(batch, found);
      }
      const found = restores.has(restore) ? undefined : await store.findRestore(deps.db.sql, restore);
      if (found !== undefined) restores.set(restore, found);
    }
    const seen = await readabilities(
      deps.cold,
      [...batches.values()].map((batch) => objectOf(batch).key),
    );
    for (const object of live) {
      if (signal?.aborted === true) return;
      const batch = batches.get(object.batch);
      const restore = restores.get(object.restore);
      if (batch !== undefined && restore !== undefined) {
        await advanceOne(deps, { restore, batch, object, seen: seen.get(objectOf(batch).key) }, signal);
      }
    }
  });
}

interface Case {
  readonly restore: Restore;
  readonly batch: Batch;
  readonly object: RestoreObject;
  /** Undefined where the store does not have it. */
  readonly seen: Seen | undefined;
}

async function advanceOne(deps: AdvanceDeps, given: Case, signal?: AbortSignal): Promise<void> {
  let object = given.object;
  let seen = given.seen;
  try {
    for (let step = 0; step < 4; step += 1) {
      const next = await stepOf(deps, { ...given, object, seen }, signal);
      if (next === undefined) return;
      [object, seen] = [next.object, next.seen];
    }
  } catch (error) {
    await failed(deps, given, object, error);
  }
}

type Step = { readonly object: RestoreObject; readonly seen: Seen | undefined } | undefined;

/** @returns undefined where there is nothing more to do now */
async function stepOf(deps: AdvanceDeps, { restore, batch, object, seen }: Case, signal?: AbortSignal): Promise<Step> {
  const now = deps.now();
  const set = async (change: store.ObjectChange, damage?: string): Promise<RestoreObject | undefined> => {
    await deps.onStep?.(`${object.state} to ${change.state}`);
    const changed = await changeAndTell(deps, restore, object, change, new Date(now), damage);
    if (changed !== undefined) await tellBatch(deps, batch, changed);
    return changed;
  };
  const go = (changed: RestoreObject | undefined, sight: Seen | undefined): Step =>
    changed === undefined ? undefined : { object: changed, seen: sight };
  if (seen === undefined) {
    const message = `the store does not have ${objectOf(batch).key}`;
    await set({ state: 'failed', error: { code: 'archive.object_missing', message } }, message);
    return undefined;
  }
  switch (object.state) {
    case 'requested': {
      if (seen.state === 'readable')
        return go(await set({ state: 'readable', readableUntil: null, error: null }), seen);
      await deps.onStep?.('ask');
      await deps.cold.restore(objectOf(batch).key, { days: restore.days, tier: object.tier });
      await deps.onStep?.('asked');
      const head = await deps.cold.head(objectOf(batch).key);
      return go(await set({ state: 'restoring', askedAt: new Date(now), error: null }), head?.readability);
    }
    case 'restoring':
      if (seen.state === 'restored') return go(await set({ state: 'readable', readableUntil: seen.until }), seen);
      if (seen.state === 'readable') return go(await set({ state: 'readable', readableUntil: null }), seen);
      if (seen.state === 'archived') {
        // Either the copy came and went while nobody looked, or the store knows of no request.
        const { storageClass } = objectOf(batch);
        const wait = storageClass === 'STANDARD' ? 0 : (restoreWaitMs(storageClass, object.tier) ?? 0);
        const over = (object.askedAt?.getTime() ?? now) + wait + restore.days * DAY;
        await set(now >= over ? expired() : { state: 'requested', attempts: object.attempts + 1 });
      }
      return undefined;
    case 'readable': {
      if (seen.state !== 'readable' && seen.state !== 'restored') {
        await set(expired());
        return undefined;
      }
      if (restore.purpose === 'read' || deps.asks !== undefined) return undefined;
      await deps.onStep?.('land');
      const only = restore.what.kind === 'row' ? await seqOf(deps, restore, batch) : undefined;
      const landed = await landObject(deps, restore, object, batch, only, signal);
      if (landed === undefined) return undefined;
      await deps.onStep?.('land done');
      if (restore.purpose === 'return') {
        const done = await giveBack(deps, restore, landed, await manifestOf(deps.db.sql, batch), signal);
        if (!done) return undefined;
      }
      await changeAndTell(deps, restore, object, { state: 'landed', error: null }, new Date(now));
      return undefined;
    }
    case 'landed':
    case 'expired':
    case 'failed':
      return undefined;
  }
}

/**
 * The last object that comes to where it was wanted is told in the transaction of its state, and so is damage.
 * @param damage what of the archive is not what it was
 */
function changeAndTell(
  { db, notices }: AdvanceDeps,
  restore: Restore,
  object: RestoreObject,
  change: store.ObjectChange,
  at: Date,
  damage?: string,
): Promise<RestoreObject | undefined> {
  return db.transaction({}, async (tx) => {
    const changed = await store.changeObject(tx, object, change, at);
    if (changed !== undefined && damage !== undefined) await notices?.raise(tx, verifyFailed(restore.table, damage));
    const wanted = restore.purpose === 'read' ? 'readable' : 'landed';
    if (changed?.state !== wanted || notices === undefined) return changed;
    if (stateOf(await store.readObjects(tx, restore.id)) === wanted) await notices.raise(tx, restoreReady(restore));
    return changed;
  });
}

const expired = (): store.ObjectChange => ({
  state: 'expired',
  error: { code: 'archive.copy_expired', message: 'the readable copy is gone; ask for it again, for more days' },
});

/** Where the one row stands in this object. */
async function seqOf({ db }: AdvanceDeps, { table, what }: Restore, batch: Batch): Promise<number | undefined> {
  if (what.kind !== 'row') return undefined;
  const pointers = await store.pointersOf(db.sql, table, pointerId(what.id));
  return pointers.find((pointer) => pointer.batch === batch.no)?.seq;
}

async function tellBatch({ db }: AdvanceDeps, { no }: Batch, object: RestoreObject): Promise<void> {
  const said = { tier: object.tier, at: object.askedAt, until: object.readableUntil };
  switch (object.state) {
    case 'restoring':
      return store.setBatchRestore(db.sql, no, { state: 'restoring', ...said });
    case 'readable':
      return store.setBatchRestore(db.sql, no, { state: 'restored', ...said });
    case 'expired':
      return store.setBatchRestore(db.sql, no, { state: 'archived', tier: null, at: null, until: null });
    case 'failed':
      return store.setBatchRestore(db.sql, no, { state: 'failed', ...said });
    case 'requested':
    case 'landed':
      return undefined;
  }
}

/** What can be mended by waiting is tried again; the rest ends here, with its reason. */
async function failed(
  deps: AdvanceDeps,
  { restore, batch }: Case,
  object: RestoreObject,
  error: unknown,
): Promise<void> {
  if (!isPlumblineError(error)) throw error; // a crash, or the database: nothing can be written of it
  const { code } = error;
  const key = objectOf(batch).key;
  const at = new Date(deps.now());
  const said = { code, message: messageOf(error) };
  if (code === 'objects.cold') {
    await store.changeObject(deps.db.sql, object, expired(), at);
  } else if (FINAL.has(error.kind)) {
    deps.log.error(
      { code: 'archive.restore_failed', restore: object.restore, key, err: error },
      'an object could not be restored',
    );
    const damage = error.kind === 'integrity' ? said.message : undefined;
    const changed = await changeAndTell(deps, restore, object, { state: 'failed', error: said }, at, damage);
    if (changed !== undefined) await tellBatch(deps, batch, changed);
  } else {
    deps.log.warn(
      { code: 'archive.restore_waits', restore: object.restore, key, err: error },
      'a restore waits for its store',
    );
    await store.changeObject(
      deps.db.sql,
      object,
      { state: object.state, attempts: object.attempts + 1, error: said },
      at,
    );
  }
}
