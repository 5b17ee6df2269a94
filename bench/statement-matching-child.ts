/** One way of matching in a process of its own, so that its memory is its own: `ours FOLDER` or `join FOLDER`. */
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse';
import { lineFile } from '../src/features/reconciliation/matching/line-file.ts';
import { RowReader } from '../src/features/reconciliation/matching/line-row.ts';
import type { LineReader } from '../src/features/reconciliation/matching/lines-builder.ts';
import { matchStatement } from '../src/features/reconciliation/matching/matcher.ts';
import { policyOf } from '../src/features/reconciliation/matching/policy.ts';
import { bePart } from './child.ts';
import { POLICY } from './statement-matching-lines.ts';

const [way, folder = ''] = process.argv.slice(2);
const policy = policyOf(POLICY, 'bench');
const fileOf = (side: string): string => join(folder, `${side}.csv`);
const cpuMs = (): number => (process.cpuUsage().user + process.cpuUsage().system) / 1_000;
const from = performance.now();
let read = { ms: 0, cpuMs: 0 };
const isRead = (): void => {
  read = { ms: performance.now() - from, cpuMs: cpuMs() };
};

/** The statement is read last: when it ends, both files are. */
const statement: LineReader = {
  readInto: async (lines) => {
    await lineFile(fileOf('external'), policy).readInto(lines);
    isRead();
  },
};

async function ours(): Promise<object> {
  const result = await matchStatement({ external: statement, ledger: lineFile(fileOf('ledger'), policy), policy });
  const counts = (what: 'matched' | 'ambiguous' | 'unmatched') => result.count('external', what);
  return {
    matches: result.matchCount,
    matched: counts('matched'),
    ambiguous: counts('ambiguous'),
    unmatched: counts('unmatched'),
  };
}

/** What one would write: csv-parse, exact amounts, and one Map from a reference to its amount. */
async function joined(): Promise<object> {
  const reader = new RowReader(policy);
  const linesOf = async (side: string) => {
    const lines: { readonly reference: string; readonly minor: bigint }[] = [];
    for await (const row of createReadStream(fileOf(side)).pipe(parse({ columns: true }))) {
      const { reference, amount } = reader.read(row, () => side);
      lines.push({ reference, minor: amount.minor });
    }
    return lines;
  };
  const ledger = await linesOf('ledger');
  const external = await linesOf('external');
  isRead();
  const byReference = new Map(ledger.map(({ reference, minor }) => [reference, minor]));
  return { matched: external.filter(({ reference, minor }) => byReference.get(reference) === minor).length };
}

const answer = way === 'ours' ? await ours() : await joined();
bePart({
  readMs: read.ms,
  readCpuMs: read.cpuMs,
  ms: performance.now() - from,
  cpuMs: cpuMs(),
  peakMb: process.resourceUsage().maxRSS / 1_024,
  answer: JSON.stringify(answer),
});
