/**
 * Simulated months of rates: providers that fail in every way that was seen, a peg that breaks, a fleet
 * that restarts, a cache and a database that go away. No answer without a label may be wrong, no law of
 * a provider broken, and a caller is answered whenever an honest route exists. The policies of other
 * projects live through the same months (./month/peers/).
 */
import { type Month, simulate } from './month/simulate.ts';
import { tableOf } from './month/table.ts';
import type { Soak } from './soak.ts';

const DAYS = 31;
const TWICE = 20;
/** Of all honest seconds together. */
const AVAILABILITY = 0.9999;

export const run: Soak = (options) =>
  runMonths({ ...options, days: DAYS, twice: TWICE, availability: AVAILABILITY, print: console.log });

export interface MonthsOptions {
  readonly seeds: number;
  readonly firstSeed: number;
  readonly days: number;
  /** Every so many seeds are run twice, and have to come out the same. */
  readonly twice: number;
  /** Share of the honest time in which callers have to be answered. */
  readonly availability: number;
  readonly print: (line: string) => void;
}

export async function runMonths({ seeds, firstSeed, days, twice, availability, print }: MonthsOptions) {
  const violations: string[] = [];
  let sum: Month | undefined;
  for (let seed = firstSeed; seed < firstSeed + seeds; seed += 1) {
    const month = await simulate(seed, days);
    violations.push(...month.violations.map((violation) => `seed ${seed}: ${violation}`));
    sum = sum === undefined ? month : joined(sum, month);
    if (seed % twice !== 0) continue;
    const again = await simulate(seed, days);
    if (again.trace !== month.trace) violations.push(`seed ${seed}: two runs of the same seed differ`);
  }
  const [ours] = sum?.tallies ?? [];
  if (sum !== undefined) for (const line of tableOf(sum)) print(line);
  if (ours !== undefined && ours.answeredMs < availability * ours.honestMs) {
    violations.push(`callers were answered in only ${ours.answeredMs / ours.honestMs} of the honest time`);
  }
  return { runs: seeds, violations };
}

function joined(sum: Month, month: Month): Month {
  for (const [index, tally] of sum.tallies.entries()) {
    const other = month.tallies[index];
    if (other !== undefined) tally.add(other);
  }
  for (const [name, count] of Object.entries(month.counts)) {
    if (isCount(name)) sum.counts[name] += count;
  }
  return {
    ...sum,
    followed: [...sum.followed, ...month.followed],
    alarmed: [...sum.alarmed, ...month.alarmed],
  };

  function isCount(name: string): name is keyof Month['counts'] {
    return Object.hasOwn(sum.counts, name);
  }
}
