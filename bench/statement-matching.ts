/**
 * 1,000,000 statement lines against 1,000,000 ledger lines, from two CSV files to the last list, each way in a
 * process of its own. What it is held against reads the same files with csv-parse and joins them by one Map: what
 * that finds is neither checked for dates nor consumed once, and nothing but equal references is found at all.
 * Beside the wall clock stands the processor time, which other work on the machine disturbs less.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import type { Bench } from './bench.ts';
import { runPart } from './child.ts';
import { writeLines } from './statement-matching-lines.ts';

const LINES = Number(process.env.MATCHING_LINES ?? 1_000_000);
const MOST_SECONDS = 10;
const MOST_MB = 1_024;

const ANSWER = z.object({
  ms: z.number(),
  readMs: z.number(),
  readCpuMs: z.number(),
  cpuMs: z.number(),
  peakMb: z.number(),
  answer: z.string(),
});

export const run: Bench = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'plumbline-matching-'));
  try {
    const written = await writeLines(folder, LINES);
    const floor = await runPart('statement-matching-child.ts', ['join', folder], ANSWER);
    const ours = await runPart('statement-matching-child.ts', ['ours', folder], ANSWER);
    console.log(`  lines: ${JSON.stringify(written)}`);
    for (const [name, each] of [
      ['ours', ours],
      ['join', floor],
    ] as const) {
      console.log(
        `  ${name}: wall ${each.ms.toFixed(0)} ms, of which reading ${each.readMs.toFixed(0)} ms; cpu ${each.cpuMs.toFixed(0)} ms with the start, of which reading ${each.readCpuMs.toFixed(0)} ms; peak RSS ${each.peakMb.toFixed(0)} MB, ${each.answer}`,
      );
    }
    const common = { reference: 'both files read by csv-parse and joined by a Map' };
    const [matching, joining] = [ours.ms - ours.readMs, floor.ms - floor.readMs];
    return [
      {
        name: 'statement-matching',
        value: matching / 1_000,
        unit: 's',
        reference: 'one Map by reference over lines in memory',
        ratio: matching / joining,
        bar: `<= ${MOST_SECONDS} s`,
        pass: matching / 1_000 <= MOST_SECONDS,
      },
      {
        ...common,
        name: 'statement-matching-from-files',
        value: ours.ms / 1_000,
        unit: 's',
        ratio: ours.ms / floor.ms,
        bar: `<= ${MOST_SECONDS} s`,
        pass: ours.ms / 1_000 <= MOST_SECONDS,
      },
      {
        ...common,
        name: 'statement-matching-processor',
        value: ours.cpuMs / 1_000,
        unit: 's',
        ratio: ours.cpuMs / floor.cpuMs,
        bar: `<= ${MOST_SECONDS} s`,
        pass: ours.cpuMs / 1_000 <= MOST_SECONDS,
      },
      {
        ...common,
        name: 'statement-matching-memory',
        value: ours.peakMb,
        unit: 'MB',
        ratio: ours.peakMb / floor.peakMb,
        bar: `<= ${MOST_MB} MB`,
        pass: ours.peakMb <= MOST_MB,
      },
    ];
  } finally {
    await rm(folder, { recursive: true });
  }
};
