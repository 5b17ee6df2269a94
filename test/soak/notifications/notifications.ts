/**
 * `notifications`: workers that die. Each seed is a life of five minutes that ends at any instant, and a run in which
 * a worker dies at three steps of its deliveries; every hundredth is a SIGKILL as well. Whatever happens, every
 * notification arrives, a second arrival has the id of the first, and the log says what is true.
 */
import { randomBytes } from 'node:crypto';
import { openPostgres } from '../../../src/platform/db/pg.ts';
import { applyMigrations } from '../../support/migrations.ts';
import { administer, findPostgres, startPostgres, urlOf } from '../../support/postgres.ts';
import { keepPristine, restore } from '../../support/pristine.ts';
import type { Soak } from '../soak.ts';
import { kills } from './kills.ts';
import { life } from './lives.ts';
import { crashes, PLACES } from './steps.ts';

/** Seeds after which the tables are emptied. */
const ROUND = 100;
/** Share of notifications that may come twice where a worker dies every five minutes. */
const MAY_COME_TWICE = 0.001;
const KILLS = { kills: 10, each: 1_000 };

interface Told {
  notifications: number;
  lost: number;
  duplicates: number;
}

const nothing = (): Told => ({ notifications: 0, lost: 0, duplicates: 0 });
const add = (sum: Told, one: Readonly<Told>): void => {
  sum.notifications += one.notifications;
  sum.lost += one.lost;
  sum.duplicates += one.duplicates;
};
const said = ({ notifications, lost, duplicates }: Told): string =>
  `lost ${lost}, duplicates ${duplicates} of ${notifications} (${((100 * duplicates) / Math.max(1, notifications)).toFixed(3)} %)`;

export const run: Soak = async ({ seeds, firstSeed }) => {
  const bin = await findPostgres(18);
  if (bin === undefined) throw new Error('PostgreSQL 18 is not installed: npm ci');
  const server = await startPostgres(bin);
  const violations: string[] = [];
  const [lives, steps, killed] = [nothing(), nothing(), nothing()];
  const places = new Map<string, number>(PLACES.map((place) => [place, 0]));
  let [busy, sigkills] = [0, 0];
  try {
    const name = `soak_${randomBytes(6).toString('hex')}`;
    await administer(server.url, `CREATE DATABASE ${name}`);
    const url = urlOf(server.url, name);
    const db = await openPostgres({ url, poolSize: 6 });
    try {
      await applyMigrations(db);
      const pristine = await keepPristine(db);
      const tell = (runs: number): void => {
        console.log(
          `notifications: ${runs} lives of five minutes, each with a death at an instant that the seed chose, ${busy} of them with requests under way: ${said(lives)}`,
        );
        const where = [...places].map(([place, deaths]) => `${deaths} ${place}`).join(', ');
        console.log(
          `notifications: ${runs} runs of 40 with three deaths at steps that the seed chose (${where}): ${said(steps)}, each of which a provider had taken and no statement had stored`,
        );
        if (sigkills > 0) console.log(`notifications: ${sigkills} SIGKILLs amid a backlog: ${said(killed)}`);
      };
      for (let nth = 0; nth < seeds; nth += 1) {
        const seed = firstSeed + nth;
        const lived = await life(db, seed);
        add(lives, lived);
        if (lived.underWay > 0) busy += 1;
        const crashed = await crashes(db, seed);
        add(steps, crashed);
        for (const place of crashed.deaths) places.set(place, (places.get(place) ?? 0) + 1);
        violations.push(...lived.violations, ...crashed.violations);
        if (seeds >= 1_000 && nth % 1_000 === 999) {
          const result = await kills(db, url, seed, KILLS);
          add(killed, result);
          sigkills += result.kills;
          violations.push(...result.violations);
        }
        if (seeds >= 1_000 && nth % 500 === 499) tell(nth + 1);
        if (nth % ROUND === ROUND - 1 && !(await restore(db, pristine))) throw new Error('the schema was changed');
      }
      if (seeds < 1_000) tell(seeds);
      if (seeds >= 1_000 && lives.duplicates > MAY_COME_TWICE * lives.notifications)
        violations.push(`more than ${100 * MAY_COME_TWICE} % came twice: ${said(lives)}`);
    } finally {
      await db.close();
    }
  } finally {
    await server.stop();
  }
  return { runs: seeds, violations };
};
