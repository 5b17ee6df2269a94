/** Random requests of every operation, a thousand a seed, against one service with approvals required. */
import { openPglite } from '../../src/platform/db/pglite.ts';
import { ApiFuzz } from '../support/api-fuzz.ts';
import { startApp } from '../support/app.ts';
import { bookFile } from '../support/book-file.ts';
import { applyMigrations } from '../support/migrations.ts';
import { twoSided } from '../support/reconciliation.ts';
import type { Soak } from './soak.ts';

const REQUESTS = 1_000;

export const run: Soak = async ({ seeds, firstSeed }) => {
  const db = await openPglite();
  await applyMigrations(db);
  const service = await startApp({
    db,
    env: {
      RECONCILIATION_BOOK: bookFile(twoSided('9000', '9000')),
      REQUIRE_APPROVALS: 'on',
      PLUMBLINE_RATE_LIMIT: '1000000',
    },
  });
  try {
    const fuzz = new ApiFuzz(service.app, service.app.server.swagger());
    for (let seed = firstSeed; seed < firstSeed + seeds; seed += 1) {
      await service.app.rates.warm(); // nobody polls here, and a soak takes longer than a rate lasts
      await fuzz.run(seed, REQUESTS);
      if (fuzz.violations.length > 100) break;
      if ((seed - firstSeed) % 20 === 19) {
        console.log(`api-fuzz: ${fuzz.requests} requests so far, ${fuzz.violations.length} violations`);
      }
    }
    const worked = [...fuzz.answers].filter(([name]) => / 2\d\d$/.test(name));
    console.log(
      `api-fuzz: ${fuzz.requests} requests, ${fuzz.answers.size} kinds of answer, ${worked.length} of them successes; ${fuzz.busy} more were told to come back in a moment, and did`,
    );
    return { runs: fuzz.requests, violations: fuzz.violations };
  } finally {
    await service.close();
    await db.close();
  }
};
