/** Damaged statements: each seed damages a thousand of each format. No other sum may come of any. */
import { damage } from '../support/statement-damage.ts';
import { FORMATS } from '../support/statements.ts';
import type { Soak } from './soak.ts';

const RUNS = 1_000;

export const run: Soak = async ({ seeds, firstSeed }) => {
  const violations: string[] = [];
  for (let seed = firstSeed; seed < firstSeed + seeds; seed += 1) {
    for (const format of FORMATS) {
      violations.push(...damage(format, { runs: RUNS, seed }).violations.map((each) => `${format.name}: ${each}`));
    }
  }
  return { runs: seeds, violations };
};
