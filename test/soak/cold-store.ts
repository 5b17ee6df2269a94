/**
 * The same random life in a folder and in S3, where S3 loses answers, sheds load, fails and breaks off all
 * the while: what is answered, what is listed and what is read has to be the same to the byte. The folder's
 * rules and the server's were written apart, so that each is held against the other.
 */
import fc from 'fast-check';
import { isPlumblineError } from '../../src/kernel/errors.ts';
import type { ColdListed, ColdStore, RestoreTier, StorageClass } from '../../src/platform/objects/cold-port.ts';
import type { FaultInput } from '../support/cold-s3/faults.ts';
import { type ColdBench, coldS3Bench, folderBench, type S3Bench } from '../support/cold-stores.ts';
import type { Soak } from './soak.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STEPS = 40;
const PATIENCE = { attempts: 4, callMs: 5_000, leastRate: 1024 * 1024, baseDelayMs: 1 };

const KEY = fc.constantFrom('a', 'b', 'b/c');
const TIER = fc.constantFrom<RestoreTier>('Expedited', 'Standard', 'Bulk');
const CLASS = fc.constantFrom<StorageClass>('STANDARD', 'GLACIER', 'DEEP_ARCHIVE');
const MODE = fc.constantFrom<'GOVERNANCE' | 'COMPLIANCE'>('GOVERNANCE', 'COMPLIANCE');
const BODY = fc.constantFrom('bytes', 'other', 'longer bytes', '');
const HOURS = fc.constantFrom(undefined, undefined, 3, 50);

const WORK = fc.oneof(
  fc.record({ put: KEY, body: BODY, storageClass: CLASS, mode: MODE, hours: HOURS, legalHold: fc.boolean() }),
  fc.record({ restore: KEY, tier: TIER, days: fc.integer({ min: 0, max: 4 }) }),
  fc.record({ restore: KEY, tier: TIER, days: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ read: KEY }),
  fc.record({ range: KEY, offset: fc.nat(6), length: fc.nat(6) }),
  fc.record({ head: KEY }),
  fc.record({ remove: KEY }),
  fc.record({ release: KEY }),
  fc.record({ retain: KEY, mode: MODE, hours: fc.constantFrom(1, 3, 60) }),
);
type Work = typeof WORK extends fc.Arbitrary<infer T> ? T : never;

const FAULT = fc.oneof(
  { weight: 3, arbitrary: fc.constant(undefined) },
  {
    weight: 2,
    arbitrary: fc.constantFrom<FaultInput>(
      { kind: 'lost acknowledgement' },
      { kind: 'lost acknowledgement', times: 2 },
      { kind: 'lost acknowledgement', after: 1 },
      { kind: 'error', code: 'SlowDown', times: 3 },
      { kind: 'error', code: 'InternalError' },
      { kind: 'error', code: 'InternalError', after: 1 },
      { kind: 'disconnect', times: 2 },
      { kind: 'torn body', bytes: 2, operation: 'GetObject' },
    ),
  },
);
const STEP = fc.oneof(
  { weight: 4, arbitrary: fc.record({ work: WORK, fault: FAULT }) },
  {
    weight: 1,
    arbitrary: fc.record({ advance: fc.constantFrom(1, 5 * MINUTE, 5 * HOUR, 11 * HOUR, 26 * HOUR, 3 * DAY) }),
  },
);

export const run: Soak = (options) => runColdStores({ ...options, steps: STEPS });

/** @param options.steps of each seed */
export async function runColdStores(options: {
  readonly seeds: number;
  readonly firstSeed: number;
  readonly steps: number;
}): Promise<{ readonly runs: number; readonly violations: readonly string[] }> {
  const violations: string[] = [];
  const folder = folderBench();
  const s3 = await coldS3Bench();
  try {
    for (let seed = options.firstSeed; seed < options.firstSeed + options.seeds; seed += 1) {
      const violation = await live(folder, s3, seed, options.steps);
      if (violation !== undefined) violations.push(`seed ${seed}: ${violation}`);
    }
  } finally {
    await folder.close();
    await s3.close();
  }
  return { runs: options.seeds, violations };
}

/** @returns where the two parted */
async function live(folder: ColdBench, s3: S3Bench, seed: number, count: number): Promise<string | undefined> {
  const [steps = []] = fc.sample(fc.array(STEP, { minLength: count, maxLength: count, size: 'max' }), {
    seed,
    numRuns: 1,
  });
  const [a, b] = [folder.open(`seed${seed}`), s3.open(`seed${seed}`, { patience: PATIENCE })];
  for (const [index, step] of steps.entries()) {
    if ('advance' in step) {
      folder.advance(step.advance);
      s3.advance(step.advance);
      continue;
    }
    const one = await said(does(a, step.work, folder.now()));
    s3.server.faults.clear();
    if (step.fault !== undefined) s3.server.fail(step.fault);
    const two = await said(does(b, step.work, folder.now()));
    s3.server.faults.clear();
    // An answer that was lost had begun the restore: the attempt that is answered finds it under way.
    const begun = one === '"requested"' && two === '"under way"' && step.fault?.kind === 'lost acknowledgement';
    const where = (): string => `step ${index}, ${JSON.stringify(step)}`;
    if (one !== two && !begun) return `${where()}: the folder said ${one}, S3 ${two}`;
    const [left, right] = [await said(listed(a)), await said(listed(b))];
    if (left !== right) return `${where()}: the folder holds ${left}, S3 ${right}`;
  }
  return undefined;
}

function does(store: ColdStore, work: Work, now: number): Promise<unknown> {
  if ('put' in work) {
    const { hours, mode, legalHold, storageClass } = work;
    const retention = hours === undefined ? {} : { retention: { mode, until: new Date(now + hours * HOUR) } };
    return store.put(work.put, { bytes: Buffer.from(work.body) }, { storageClass, legalHold, ...retention });
  }
  if ('restore' in work) return store.restore(work.restore, { days: work.days, tier: work.tier });
  if ('read' in work) return store.get(work.read).then(textOf);
  if ('range' in work) {
    return store.getRange(work.range, work.offset, work.length).then((part) => Buffer.from(part).toString());
  }
  if ('head' in work) return store.head(work.head);
  if ('remove' in work) return store.delete(work.remove);
  if ('release' in work) return store.protect(work.release, { legalHold: false });
  return store.protect(work.retain, { retention: { mode: work.mode, until: new Date(now + work.hours * HOUR) } });
}

async function textOf(pieces: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const piece of pieces) parts.push(piece);
  return Buffer.concat(parts).toString();
}

async function listed(store: ColdStore): Promise<readonly ColdListed[]> {
  const found: ColdListed[] = [];
  for await (const each of store.list('')) found.push(each);
  return found;
}

/** An answer without what two stores cannot have in common, or the code of a refusal. */
async function said(work: Promise<unknown>): Promise<string> {
  try {
    const ours = new Set(['versionId', 'storedAt']);
    return JSON.stringify(await work, (name, value) => (ours.has(name) ? undefined : value)) ?? 'done';
  } catch (error) {
    return isPlumblineError(error) ? error.code : String(error);
  }
}
