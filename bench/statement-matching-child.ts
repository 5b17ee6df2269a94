/** One way of matching in a process of its own, so that its memory is its own: `ours FOLDER` or `join FOLDER`. */
import { join } from 'node:path';
import { readLineFile } from '../src/features/reconciliation/matching/line-file.ts';
import { matchStatement } from '../src/features/reconciliation/matching/matcher.ts';
import { policyOf } from '../src/features/reconciliation/matching/policy.ts';
import type { StatementLine } from '../src/features/reconciliation/sources/statement.ts';
import { bePart } from './child.ts';
import { POLICY } from './statement-matching-lines.ts';

const [way, folder = ''] = process.argv.slice(2);
const policy = policyOf(POLICY, 'bench');
const lines = (side: string) => readLineFile(join(folder, `${side}.csv`), policy);
const from = performance.now();
let readMs = 0;

/** The statement is read last: when it ends, both files are. */
async function* statement() {
  yield* lines('external');
  readMs = performance.now() - from;
}

/** The floor: the same two files into memory, and one Map from a reference to a line. Nothing else is done. */
async function floor(): Promise<object> {
  const ledger: StatementLine[] = [];
  const external: StatementLine[] = [];
  for await (const some of lines('ledger')) ledger.push(...some);
  for await (const some of statement()) external.push(...some);
  const byReference = new Map(ledger.map((line) => [line.reference, line]));
  const matched = external.filter((line) => byReference.get(line.reference)?.amount.minor === line.amount.minor).length;
  return { matched };
}

async function ours(): Promise<object> {
  const result = await matchStatement({ external: statement(), ledger: lines('ledger'), policy });
  const counts = (what: 'matched' | 'ambiguous' | 'unmatched') => result.count('external', what);
  return {
    matches: result.matchCount,
    matched: counts('matched'),
    ambiguous: counts('ambiguous'),
    unmatched: counts('unmatched'),
  };
}

const answer = way === 'ours' ? await ours() : await floor();
bePart({
  readMs,
  ms: performance.now() - from,
  cpuMs: (process.cpuUsage().user + process.cpuUsage().system) / 1_000,
  peakMb: process.resourceUsage().maxRSS / 1_024,
  answer: JSON.stringify(answer),
});
