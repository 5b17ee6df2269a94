/**
 * Simulated days of a platform, from one happening to the next: books fail and recover, a provider is down, workers
 * and those who raise alarms die at any step, people answer late or not at all. Between happenings the clock goes
 * from one instant at which something is due to the next, so that quiet hours cost nothing.
 */
import { sql } from 'kysely';
import type { Db } from '../../../src/platform/db/port.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { mortal } from '../../support/mortal.ts';
import { type NotifyWorld, notifyWorld } from '../../support/notifications.ts';
import { Dice } from '../month/dice.ts';
import { type Downtime, type Hole, MINUTE, unheard } from './heard.ts';

const HOUR = 60 * MINUTE;
/** From one happening to the next on average: while all is well, and while something is wrong. */
const QUIET = 96 * HOUR;
const BUSY = 20 * MINUTE;
/** What comes back sooner after its end is the same incident. */
const REOPEN = 61 * MINUTE;

export interface Simulated {
  readonly violations: readonly string[];
  readonly days: number;
  readonly deficits: number;
  readonly pages: number;
  readonly deaths: number;
}

export async function days(db: Db, seed: number, count: number): Promise<Simulated> {
  const simulation = new Simulation(db, seed);
  await simulation.run(count);
  return simulation.result(count);
}

class Simulation {
  readonly #db: Db;
  readonly #seed: number;
  readonly #dice: Dice;
  readonly #clock = new ManualClock();
  readonly #world: NotifyWorld;
  readonly #books: readonly string[];
  readonly #holes: Hole[] = [];
  readonly #downtimes: Downtime[] = [];
  readonly #accepted: { readonly at: number; readonly text: string }[] = [];
  readonly #acknowledged: { readonly at: number; readonly book: string }[] = [];
  #broken: readonly string[] = [];
  #down = false;
  #deaths = 0;

  constructor(db: Db, seed: number) {
    this.#db = db;
    this.#seed = seed;
    this.#dice = new Dice(seed, 'bad days');
    this.#world = notifyWorld(db, { clock: this.#clock, random: this.#dice });
    this.#books = [`a${seed}-book`, `b${seed}-book`];
  }

  async run(count: number): Promise<void> {
    for (const team of ['on-call', 'finance', 'admins', 'operations'])
      await this.#world.endpoint(team, `${team}-${this.#seed}`);
    this.#world.channel.behave = ({ text }) => {
      if (this.#down || this.#dice.chance(0.1)) return { kind: 'failed', blame: 'provider', error: 'down' };
      this.#accepted.push({ at: this.#clock.now(), text });
      return { kind: 'delivered' };
    };
    const end = this.#clock.now() + count * 24 * HOUR;
    while (this.#clock.now() < end) {
      const isBusy = this.#down || (await this.#world.incidents.list({ limit: 1, status: 'live' })).length > 0;
      await this.#workUntil(this.#clock.now() + this.#dice.until(isBusy ? BUSY : QUIET));
      await this.#happen(isBusy);
    }
    // Faults stop: everything that is due is told.
    if (this.#down) this.#turn();
    for (let minute = 0; minute < 30; minute += 3) {
      await this.#clock.advance(3 * MINUTE);
      await this.#world.incidents.run();
      await this.#world.deliverer({ sizes: { parallel: 4 } }).run();
    }
    this.#broken = await unheard(this.#db, {
      ...{ books: this.#books, holes: this.#holes, accepted: this.#accepted },
      ...{ acknowledged: this.#acknowledged, downtimes: this.#downtimes },
    });
  }

  result(count: number): Simulated {
    return {
      violations: this.#broken.map((each) => `seed ${this.#seed}: ${each}`),
      ...{ days: count, deficits: this.#holes.length, pages: this.#accepted.length, deaths: this.#deaths },
    };
  }

  #happen(isBusy: boolean): Promise<void> {
    const what = this.#dice.weighed([
      [isBusy ? 2 : 6, () => this.#deficit()],
      [isBusy ? 3 : 0, () => this.#solvent()],
      [isBusy ? 4 : 0, () => this.#acknowledge()],
      [this.#down ? 4 : 2, async () => this.#turn()],
      [2, () => this.#contest()],
      [3, () => this.#settle()],
    ] as const);
    return what();
  }

  /** One of the books, by several runs that see it. */
  async #deficit(): Promise<void> {
    const book = this.#dice.pick(this.#books);
    const now = this.#clock.now();
    if (this.#holes.some((each) => each.book === book && each.until !== undefined && each.until + REOPEN > now)) return;
    const facts = this.#dice.whole(1, 4);
    const hole = this.#holes.find((each) => each.book === book && each.until === undefined);
    if (hole === undefined) this.#holes.push({ book, since: now, until: undefined, facts });
    else hole.facts += facts;
    for (let fact = 0; fact < facts; fact += 1) await this.#raise(book, fact);
  }

  /** The fact and its incident, by a process that may die at any step of it and is then run again. */
  async #raise(book: string, nth: number): Promise<void> {
    const notice = {
      key: `deficit/${book}/${this.#clock.now()}/${nth}`,
      event: 'solvency.deficit',
      severity: 'critical',
      message: `deficit of ${book}`,
      payload: { book },
    } as const;
    const doomed = mortal(this.#db, this.#dice.chance(1 / 3) ? this.#dice.whole(1, 20) : 0);
    for (const db of [doomed.db, this.#db]) {
      try {
        const { rows } = await sql`SELECT FROM notification_logs WHERE event_key = ${`${notice.key}/log`}`.execute(
          this.#db.sql,
        );
        if (rows.length > 0) return; // it was committed, and died before it heard of it
        await db.transaction({}, (tx) => this.#world.notifications.raise(tx, notice));
        return;
      } catch (error) {
        if (db === this.#db) throw error;
        this.#deaths += 1;
      }
    }
  }

  async #solvent(): Promise<void> {
    const hole = this.#holes.find(({ until }) => until === undefined);
    if (hole === undefined) return;
    hole.until = this.#clock.now();
    const { book } = hole;
    await this.#db.transaction({}, (tx) =>
      this.#world.incidents.end(tx, { event: 'solvency.deficit', payload: { book }, reason: 'solvent' }),
    );
  }

  async #acknowledge(): Promise<void> {
    const [one] = await this.#world.incidents.list({ limit: 1, status: 'open' });
    if (one === undefined) return;
    await this.#world.incidents.acknowledge(one.id, 'ann');
    const book = this.#books.find((each) => one.scope.book === each);
    if (book !== undefined) this.#acknowledged.push({ at: this.#clock.now(), book });
  }

  /** The one provider goes down, or comes back. */
  #turn(): void {
    this.#down = !this.#down;
    const last = this.#downtimes.at(-1);
    if (this.#down) this.#downtimes.push({ from: this.#clock.now(), until: Number.POSITIVE_INFINITY });
    else if (last !== undefined) last.until = this.#clock.now();
  }

  /** What a deficit mutes while it lasts. */
  async #contest(): Promise<void> {
    await this.#say('rates.contested', 'warning', `P${this.#dice.whole(0, 2)}`);
  }

  /** The sources agree again, and somebody has looked at the dead letters. */
  async #settle(): Promise<void> {
    for (const { id, event_type: event, scope } of await this.#world.incidents.list({ limit: 50, status: 'live' })) {
      if (event === 'rates.contested') await this.#say('rates.settled', 'info', String(scope.pair));
      else if (event !== 'solvency.deficit') await this.#world.incidents.resolve(id, 'ann', 'looked at');
    }
  }

  async #say(event: 'rates.contested' | 'rates.settled', severity: 'info' | 'warning', pair: string): Promise<void> {
    const key = `${event}/${pair}/${this.#clock.now()}`;
    await this.#db.transaction({}, (tx) =>
      this.#world.incidents.raise(tx, { key, event, severity, message: event, payload: { pair } }),
    );
  }

  /** Workers do what is due, some minutes late; one of them may die on the way. */
  async #workUntil(instant: number): Promise<void> {
    for (;;) {
      const due = await this.#nextDue();
      if (due === undefined || due > instant) break;
      await this.#clock.advance(Math.max(0, due - this.#clock.now()) + this.#dice.between(0.1, 6) * MINUTE);
      const doomed = mortal(this.#db, this.#dice.chance(1 / 4) ? this.#dice.whole(1, 30) : 0);
      try {
        const other = notifyWorld(doomed.db, { clock: this.#clock, random: this.#dice });
        await other.incidents.run();
        await this.#world.deliverer({ db: doomed.db, incidents: other.incidents, sizes: { parallel: 4 } }).run();
      } catch {
        this.#deaths += 1; // the next look takes over
      }
    }
    await this.#clock.advance(Math.max(0, instant - this.#clock.now()));
  }

  async #nextDue(): Promise<number | undefined> {
    const { rows } = await sql<{ at: Date | null }>`
      SELECT least((SELECT min(next_page_at) FROM incidents WHERE next_page_at IS NOT NULL AND status <> 'resolved'),
        (SELECT min(next_retry_at) FROM notification_logs WHERE status IN ('pending', 'sending', 'retrying') AND message_id IS NOT NULL AND urgency <> 'page'),
        (SELECT min(next_retry_at) FROM notification_logs WHERE status IN ('pending', 'sending', 'retrying') AND message_id IS NOT NULL AND urgency = 'page')) AS at`.execute(
      this.#db.sql,
    );
    return rows[0]?.at?.getTime();
  }
}
