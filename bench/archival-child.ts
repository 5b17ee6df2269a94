/**
 * Archives one table, in a process that does nothing else. Arguments: database, table, folder of objects and spool, and
 * `throttled` where it is to work as a policy does unless it says otherwise; else it does all that it can.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { POLICY } from '../src/features/archival/policies/policy.ts';
import { loadOf } from '../src/features/archival/run/store-load.ts';
import { Throttle } from '../src/features/archival/run/throttle.ts';
import { systemClock } from '../src/platform/clock/system.ts';
import { openPostgres } from '../src/platform/db/pg.ts';
import { openColdFolder } from '../src/platform/objects/cold-folder.ts';
import { archivable, policyOf } from '../test/support/archival.ts';
import { ARCHIVER, type Archived } from './archival-answer.ts';
import { bePart } from './child.ts';

const [url = '', table = '', folder = '', how = ''] = process.argv.slice(2);

/** The most that this process had resident since it was asked last; what `getrusage` says is its parent's too. MiB. */
function peakMiB(): number {
  const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? Number.NaN;
  writeFileSync('/proc/self/clear_refs', '5'); // proc(5): the peak is what is resident now
  return Number(peak) / 1024;
}

const db = await openPostgres({ url, poolSize: 2, applicationName: ARCHIVER });
const cold = openColdFolder({ folder: join(folder, 'cold'), clock: systemClock });
const policy = policyOf({
  age_days: 30,
  throttle: POLICY.shape.throttle.parse(how === 'throttled' ? {} : { busy_percent: 100, max_statement_ms: 1_000 }),
  // Objects of a fifth of the usual length, so that a minute sees each step.
  ...(how === 'throttled' ? { rows_per_object: 50_000 } : {}),
});
const subject = await archivable(db, cold, table, policy, join(folder, 'spool'));
const throttle = new Throttle({
  ...{ clock: systemClock, load: loadOf(db), limits: policy.throttle, paused: () => Promise.resolve(false) },
});
const spent: Record<string, number> = {};
const peaks = [{ rows: 0, miB: peakMiB() }];
let last: { readonly step: string; readonly at: number } | undefined;
let rows = 0;
const began = performance.now();
await subject.run({
  throttle,
  onStep: (step) => {
    const at = performance.now();
    if (last !== undefined) spent[last.step] = (spent[last.step] ?? 0) + at - last.at;
    last = { step, at };
    if (step === 'sealed') peaks.push({ rows, miB: peakMiB() });
  },
  onRows: ({ archived }) => {
    rows += archived;
  },
});
const ms = performance.now() - began;
await db.close();
const answer: Archived = { rows, ms, peaks: [...peaks, { rows, miB: peakMiB() }], spent };
bePart(answer);
