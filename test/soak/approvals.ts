/**
 * Random sequences of requests and approvals by people with several keys, their machines and their consoles:
 * nothing dangerous is done with fewer than two people behind it. Each sequence goes by the rules, which the
 * service asks; every ten-thousandth goes by the service over a database as well, step by step the same.
 */
import { openPglite } from '../../src/platform/db/pglite.ts';
import { playBoth, playRules } from '../support/approval-office.ts';
import { applyMigrations } from '../support/migrations.ts';
import type { Soak } from './soak.ts';

const SAMPLE = 10_000;

export const run: Soak = async ({ seeds, firstSeed }) => {
  Error.stackTraceLimit = 0; // refusals are what most steps end in
  const violations: string[] = [];
  let [done, both] = [0, 0];
  const db = await openPglite();
  try {
    await applyMigrations(db);
    for (let seed = firstSeed; seed < firstSeed + seeds; seed += 1) {
      const played = playRules(seed);
      done += played.done;
      violations.push(...played.broken.map((each) => `seed ${seed}: ${each}`));
      if ((seed - firstSeed) % SAMPLE !== 0) continue;
      both += 1;
      violations.push(...(await playBoth(seed, db)).map((each) => `seed ${seed}: ${each}`));
    }
  } finally {
    await db.close();
  }
  console.log(
    `approvals: ${done} dangerous actions were done in ${seeds} sequences; ${both} of these by the service too`,
  );
  return { runs: seeds, violations };
};
