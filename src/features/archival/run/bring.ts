/** Brings one batch from wherever it is to its end. */
import type { Clock, Random } from '../../../kernel/clock.ts';
import { uuidv7 } from '../../../kernel/ids.ts';
import type { Subject } from '../plan/subject.ts';
import type { VersionedPolicy } from '../policies/policy.ts';
import type { Batch } from './batch.ts';
import { type Exported, exportRows } from './export.ts';
import * as steps from './steps.ts';
import * as store from './store-batches.ts';
import type { Cursor } from './store-rows.ts';
import * as transitions from './store-transitions.ts';

export interface WorkDeps extends steps.StepDeps {
  readonly clock: Clock;
  readonly random: Random;
  /** Told what is being done, for people. */
  readonly onPhase?: ((phase: string) => void) | undefined;
  readonly onObject?: ((bytes: number) => Promise<void> | void) | undefined;
}

export interface Work {
  readonly policy: VersionedPolicy;
  readonly subject: Subject;
}

export const identity = (
  { clock, random, now }: WorkDeps,
  { policy, subject }: Work,
): { readonly id: string; readonly table: string; readonly policyVersion: number; readonly at: Date } => ({
  ...{ id: uuidv7(clock.now(), random.bytes(10)), table: subject.table, policyVersion: policy.version },
  at: new Date(now()),
});

/** claimed -> exported. @returns undefined where there was nothing to export */
export async function exportBatch(
  deps: WorkDeps,
  { policy, subject }: Work,
  batch: Batch,
  request: {
    readonly place: { readonly schema: string; readonly name: string };
    readonly limit: number;
    readonly cursor: Cursor | undefined;
  },
): Promise<({ readonly batch: Batch } & Pick<Exported, 'last' | 'more' | 'seen'>) | undefined> {
  deps.onPhase?.(`reading rows of ${batch.range.from.slice(0, 7)}`);
  await deps.onStep?.('export');
  const previous = await store.previousManifest(deps.db.sql, batch.table, batch.no);
  const exported = await exportRows(
    { ...deps, monotonic: () => deps.clock.monotonic() },
    { batch, subject, policy: policy.policy, previous, ...request },
  );
  if (exported === undefined) {
    await deps.spool.remove(batch.id);
    return undefined;
  }
  await deps.onStep?.('exported');
  const done = await deps.db.transaction({}, (tx) =>
    transitions.setExported(tx, batch, exported.object, exported.manifest.text, new Date(deps.now())),
  );
  return { batch: done, last: exported.last, more: exported.more, seen: exported.seen };
}

/** exported -> verified: the object and its manifest are in the store. */
export async function storeObject(deps: WorkDeps, { policy }: Work, batch: Batch): Promise<Batch> {
  let now = batch;
  if (now.state === 'exported') {
    deps.onPhase?.(`storing ${steps.objectOf(now).key}`);
    now = await steps.upload(deps, now, policy.policy);
  }
  if (now.state === 'uploaded') {
    now = await steps.verify(deps, now, policy.policy);
    await deps.onObject?.(steps.objectOf(now).bytes);
  }
  return now;
}

/** From wherever the batch is to its end; one that still cools stays as it is. */
export async function finish(deps: WorkDeps, work: Work, batch: Batch): Promise<Batch> {
  let now = await storeObject(deps, work, batch);
  if (now.state === 'verified') {
    if (now.coolingUntil !== null && now.coolingUntil.getTime() > deps.now()) return now;
    now = await steps.begin(deps, now);
  }
  if (now.state === 'committing') {
    deps.onPhase?.(`rows of ${now.range.from.slice(0, 7)} leave their table`);
    now = await steps.commitChunks(deps, now, work.subject);
    now = await steps.settle(deps, now);
  }
  return now.state === 'committed' ? steps.seal(deps, now) : now;
}

/** The object is needed until it is stored, the index until all rows have left. */
export async function spoolHolds({ spool }: WorkDeps, batch: Batch): Promise<boolean> {
  const { sha256, indexSha256 } = steps.objectOf(batch);
  if (!(await spool.holds(spool.indexPath(batch.id), indexSha256))) return false;
  return batch.state !== 'exported' || spool.holds(spool.objectPath(batch.id), sha256);
}
