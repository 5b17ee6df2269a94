/**
 * `incidents`: simulated days on a platform whose books fail, whose providers fail, whose workers die, and whose
 * people answer late or not at all. Two things must never be: a deficit that nobody was told of, and two
 * incidents of one hole.
 */
import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { openPostgres } from '../../src/platform/db/pg.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { applyMigrations } from '../support/migrations.ts';
import { mortal } from '../support/mortal.ts';
import { type NotifyWorld, notifyWorld } from '../support/notifications.ts';
import { administer, findPostgres, startPostgres, urlOf } from '../support/postgres.ts';
import type { Soak } from './soak.ts';

const MINUTE = 60_000;
/** Of one seed. */
const DAYS = 5;
/** From a deficit to a page that was taken, while a provider answers: minutes of the simulation. */
const TOLD_WITHIN = 20;

/** Numbers from a seed, each in [0, below). */
const dice = (seed: number) => {
  let state = (seed * 2_654_435_761) % 4_294_967_296;
  return (below: number): number => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return Math.floor((state / 4_294_967_296) * below);
  };
};

interface Hole {
  readonly book: string;
  readonly since: number;
  until: number | undefined;
  facts: number;
}

export interface Simulated {
  readonly violations: readonly string[];
  readonly days: number;
  readonly deficits: number;
  readonly pages: number;
}

export async function days(db: Db, seed: number, count: number): Promise<Simulated> {
  const roll = dice(seed);
  const clock = new ManualClock();
  const world = notifyWorld(db, { clock });
  const books = [`a${seed}-${randomBytes(3).toString('hex')}`, `b${seed}-${randomBytes(3).toString('hex')}`];
  await db.transaction({}, (tx) =>
    sql`UPDATE notification_endpoints SET deleted_at = now(), status = 'disabled', disabled_reason = 'x' WHERE deleted_at IS NULL`.execute(
      tx,
    ),
  );
  for (const team of ['on-call', 'finance', 'admins', 'operations']) await world.endpoint(team, `${team}-${seed}`);
  let down = false;
  const accepted: { readonly at: number; readonly text: string }[] = [];
  world.channel.behave = (message) => {
    if (down || roll(10) === 0) return { kind: 'failed', blame: 'provider', error: 'down' };
    accepted.push({ at: clock.now(), text: message.text });
    return { kind: 'delivered' };
  };
  const holes: Hole[] = [];
  const broken: string[] = [];
  const downtimes: { from: number; until: number }[] = [];
  const end = clock.now() + count * 24 * 60 * MINUTE;
  while (clock.now() < end) {
    await clock.advance((1 + roll(50)) * MINUTE);
    const book = books[roll(2)] ?? '';
    const hole = holes.find((each) => each.book === book && each.until === undefined);
    switch (roll(9)) {
      case 0:
      case 1: {
        const facts = 1 + roll(4);
        for (let fact = 0; fact < facts; fact += 1) await raise(world, book, roll);
        if (hole === undefined) holes.push({ book, since: clock.now(), until: undefined, facts });
        else hole.facts += facts;
        break;
      }
      case 2:
        if (hole === undefined) break;
        hole.until = clock.now();
        await db.transaction({}, (tx) =>
          world.incidents.end(tx, { event: 'solvency.deficit', payload: { book }, reason: 'solvent' }),
        );
        await clock.advance(90 * MINUTE); // what comes back sooner is the same incident
        break;
      case 3: {
        const live = await world.incidents.list({ limit: 10, status: 'open' });
        const one = live[roll(Math.max(1, live.length))];
        if (one !== undefined) await world.incidents.acknowledge(one.id, 'ann');
        break;
      }
      case 4:
        down = !down;
        if (down) downtimes.push({ from: clock.now(), until: Number.POSITIVE_INFINITY });
        else {
          const last = downtimes.at(-1);
          if (last !== undefined) last.until = clock.now();
        }
        break;
      case 5:
        await db.transaction({}, (tx) =>
          world.incidents.raise(tx, {
            key: `contested/${clock.now()}`,
            event: 'rates.contested',
            severity: 'warning',
            message: 'x',
            payload: { pair: `P${roll(3)}` },
          }),
        );
        break;
      default:
        break;
    }
    await work(world, db, roll);
  }
  // Faults stop: everything that is due is told.
  down = false;
  const last = downtimes.at(-1);
  if (last !== undefined && !Number.isFinite(last.until)) last.until = clock.now();
  for (let minute = 0; minute < 30; minute += 1) {
    await clock.advance(MINUTE);
    await world.incidents.run();
    await world.deliverer().run();
  }
  broken.push(...(await check(db, { books, holes, accepted, downtimes })));
  return {
    violations: broken.map((each) => `seed ${seed}: ${each}`),
    days: count,
    deficits: holes.length,
    pages: accepted.length,
  };
}

/** The fact and its incident, by a process that may die at any step of it and is then run again. */
async function raise(world: NotifyWorld, book: string, roll: (below: number) => number): Promise<void> {
  const notice = {
    key: `deficit/${book}/${world.clock.now()}/${roll(1e9)}`,
    event: 'solvency.deficit',
    severity: 'critical',
    message: `deficit of ${book}`,
    payload: { book },
  } as const;
  const doomed = mortal(world.db, roll(3) === 0 ? 1 + roll(20) : 0);
  for (const db of [doomed.db, world.db]) {
    try {
      const { rows } = await sql`SELECT FROM notification_logs WHERE event_key = ${`${notice.key}/log`}`.execute(
        world.db.sql,
      );
      if (rows.length > 0) return; // it was committed, and died before it heard of it
      await db.transaction({}, (tx) => world.notifications.raise(tx, notice));
      return;
    } catch {
      // died: the next one
    }
  }
}

/** What workers do for the next minutes; one of them may die on the way. */
async function work(world: NotifyWorld, db: Db, roll: (below: number) => number): Promise<void> {
  for (let look = 0; look < 3; look += 1) {
    await world.clock.advance(6 * MINUTE);
    const doomed = mortal(db, roll(4) === 0 ? 1 + roll(30) : 0);
    try {
      const other = notifyWorld(doomed.db, { clock: world.clock });
      await other.incidents.run();
      await world.deliverer({ db: doomed.db, incidents: other.incidents }).run();
    } catch {
      // died: the next look takes over
    }
  }
}

interface Seen {
  readonly books: readonly string[];
  readonly holes: readonly Hole[];
  readonly accepted: readonly { readonly at: number; readonly text: string }[];
  readonly downtimes: readonly { readonly from: number; readonly until: number }[];
}

async function check(db: Db, { books, holes, accepted, downtimes }: Seen): Promise<readonly string[]> {
  const broken: string[] = [];
  for (const book of books) {
    const { rows } = await sql<{
      id: string;
      status: string;
      opened_at: Date;
      resolved_at: Date | null;
      next_page_at: Date | null;
      count: bigint;
    }>`
      SELECT id, status, opened_at, resolved_at, next_page_at, count FROM incidents WHERE event_type = 'solvency.deficit' AND scope ->> 'book' = ${book} ORDER BY opened_at`.execute(
      db.sql,
    );
    const ours = holes.filter((each) => each.book === book);
    if (rows.length !== ours.length)
      broken.push(`book ${book} had ${ours.length} holes and has ${rows.length} incidents`);
    for (const [at, hole] of ours.entries()) {
      const incident = rows[at];
      if (incident === undefined) continue;
      if (Number(incident.count) !== hole.facts)
        broken.push(`the incident of ${book} at ${hole.since} counts ${incident.count} facts of ${hole.facts}`);
      if (incident.status === 'open' && incident.next_page_at === null)
        broken.push(`an open incident of ${book} will never be told again`);
      // Told, or over or acknowledged before anybody could be told, or everything was down.
      const told = accepted.find((each) => each.at >= hole.since && each.text.includes(book));
      const bound = reachableBy(hole.since, downtimes);
      if (told === undefined && (hole.until === undefined || hole.until > bound))
        broken.push(`a deficit of ${book} at ${hole.since} was told to nobody`);
      if (told !== undefined && told.at > bound && (hole.until === undefined || hole.until > bound)) {
        broken.push(
          `a deficit of ${book} at ${hole.since} was told ${Math.round((told.at - hole.since) / MINUTE)} min later`,
        );
      }
    }
  }
  return broken;
}

/** When somebody must have heard at the latest: the channel was up for long enough by then. */
function reachableBy(since: number, downtimes: Seen['downtimes']): number {
  let at = since;
  for (const { from, until } of downtimes) if (from < at + TOLD_WITHIN * MINUTE && until > at) at = until;
  return at + 2 * TOLD_WITHIN * MINUTE;
}

export const run: Soak = async ({ seeds, firstSeed }) => {
  const bin = await findPostgres(18);
  if (bin === undefined) throw new Error('PostgreSQL 18 is not installed: npm ci');
  const server = await startPostgres(bin);
  const violations: string[] = [];
  let [simulated, deficits, pages] = [0, 0, 0];
  try {
    const name = `soak_${randomBytes(6).toString('hex')}`;
    await administer(server.url, `CREATE DATABASE ${name}`);
    const db = await openPostgres({ url: urlOf(server.url, name), poolSize: 4 });
    try {
      await applyMigrations(db);
      for (let seed = firstSeed; seed < firstSeed + seeds; seed += 1) {
        const result = await days(db, seed, DAYS);
        violations.push(...result.violations);
        simulated += result.days;
        deficits += result.deficits;
        pages += result.pages;
        await sql`UPDATE incidents SET status = 'resolved', resolved_at = now(), resolved_by = 'soak', next_page_at = NULL WHERE status <> 'resolved'`.execute(
          db.sql,
        );
        await sql`UPDATE notification_logs SET status = 'suppressed', suppressed = 'soak', next_retry_at = NULL WHERE status IN ('pending', 'sending', 'retrying')`.execute(
          db.sql,
        );
      }
    } finally {
      await db.close();
    }
  } finally {
    await server.stop();
  }
  console.log(`incidents: ${simulated} simulated days, ${deficits} deficits, ${pages} messages taken`);
  return { runs: simulated, violations };
};
