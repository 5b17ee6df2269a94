/**
 * Archiving as a policy does unless it says otherwise, beside 400 transactions a second of pgbench and with a streaming
 * replica: what the others feel of it, and how soon it stops when the replica falls behind. The load runs with the
 * archiver and with the archiver's process stopped in turns, since what a disk can do changes from minute to minute.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { openPostgres } from '../src/platform/db/pg.ts';
import { run as command, start, stop } from '../test/support/child.ts';
import { applyMigrations } from '../test/support/migrations.ts';
import { administer, findPostgres, startPostgres, startReplica, urlOf } from '../test/support/postgres.ts';
import { ARCHIVER } from './archival-answer.ts';
import { fill } from './archival-table.ts';
import type { Bench, Measurement } from './bench.ts';
import { percentile } from './timing.ts';

const ROWS = Number(process.env.PLUMBLINE_BENCH_ROWS ?? '1000000');
const CHILD = fileURLToPath(new URL('archival-child.ts', import.meta.url));
const RATE = 400;
const ROUNDS = 6;
const SECONDS = 10;
/** Until what the stopped process had asked for is done. */
const SETTLE_MS = 500;
/** Of what is due, at the least: less is a machine that is busy with something else. */
const CARRIED = 0.98;
/** Of a policy that does not say it. */
const MOST_LAG_MS = 1_000;
const LOOK_MS = 20;
/** How long the replica does not replay. */
const PAUSED_MS = 10_000;
const DURABLE = { fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on', shared_buffers: '512MB' };

export const run: Bench = async () => {
  const bin = await findPostgres(15);
  if (bin === undefined) throw new Error('PostgreSQL 15 is not installed');
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-bench-'));
  const primary = await startPostgres(bin, { ...DURABLE, max_wal_size: '8GB' });
  try {
    await administer(primary.url, 'CREATE DATABASE bench');
    const url = urlOf(primary.url, 'bench');
    const db = await openPostgres({ url });
    try {
      await applyMigrations(db);
      await fill(db, { name: 'audit_logs', rows: ROWS });
      await administer(url, 'VACUUM ANALYZE audit_logs'); // else autovacuum comes to do it in between
    } finally {
      await db.close();
    }
    await command(join(bin, 'pgbench'), ['-i', '-q', '-s', '10', url]);
    await administer(url, 'CHECKPOINT');
    const replica = await startReplica(bin, primary, { shared_buffers: '256MB' });
    try {
      await command('sync', []); // what was copied for the replica is on the disk, and not on its way there
      return await measure(bin, folder, url, replica.url);
    } finally {
      await replica.stop();
    }
  } finally {
    await primary.stop();
    rmSync(folder, { recursive: true, force: true });
  }
};

async function measure(bin: string, folder: string, url: string, replica: string): Promise<readonly Measurement[]> {
  const archiver = start(process.execPath, [CHILD, url, 'audit_logs', join(folder, 'cold'), 'throttled']);
  const assertGoing = (): void => {
    if (archiver.process.exitCode === null) return;
    throw new Error(`${ROWS} rows were archived before all was measured: more are needed\n${archiver.output()}`);
  };
  const watch = await watched(url);
  try {
    await watch.until(({ working }) => working, 60_000);
    const taken: { readonly alone: number[]; readonly beside: number[] } = { alone: [], beside: [] };
    for (let round = 0; round < ROUNDS; round += 1) {
      archiver.process.kill('SIGSTOP');
      await delay(SETTLE_MS);
      taken.alone.push(...(await loaded(bin, folder, url)));
      archiver.process.kill('SIGCONT');
      taken.beside.push(...(await loaded(bin, folder, url)));
      assertGoing();
    }
    const ms = await stopped(watch, url, replica);
    assertGoing();
    const [baseline, beside] = [p99Of('alone', taken.alone), p99Of('beside archiving', taken.beside)];
    const ratio = beside / baseline;
    return [
      {
        ...{ name: 'archival-beside-p99', value: beside, unit: 'ms', reference: 'the same load alone', ratio },
        ...{ bar: '<= 2', pass: ratio <= 2 },
      },
      {
        ...{ name: 'archival-lag-stop', value: ms, unit: 'ms', reference: '2 s after the lag passed its limit' },
        ...{ ratio: ms / 2_000, bar: '<= 1', pass: ms <= 2_000 },
      },
    ];
  } finally {
    await stop(archiver, 'SIGKILL');
    await watch.close();
  }
}

/** Of each of pgbench's own transactions, from when it was due. Milliseconds. */
async function loaded(bin: string, folder: string, url: string): Promise<readonly number[]> {
  const prefix = join(folder, 'load');
  const rate = ['-R', String(RATE), '-T', String(SECONDS), '-c', '16', '-j', '1', '-M', 'prepared'];
  await command(join(bin, 'pgbench'), [...rate, '-n', '-l', `--log-prefix=${prefix}`, url]);
  const taken: number[] = [];
  for (const name of readdirSync(folder).filter((each) => each.startsWith('load.'))) {
    // client, transaction, microseconds, ...
    for (const line of readFileSync(join(folder, name), 'utf8').split('\n')) {
      const [, , micros] = line.split(' ');
      if (micros !== undefined) taken.push(Number(micros) / 1000);
    }
    rmSync(join(folder, name));
  }
  return taken;
}

function p99Of(what: string, taken: readonly number[]): number {
  if (taken.length < CARRIED * RATE * SECONDS * ROUNDS)
    console.log(`${what}: the machine does not carry ${RATE} tx/s now: its p99 is of a queue, and says little`);
  console.log(
    `${what}: ${taken.length} transactions, p50 ${percentile(taken, 50).toFixed(1)} ms, p99 ${percentile(taken, 99).toFixed(1)} ms`,
  );
  return percentile(taken, 99);
}

interface Look {
  /** Since some instant, milliseconds. */
  readonly at: number;
  /** Undefined where PostgreSQL says none. */
  readonly lagMs: number | undefined;
  /** A statement of the archiver is under way, other than to ask how far the replica is, and does not wait for us. */
  readonly working: boolean;
}

interface Watch {
  readonly looks: readonly Look[];
  until(seen: (look: Look) => boolean, withinMs: number): Promise<Look>;
  close(): Promise<void>;
}

/** Looks at the archiver from outside, again and again. */
async function watched(url: string): Promise<Watch> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const looks: Look[] = [];
  let going = true;
  const loop = (async () => {
    while (going) {
      const { rows } = await client.query<{ lag: number | null; working: boolean }>(
        `SELECT (SELECT max(extract(epoch FROM replay_lag) * 1000) FROM pg_stat_replication WHERE replay_lsn < pg_current_wal_lsn())::float8 AS lag,
           EXISTS (SELECT FROM pg_stat_activity WHERE application_name = '${ARCHIVER}' AND state = 'active'
             AND wait_event IS DISTINCT FROM 'ClientWrite' AND query NOT LIKE '%pg_stat_replication%') AS working`,
      );
      looks.push({ at: performance.now(), lagMs: rows[0]?.lag ?? undefined, working: rows[0]?.working ?? false });
      await delay(LOOK_MS);
    }
  })();
  loop.catch(() => undefined); // whoever closes it is told
  return {
    looks,
    until: async (seen, withinMs) => {
      const from = looks.length;
      const latest = performance.now() + withinMs;
      for (let at = from; performance.now() < latest; await delay(LOOK_MS)) {
        for (; at < looks.length; at += 1) {
          const look = looks[at];
          if (look !== undefined && seen(look)) return look;
        }
      }
      throw new Error(`it did not come within ${withinMs} ms; last was ${JSON.stringify(looks.at(-1))}`);
    },
    close: async () => {
      going = false;
      await loop;
      await client.end();
    },
  };
}

/** Milliseconds from when the replica was too far behind until the archiver did nothing any more. */
async function stopped(watch: Watch, primary: string, replica: string): Promise<number> {
  // A little is written all the time, so that the replica has something to be behind of.
  const writer = new pg.Client({ connectionString: primary });
  await writer.connect();
  let writing = true;
  const writes = (async () => {
    for (; writing; await delay(LOOK_MS))
      await writer.query('UPDATE pgbench_branches SET bbalance = bbalance + 1 WHERE bid = 1');
  })();
  try {
    const paused = performance.now();
    await administer(replica, 'SELECT pg_wal_replay_pause()');
    const exceeded = await watch.until(({ lagMs }) => lagMs !== undefined && lagMs > MOST_LAG_MS, 30_000);
    if (!watch.looks.some(({ at, working }) => working && at < exceeded.at && at > paused))
      throw new Error('the archiver did nothing before the replica was behind, so that nothing was there to stop');
    await delay(PAUSED_MS);
    const looks = watch.looks.filter(({ at }) => at > exceeded.at);
    const last = looks.findLast(({ working }) => working)?.at ?? exceeded.at;
    console.log(
      `replica: ${Math.round(looks.at(-1)?.lagMs ?? 0)} ms behind after ${Math.round((looks.at(-1)?.at ?? 0) - exceeded.at)} ms, the archiver's last statement ${Math.round(last - exceeded.at)} ms after its limit was passed`,
    );
    await administer(replica, 'SELECT pg_wal_replay_resume()');
    const resumed = performance.now();
    const again = await watch.until(({ working }) => working, 30_000);
    console.log(`replica: the archiver went on ${Math.round(again.at - resumed)} ms after it replayed again`);
    return last - exceeded.at;
  } finally {
    writing = false;
    await writes;
    await writer.end();
  }
}
