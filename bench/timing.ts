/** Times contestants side by side: in rounds that alternate, so that a slow moment of the machine hits all. */
import { median } from './bench.ts';

export interface Contestant {
  readonly name: string;
  /** Does its work so many times. */
  readonly run: (times: number) => Promise<void> | void;
  /** Calls a round; the common number unless told. */
  readonly times?: number;
}

const ROUNDS = 9;

/** Nanoseconds of one call of each, the middle of all rounds. The first round only warms up. */
export async function race(contestants: readonly Contestant[], times: number): Promise<readonly number[]> {
  const taken = contestants.map((): number[] => []);
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const [index, { run, times: own = times }] of contestants.entries()) {
      const began = process.hrtime.bigint();
      await run(own);
      const each = Number(process.hrtime.bigint() - began) / own;
      if (round > 0) taken[index]?.push(each);
    }
  }
  return taken.map(median);
}

/** The value below which so many per cent lie. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil((sorted.length * percent) / 100) - 1)] ?? Number.NaN;
}
