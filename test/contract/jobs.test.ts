/** What the scheduler promises (src/platform/jobs/port.ts), on each engine. */
import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import { afterEach, expect, it, vi } from 'vitest';
import type { Db } from '../../src/platform/db/port.ts';
import { createJobs } from '../../src/platform/jobs/pg-boss.ts';
import type { Jobs, ScheduledJob } from '../../src/platform/jobs/port.ts';
import { jobsIn } from '../../src/platform/jobs/store-jobs.ts';
import { describeDb, describeEachPostgres, urlOfDb } from '../support/databases.ts';
import { failure } from '../support/failure.ts';
import { recordLog } from '../support/log.ts';

const EVERY_MINUTE = '* * * * *';
const WAIT = { timeout: 20_000, interval: 50 };

const running: Jobs[] = [];

/** Before the database goes; so each suite registers it itself, after that of the database. */
const stopAll = async (): Promise<void> => {
  for (const jobs of running.splice(0)) await jobs.stop();
};

const { log, lines } = recordLog();

function jobsOn(db: Db): Jobs {
  const url = urlOfDb(db);
  const jobs = createJobs({ db, log, pollSeconds: 1, ...(url === undefined ? {} : { url }) });
  running.push(jobs);
  return jobs;
}

const job = (name: string, run: () => Promise<void>, cron = EVERY_MINUTE): ScheduledJob => ({
  name,
  cron,
  zone: 'Asia/Ho_Chi_Minh',
  run,
});

const nothing = (): Promise<void> => Promise.resolve();

const schedules = async (db: Db): Promise<unknown> =>
  (await sql`SELECT name, cron, timezone FROM plumbline_jobs.schedule ORDER BY name`.execute(db.sql)).rows;

/** As whoever asks the service sees them. */
const shown = (db: Db) => jobsIn({ db, schema: 'plumbline_jobs', now: () => Date.parse('2026-11-26T09:00:30Z') })();

/** A slot that is neither due now nor within the next minutes: half an hour from this minute. */
const elsewhere = (): string => `${(new Date().getUTCMinutes() + 30) % 60} * * * *`;

describeDb('the scheduler', (open) => {
  afterEach(stopAll);

  it('runs a job when its slot comes', async () => {
    const db = await open({ schema: 'empty' });
    let runs = 0;
    await jobsOn(db).start([
      job('test.due', () => {
        runs++;
        return Promise.resolve();
      }),
      job('test.not-due', () => Promise.reject(new Error('it is not its time')), elsewhere()),
    ]);
    await vi.waitFor(() => expect(runs).toBeGreaterThan(0), WAIT);
    expect(lines.filter((line) => line.level === 'error')).toEqual([]);
    await vi.waitFor(
      async () =>
        expect(await shown(db)).toEqual([
          {
            ...{ name: 'test.due', cron: EVERY_MINUTE, zone: 'Asia/Ho_Chi_Minh', failures: 0 },
            nextAt: new Date('2026-11-26T09:01:00Z'),
            last: { outcome: 'done', startedAt: expect.any(Date), endedAt: expect.any(Date), error: undefined },
          },
          expect.objectContaining({ name: 'test.not-due', last: undefined }),
        ]),
      WAIT,
    );
  });

  it('keeps one schedule for each job, in its zone, however often it starts', async () => {
    const db = await open({ schema: 'empty' });
    for (const cron of ['5 0 * * *', '10 0 * * *']) {
      const jobs = jobsOn(db);
      await jobs.start([job('test.daily', nothing, cron)]);
      await jobs.stop();
    }
    expect(await schedules(db)).toEqual([{ name: 'test.daily', cron: '10 0 * * *', timezone: 'Asia/Ho_Chi_Minh' }]);
  });

  it('drops the schedules of jobs that are no more', async () => {
    const db = await open({ schema: 'empty' });
    const before = jobsOn(db);
    await before.start([job('test.stays', nothing, elsewhere()), job('test.goes', nothing, elsewhere())]);
    await before.stop();
    await jobsOn(db).start([job('test.stays', nothing, elsewhere())]);
    expect(await schedules(db)).toMatchObject([{ name: 'test.stays' }]);
  });

  it('makes up by one run for the slots that fell while no worker ran', async () => {
    const db = await open({ schema: 'empty' });
    const cron = elsewhere();
    const before = jobsOn(db);
    await before.start([job('test.missed', nothing, cron)]);
    await before.stop();
    await sql
      .raw(`
        UPDATE plumbline_jobs.version SET cron_on = now() - interval '5 hours';
        UPDATE plumbline_jobs.schedule SET created_on = now() - interval '1 day'`)
      .execute(db.sql);
    let runs = 0;
    await jobsOn(db).start([
      job(
        'test.missed',
        () => {
          runs++;
          return Promise.resolve();
        },
        cron,
      ),
    ]);
    await vi.waitFor(() => expect(runs).toBe(1), WAIT);
    await delay(2_500); // two more looks
    expect(runs).toBe(1);
  });

  it('logs a failure and leaves the rest to the next slot', async () => {
    const db = await open({ schema: 'empty' });
    lines.length = 0;
    await jobsOn(db).start([job('test.fails', () => Promise.reject(new Error('on purpose')))]);
    const failures = () => lines.filter((line) => line.level === 'error' && line.fields.job === 'test.fails');
    await vi.waitFor(() => expect(failures()).toHaveLength(1), WAIT);
    const states = sql`SELECT state::text, retry_limit FROM plumbline_jobs.job WHERE name = 'test.fails'`;
    await vi.waitFor(
      async () => expect((await states.execute(db.sql)).rows).toContainEqual({ state: 'failed', retry_limit: 0 }),
      WAIT,
    );
    expect(await shown(db)).toMatchObject([{ last: { outcome: 'failed', error: 'on purpose' } }]);
    expect((await shown(db))[0]?.failures).toBeGreaterThan(0);
    lines.length = 0;
  });

  it('stops after the handler that is under way', async () => {
    const db = await open({ schema: 'empty' });
    const begun = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    const order: string[] = [];
    const jobs = jobsOn(db);
    await jobs.start([
      job('test.slow', async () => {
        begun.resolve();
        await gate.promise;
        order.push('handler');
      }),
    ]);
    await begun.promise;
    const stopped = jobs.stop().then(() => order.push('stopped'));
    await delay(200);
    expect(order).toEqual([]);
    gate.resolve();
    await stopped;
    expect(order).toEqual(['handler', 'stopped']);
  });

  it('lets the database work while it does', async () => {
    const db = await open({ schema: 'empty' });
    await sql`CREATE TABLE t (n int)`.execute(db.sql);
    const starting = jobsOn(db).start([job('test.beside', nothing)]);
    for (let n = 0; n < 50; n++) {
      await db.transaction({}, async (tx) => {
        await sql`INSERT INTO t VALUES (${n})`.execute(tx);
        await sql`UPDATE t SET n = n WHERE n = ${n}`.execute(tx);
      });
    }
    await starting;
    expect((await sql`SELECT count(*) AS n FROM t`.execute(db.sql)).rows).toEqual([{ n: 50n }]);
  });

  it('can stop without having started, and twice; whoever looks before finds no schedule', async () => {
    const db = await open({ schema: 'empty' });
    expect(await shown(db)).toEqual([]);
    const jobs = jobsOn(db);
    await jobs.stop();
    await jobs.start([job('test.twice', nothing, elsewhere())]);
    await Promise.all([jobs.stop(), jobs.stop()]);
  });
});

describeEachPostgres('several workers', (open) => {
  afterEach(stopAll);

  it('run each slot once', async () => {
    const db = await open({ schema: 'empty' });
    const runs: number[] = [];
    const minuteNow = (): number => Math.floor(Date.now() / 60_000);
    const first = minuteNow();
    await Promise.all(
      [1, 2, 3].map((worker) =>
        jobsOn(db).start([
          job('test.shared', () => {
            runs.push(worker);
            return Promise.resolve();
          }),
        ]),
      ),
    );
    await vi.waitFor(() => expect(runs.length).toBeGreaterThan(0), WAIT);
    await delay(3_000); // each worker looks again
    expect(runs.length).toBeLessThanOrEqual(minuteNow() - first + 1);
  });

  it('start at once on a database where no queue is', async () => {
    const db = await open({ schema: 'empty' });
    await Promise.all([1, 2, 3].map(() => jobsOn(db).start([job('test.first', nothing, elsewhere())])));
    expect(await schedules(db)).toMatchObject([{ name: 'test.first' }]);
  });
});

describeEachPostgres('a queue that cannot be reached', (open) => {
  it('is an error of the start', async () => {
    const db = await open({ schema: 'empty' });
    const jobs = createJobs({ db, log, url: 'postgres://nobody@127.0.0.1:9/nowhere' });
    expect(await failure(jobs.start([]))).toMatchObject({ code: 'jobs.unavailable', kind: 'upstream' });
  });
});
