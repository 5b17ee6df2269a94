/**
 * A year of eight instances on one PostgreSQL, each with a clock of its own: killed at any statement,
 * stopped for hours in the middle of a run and woken without their lock, deployed at the slot, their
 * clocks set to and fro by days; whole outages; workers that are dead while the others serve. Every date
 * has one final report that nothing superseded, and every report that was late was an incident.
 */
import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { NotificationService } from '../../src/features/notifications/service.ts';
import { parseBook } from '../../src/features/reconciliation/book.ts';
import { Watchdog } from '../../src/features/reconciliation/watchdog.ts';
import { addDays, type BusinessDate, endOfDay, parseBusinessDate, startOfDay } from '../../src/kernel/business-date.ts';
import { systemRandom } from '../../src/platform/clock/system.ts';
import { openPostgres } from '../../src/platform/db/pg.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { applyMigrations } from '../support/migrations.ts';
import { administer, findPostgres, startPostgres, urlOf } from '../support/postgres.ts';
import { bookText, reconciliationOver, recordingLogger } from '../support/reconciliation.ts';
import { Dice } from './month/dice.ts';
import { startChild } from './reconciliation.ts';
import { Instance } from './reconciliation-instance.ts';
import type { Soak } from './soak.ts';

const INSTANCES = 8;
const DAYS = 365;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const BOUND_MS = 25 * HOUR_MS;
/** Hours of the local day at which workers look, five minutes past. */
const SLOTS = [0, 1, 3, 6, 12, 18, 22];
const ZONES = ['Asia/Ho_Chi_Minh', 'America/New_York', 'Europe/Berlin', 'Australia/Lord_Howe'];
/** What may come of a run that something was done to. */
const EXPECTED = new Set(['reconciliation.fenced', 'reconciliation.clock_disagrees']);

export const run: Soak = async ({ seeds, firstSeed }) => {
  const bin = await findPostgres(18);
  if (bin === undefined) throw new Error('PostgreSQL 18 is not installed: npm ci');
  const server = await startPostgres(bin);
  const violations: string[] = [];
  try {
    for (let seed = firstSeed; seed < firstSeed + seeds; seed += 1) {
      const name = `soak_${randomBytes(6).toString('hex')}`;
      await administer(server.url, `CREATE DATABASE ${name}`);
      const url = urlOf(server.url, name);
      const db = await openPostgres({ url, poolSize: 60 });
      try {
        await applyMigrations(db);
        const { broken, told } = await simulate(db, url, seed, DAYS);
        console.log(`seed ${seed}: ${told}`);
        violations.push(...broken.map((each) => `seed ${seed}: ${each}`));
      } finally {
        await db.close();
        await administer(server.url, `DROP DATABASE ${name} WITH (FORCE)`);
      }
    }
  } finally {
    await server.stop();
  }
  return { runs: seeds, violations };
};

interface Outcome {
  readonly broken: readonly string[];
  /** What was done, in one line. */
  readonly told: string;
}

export async function simulate(db: Db, url: string, seed: number, days: number): Promise<Outcome> {
  const dice = new Dice(seed, 'year');
  const zone = ZONES[seed % ZONES.length] ?? 'UTC';
  const first = addDays(parseBusinessDate('2027-01-01'), seed % 300);
  const world = { now: startOfDay(first, zone) - 12 * HOUR_MS };
  const broken: string[] = [];
  const counts = { runs: 0, kills: 0, pauses: 0, jumps: 0, deploys: 0, outages: 0, processes: 0 };

  await sql`CREATE TABLE held (amount numeric NOT NULL)`.execute(db.sql);
  await sql`INSERT INTO held VALUES (5000)`.execute(db.sql);
  const line = (id: string, query: string) => [{ id, sql: query }];
  const book = bookText(line('pool', 'SELECT amount FROM held'), line('owed', 'SELECT 5000::numeric AS amount'), {
    zone,
  });
  const sharedTime = (): Promise<number> => Promise.resolve(world.now);
  const instances = Array.from({ length: INSTANCES }, (_, index) => {
    const instance = new Instance(db, world);
    const { service } = reconciliationOver({
      ...{ db: instance.db, platform: instance.db, clock: instance.clock, book, sharedTime, worker: `host:${index}` },
    });
    const watchdog = new Watchdog({
      ...{ db: instance.db, clock: instance.clock, sharedTime, log: recordingLogger() },
      notices: new NotificationService({ db: instance.db, clock: instance.clock, random: systemRandom }),
      book: parseBook(book, 'test'),
      dailyBoundMs: BOUND_MS,
      intradayBoundMs: undefined,
    });
    return { instance, service, watchdog };
  });
  const some = (share: number) => instances.filter(() => dice.chance(share));
  const anyOne = () => instances[dice.whole(0, INSTANCES - 1)] ?? instances[0];

  /** Every instant at which somebody looked to the end. */
  const looks: number[] = [];
  const look = async (): Promise<void> => {
    const at = world.now;
    const one = anyOne();
    if (one === undefined) return;
    await one.instance
      .live(() => one.watchdog.look())
      .then((how) => how === 'done' && looks.push(at))
      .catch((error: unknown) => broken.push(`a look failed: ${String(error)}`));
  };

  const slot = async (date: BusinessDate): Promise<void> => {
    const deploy = dice.chance(0.05);
    const who = dice.chance(0.15) ? instances : some(0.2);
    if (deploy) counts.deploys += 1;
    await Promise.all(
      who.map(async ({ instance, service }) => {
        counts.runs += 1;
        const fate = dice.fraction();
        if (fate < 0.25) {
          counts.kills += 1;
          instance.dieAt(dice.whole(1, 60));
        } else if (fate < 0.33) {
          counts.pauses += 1;
          instance.pauseAt(dice.whole(1, 60), world.now + dice.whole(1, 40) * HOUR_MS);
        } else if (fate < 0.4) {
          counts.jumps += 1;
          instance.jumpAt(
            dice.whole(0, 60),
            dice.whole(-3 * 24, 3 * 24) * HOUR_MS,
            world.now + dice.whole(1, 30) * HOUR_MS,
          );
        }
        const stopping = new AbortController();
        if (deploy) stopping.abort();
        await instance
          .live(async () => {
            await service.reconcileDueDates(stopping.signal);
            if (dice.chance(0.2)) await service.performIntradayReconciliation({ startedBy: 'schedule' });
            if (deploy) await service.reconcileDueDates(); // the new one looks at once
          }, EXPECTED)
          .catch((error: unknown) => broken.push(`${date}: ${String(error)}`));
      }),
    );
    for (const { instance } of who) instance.restart();
  };

  /** A process of its own, killed at some step. */
  const process = async (date: BusinessDate): Promise<void> => {
    counts.processes += 1;
    const ahead = String(world.now - Date.now());
    await startChild(url, date, dice.whole(1, 25), 'SIGKILL', '120000', ahead).exited;
  };

  let outageUntil = 0;
  let workersDeadUntil = 0;
  for (let day = 0; day < days; day += 1) {
    const date = addDays(first, day);
    await sql`UPDATE held SET amount = ${dice.chance(0.1) ? 100 : 5000}`.execute(db.sql);
    if (dice.chance(0.015)) {
      outageUntil = world.now + dice.whole(1, 5) * DAY_MS;
      counts.outages += 1;
    }
    if (dice.chance(0.02)) {
      workersDeadUntil = world.now + dice.whole(1, 4) * DAY_MS;
      counts.outages += 1;
    }
    const midnight = startOfDay(date, zone);
    const end = endOfDay(date, zone);
    for (let at = midnight; at < end; at += HOUR_MS) {
      world.now = at + 5 * 60_000;
      for (const { instance } of instances) instance.wake();
      if (world.now < outageUntil) continue;
      const hour = Math.round((at - midnight) / HOUR_MS);
      const works = world.now >= workersDeadUntil;
      if (works && SLOTS.includes(hour)) {
        if (hour === 0 && dice.chance(0.03)) await process(addDays(date, -1));
        await slot(date);
      }
      // While all is well nothing is to be seen, so that not every look has to be made.
      if (!works || world.now < workersDeadUntil + DAY_MS || world.now < outageUntil + DAY_MS || hour % 8 === 2)
        await look();
      if (dice.chance(0.02)) await Promise.all([look(), look(), look()]);
    }
  }
  // Everything is well again: what is left is made up for at the next slot.
  world.now += HOUR_MS;
  for (const { instance } of instances) {
    instance.wake(Number.POSITIVE_INFINITY);
    instance.restart();
  }
  await Promise.all(instances.map(({ instance }) => instance.settled()));
  await instances[0]?.service.reconcileDueDates();
  // As every worker does each minute: a run that woke up after the report was made may have left an attempt.
  await sql`UPDATE reconciliation_beats SET beat_at = beat_at - interval '1 hour'`.execute(db.sql);
  await instances[0]?.service.takeOverSilent();
  await instances[0]?.service.performIntradayReconciliation({ startedBy: 'schedule' });
  await instances[0]?.watchdog.look();
  broken.push(...(await judge(db, { first: addDays(first, -1), last: addDays(first, days - 1), zone, looks })));
  const told = Object.entries(counts).map(([what, count]) => `${what} ${count}`);
  return { broken, told: `${days} days in ${zone}, ${[...told, ...(await traces(db))].join(', ')}` };
}

/** What the year left behind, so that a soak to which nothing happened shows it. */
async function traces(db: Db): Promise<readonly string[]> {
  const { rows } = await sql<{ attempts: number; abandoned: number; errors: number; incidents: number }>`
    SELECT count(*)::int AS attempts, count(*) FILTER (WHERE error_message LIKE 'abandoned%')::int AS abandoned,
      count(*) FILTER (WHERE status = 'error')::int AS errors,
      (SELECT count(*)::int FROM reconciliation_missing) AS incidents
    FROM reconciliation_logs`.execute(db.sql);
  return Object.entries(rows[0] ?? {}).map(([what, count]) => `${what} ${count}`);
}

interface Truth {
  readonly first: BusinessDate;
  readonly last: BusinessDate;
  readonly zone: string;
  readonly looks: readonly number[];
}

async function judge(db: Db, { first, last, zone, looks }: Truth): Promise<readonly string[]> {
  const broken: string[] = [];
  const { rows } = await sql<{
    business_date: BusinessDate;
    kind: string;
    status: string;
    supersedes: string | null;
    observed_at: Date | null;
    reconciled_at: Date | null;
  }>`SELECT business_date, kind, status, supersedes, observed_at, reconciled_at FROM reconciliation_logs`.execute(
    db.sql,
  );
  const { rows: incidents } = await sql<{ subject: string; raised_at: Date; resolved_at: Date | null }>`
    SELECT subject, raised_at, resolved_at FROM reconciliation_missing`.execute(db.sql);
  const { rows: told } = await sql<{ event_type: string; count: number }>`
    SELECT event_type, count(*)::int AS count FROM notification_logs GROUP BY event_type`.execute(db.sql);
  const toldOf = (event: string): number => told.find(({ event_type }) => event_type === event)?.count ?? 0;

  for (const { kind, business_date } of rows.filter(({ status }) => status === 'in_progress'))
    broken.push(`a ${kind} attempt of ${business_date} is still in progress`);
  if (rows.some(({ supersedes }) => supersedes !== null))
    broken.push('a report was superseded that nobody asked about');
  const finals = rows.filter(({ kind, status }) => kind === 'daily' && !['error', 'in_progress'].includes(status));
  for (let date = first; date <= last; date = addDays(date, 1)) {
    const ofDate = finals.filter(({ business_date }) => business_date === date);
    const [made] = ofDate;
    if (ofDate.length !== 1 || made === undefined) {
      broken.push(`${date} has ${ofDate.length} final reports`);
      continue;
    }
    const end = endOfDay(date, zone);
    if ((made.observed_at?.getTime() ?? 0) < end) broken.push(`${date} was seen before its end`);
    const madeAt = made.reconciled_at?.getTime() ?? 0;
    const seen = looks.find((at) => at > end + BOUND_MS && at < madeAt);
    const incident = incidents.find(({ subject }) => subject === date);
    if (seen !== undefined && incident === undefined) broken.push(`${date} was late, and nobody was told`);
    if (incident === undefined) continue;
    const raisedAt = incident.raised_at.getTime();
    if (raisedAt <= end + BOUND_MS || raisedAt > madeAt) broken.push(`${date} was an incident without a reason`);
    if (seen !== undefined && raisedAt > seen)
      broken.push(`${date} was seen to be late at ${seen}, and told at ${raisedAt}`);
    if (incident.resolved_at === null) broken.push(`${date} is still an incident`);
  }
  if (finals.some(({ business_date }) => business_date < first || business_date > last))
    broken.push('a date has a report that had not ended');
  const expected: readonly (readonly [string, number])[] = [
    ['reconciliation.missing', incidents.length],
    ['reconciliation.resumed', incidents.length],
  ];
  for (const [event, count] of expected)
    if (toldOf(event) !== count) broken.push(`${event} was told ${toldOf(event)} times for ${count}`);
  const { rows: deficits } = await sql<{ count: number }>`
    SELECT count(*)::int AS count FROM notification_logs
    WHERE event_type = 'solvency.deficit' AND payload ->> 'kind' = 'daily'`.execute(db.sql);
  const inDeficit = finals.filter(({ status }) => status === 'deficit').length;
  if (deficits[0]?.count !== inDeficit) broken.push(`${inDeficit} deficits were told ${deficits[0]?.count} times`);
  return broken;
}
