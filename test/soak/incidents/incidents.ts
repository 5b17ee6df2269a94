/** `incidents`: bad days. Two things must never be: a deficit that nobody was told of, and two incidents of one hole. */
import { randomBytes } from 'node:crypto';
import { openPostgres } from '../../../src/platform/db/pg.ts';
import { applyMigrations } from '../../support/migrations.ts';
import { administer, findPostgres, startPostgres, urlOf } from '../../support/postgres.ts';
import { prepareStatements } from '../../support/prepared.ts';
import { keepPristine, restore } from '../../support/pristine.ts';
import type { Soak } from '../soak.ts';
import { days } from './days.ts';

/** Of one seed. */
const DAYS = 50;

export const run: Soak = async ({ seeds, firstSeed }) => {
  const bin = await findPostgres(18);
  if (bin === undefined) throw new Error('PostgreSQL 18 is not installed: npm ci');
  const planEachTime = prepareStatements();
  const server = await startPostgres(bin);
  const violations: string[] = [];
  let [simulated, deficits, pages, deaths] = [0, 0, 0, 0];
  const tell = (): void =>
    console.log(
      `incidents: ${simulated} simulated days, ${deficits} deficits, ${pages} messages taken, ${deaths} deaths of processes, ${violations.length} violations`,
    );
  try {
    const name = `soak_${randomBytes(6).toString('hex')}`;
    await administer(server.url, `CREATE DATABASE ${name}`);
    const db = await openPostgres({ url: urlOf(server.url, name), poolSize: 4 });
    try {
      await applyMigrations(db);
      const pristine = await keepPristine(db);
      for (let seed = firstSeed; seed < firstSeed + seeds; seed += 1) {
        const result = await days(db, seed, DAYS);
        violations.push(...result.violations);
        simulated += result.days;
        deficits += result.deficits;
        pages += result.pages;
        deaths += result.deaths;
        if ((seed - firstSeed) % 20 === 19) tell();
        if (!(await restore(db, pristine))) throw new Error('the schema was changed');
      }
    } finally {
      await db.close();
    }
  } finally {
    await server.stop();
    planEachTime();
  }
  tell();
  return { runs: simulated, violations };
};
