/**
 * `notifications`: workers that die at any step of a delivery, in the program or by SIGKILL. Whatever happens,
 * every notification arrives, a second arrival has the id of the first, and the log says what is true.
 */
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Outcome, Outgoing } from '../../src/features/notifications/channels/channel.ts';
import { openPostgres } from '../../src/platform/db/pg.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { start } from '../support/child.ts';
import { applyMigrations } from '../support/migrations.ts';
import { mortal } from '../support/mortal.ts';
import { notifyWorld } from '../support/notifications.ts';
import { administer, findPostgres, startPostgres, urlOf } from '../support/postgres.ts';
import type { Soak } from './soak.ts';

/** Notifications of one run in the program. */
const EACH = 40;
const LEASE_MS = 60_000;
/** Messages that a worker of these runs has under way at a time: what its death may cost. */
const LANES = 2;

export interface Crashed {
  readonly violations: readonly string[];
  /** Arrivals beyond the first of a notification. */
  readonly duplicates: number;
  readonly crashes: number;
}

/** One worker dies at a step that the seed chooses, again and again, until one is let live. */
export async function crashes(db: Db, seed: number, more: { readonly kills?: number } = {}): Promise<Crashed> {
  const world = notifyWorld(db);
  const team = `t${seed}-${randomBytes(3).toString('hex')}`;
  await world.endpoint(team, `-100${seed}`);
  await db.transaction({}, async (tx) => {
    for (let nth = 0; nth < EACH; nth += 1) {
      await world.outbox.notify(tx, {
        key: `${team}/${nth}`,
        event: 'payment.completed',
        severity: 'info',
        message: `payment ${nth}`,
        data: null,
        teams: [team],
      });
    }
  });
  const arrived: Outgoing[] = [];
  const take = (message: Outgoing, step: () => void = () => undefined): Outcome => {
    step(); // before the provider has it
    arrived.push(message);
    step(); // it has it, and its answer is lost
    return { kind: 'delivered' };
  };
  let died = 0;
  let state = seed * 2_654_435_761;
  for (let kill = 0; kill < (more.kills ?? 3); kill += 1) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    const doomed = mortal(db, 1 + (state % 60));
    world.channel.behave = (message) => take(message, doomed.step);
    try {
      await world
        .deliverer({
          db: doomed.db,
          worker: `doomed:${kill}`,
          sizes: { batch: 12, parallel: LANES, leaseMs: LEASE_MS },
        })
        .run();
    } catch {
      died += 1;
    }
    await world.clock.advance(LEASE_MS + 1);
  }
  world.channel.behave = (message) => take(message);
  await world.deliverer({ sizes: { batch: 50, parallel: 4, leaseMs: LEASE_MS } }).run();
  const duplicates = arrived.length - new Set(arrived.map(({ messageId }) => messageId)).size;
  const broken = [...(await violationsOf(db, team, arrived))];
  if (duplicates > died * LANES)
    broken.push(`${died} deaths of ${LANES} messages under way each: ${duplicates} arrived twice`);
  return {
    violations: broken.map((each) => `seed ${seed}: ${each}`),
    duplicates,
    crashes: died,
  };
}

async function violationsOf(
  db: Db,
  team: string,
  arrived: readonly { readonly messageId: string }[],
): Promise<readonly string[]> {
  const { rows } = await sql<{
    id: string;
    message_id: string;
    status: string;
    attempts: number;
    tries: number;
    accepted: number;
  }>`
    SELECT l.id, l.message_id, l.status, l.attempts - l.round_from AS attempts, count(a.*)::int AS tries, count(*) FILTER (WHERE a.outcome = 'delivered')::int AS accepted
    FROM notification_logs l LEFT JOIN notification_attempts a ON a.notification_id = l.id WHERE l.team = ${team} GROUP BY l.id`.execute(
    db.sql,
  );
  const had = new Set(arrived.map(({ messageId }) => messageId));
  const broken: string[] = [];
  for (const row of rows) {
    if (row.status !== 'delivered') broken.push(`${row.id} ended as ${row.status}`);
    if (!had.has(row.message_id)) broken.push(`${row.id} is said to have arrived and did not`);
    if (row.accepted < 1) broken.push(`${row.id} has no try that succeeded`);
    if (row.tries < row.attempts)
      broken.push(`${row.id} was tried ${row.attempts} times and has ${row.tries} in the log`);
  }
  const ours = new Set(rows.map(({ message_id }) => message_id));
  for (const { messageId } of arrived) if (!ours.has(messageId)) broken.push(`${messageId} arrived and is nobody's`);
  return broken;
}

export interface Killed {
  readonly violations: readonly string[];
  readonly notifications: number;
  readonly duplicates: number;
  readonly kills: number;
}

/** Processes that send by HTTP are killed at any instant, and others take over. */
export async function kills(
  db: Db,
  url: string,
  seed: number,
  given: { readonly kills: number; readonly each: number },
): Promise<Killed> {
  const world = notifyWorld(db);
  const team = `k${seed}-${randomBytes(3).toString('hex')}`;
  await world.endpoint(team, '-1001');
  await sql`
    INSERT INTO notification_logs (id, event_key, channel, event_type, severity, recipient, recipient_hash, endpoint_id, team, message, payload, urgency, message_id, status, next_retry_at, created_at)
    SELECT gen_random_uuid(), ${team} || n, 'telegram', 'payment.completed', 'info', 'chat', e.recipient_hash, e.id, ${team}, 'm', '{"data":null,"incident":null}', 'message', ${team} || n, 'pending', now() - interval '1 hour', now()
    FROM generate_series(1, ${given.each * given.kills}) AS n, notification_endpoints e WHERE e.team = ${team}`.execute(
    db.sql,
  );
  const arrived: { messageId: string }[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', () => {
      arrived.push({ messageId: (JSON.parse(body) as { id: string }).id });
      response.end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const run = (): ReturnType<typeof start> =>
    start(process.execPath, ['test/fault/notifications-child.ts', url, String(port)]);
  let killed = 0;
  let next = run();
  try {
    for (let nth = 0; nth < given.kills; nth += 1) {
      const child = next;
      await child.said('sending', 120_000);
      next = run(); // takes over: its lease is short
      await delay(20 + ((seed * 31 + nth * 17) % 80));
      if (child.process.kill('SIGKILL')) killed += 1;
      await child.exited;
    }
    for (let tries = 0; tries < 1_200; tries += 1) {
      const { rows } = await sql<{
        n: number;
      }>`SELECT count(*)::int AS n FROM notification_logs WHERE team = ${team} AND status <> 'delivered'`.execute(
        db.sql,
      );
      if (rows[0]?.n === 0) break;
      await delay(50);
    }
  } finally {
    next.process.kill('SIGKILL');
    await next.exited;
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  }
  const duplicates = arrived.length - new Set(arrived.map(({ messageId }) => messageId)).size;
  return {
    violations: (await violationsOf(db, team, arrived)).map((each) => `seed ${seed}: ${each}`),
    notifications: given.each * given.kills,
    duplicates,
    kills: killed,
  };
}

/** Each seed: a run of crashes in the program; every hundredth a round of SIGKILLs as well. */
export const run: Soak = async ({ seeds, firstSeed }) => {
  const bin = await findPostgres(18);
  if (bin === undefined) throw new Error('PostgreSQL 18 is not installed: npm ci');
  const server = await startPostgres(bin);
  const violations: string[] = [];
  let [notifications, duplicates, died] = [0, 0, 0];
  try {
    const name = `soak_${randomBytes(6).toString('hex')}`;
    await administer(server.url, `CREATE DATABASE ${name}`);
    const url = urlOf(server.url, name);
    const db = await openPostgres({ url, poolSize: 6 });
    try {
      await applyMigrations(db);
      for (let seed = firstSeed; seed < firstSeed + seeds; seed += 1) {
        const result = await crashes(db, seed);
        violations.push(...result.violations);
        notifications += EACH;
        duplicates += result.duplicates;
        died += result.crashes;
      }
      console.log(
        `notifications: ${died} crashes at a step that the seed chose, over ${notifications} notifications: ${duplicates} arrivals beyond the first (${((100 * duplicates) / notifications).toFixed(3)} % of notifications); ${(duplicates / Math.max(1, died)).toFixed(2)} a crash, of at most ${LANES} that were under way`,
      );
      const rounds = Math.max(1, Math.floor(seeds / 100));
      for (let seed = firstSeed; seed < firstSeed + rounds; seed += 1) {
        const result = await kills(db, url, seed, { kills: 10, each: 1_000 });
        violations.push(...result.violations);
        console.log(
          `notifications: ${result.kills} SIGKILLs at any instant, over ${result.notifications} notifications: ${result.duplicates} arrivals beyond the first (${((100 * result.duplicates) / result.notifications).toFixed(3)} % of notifications); ${(result.duplicates / Math.max(1, result.kills)).toFixed(2)} a kill, of at most 4 that were under way`,
        );
      }
    } finally {
      await db.close();
    }
  } finally {
    await server.stop();
  }
  return { runs: seeds, violations };
};
