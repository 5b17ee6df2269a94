/**
 * The life of a worker as whoever runs it sees it: five minutes of messages that come in bursts, providers that take
 * from 20 to 300 ms each, the sizes that workers have unless told, and a death at an instant that the seed chooses.
 * A request that has left is taken, whether or not somebody lives to hear the answer. Time is simulated, and stands
 * still while a statement is under way.
 *
 * The share of messages that come twice does not depend on how many there are: it is the time from a request to
 * its stored outcome over the time from one death to the next.
 */
import { randomBytes } from 'node:crypto';
import type { KyselyPlugin } from 'kysely';
import type { Outcome, Outgoing } from '../../../src/features/notifications/channels/channel.ts';
import { Templates } from '../../../src/features/notifications/templates/templates.ts';
import { PlumblineError } from '../../../src/kernel/errors.ts';
import { turnOfLoop } from '../../../src/platform/clock/turn.ts';
import type { Db } from '../../../src/platform/db/port.ts';
import type { ManualClock } from '../../support/manual-clock.ts';
import { type NotifyWorld, notifyWorld } from '../../support/notifications.ts';
import { Dice } from '../month/dice.ts';
import { Arrivals, queue, verdictOf } from './truth.ts';

const LIFE_MS = 300_000;
const BURSTS = 20;
/** Of a burst, at the most. */
const BURST = 11;
const LEASE_MS = 180_000;
/** Between two looks of a worker. */
const POLL_MS = 500;

export interface Lived {
  readonly violations: readonly string[];
  readonly notifications: number;
  readonly lost: number;
  readonly duplicates: number;
  /** Requests that were under way when it died. */
  readonly underWay: number;
}

/** @param amidBurst it dies a moment after the requests of a burst have left, and not at any instant */
export async function life(db: Db, seed: number, { amidBurst = false } = {}): Promise<Lived> {
  const dice = new Dice(seed, 'lives of workers');
  const world = notifyWorld(db, { random: dice });
  const { clock } = world;
  const team = `l${seed}-${randomBytes(3).toString('hex')}`;
  await world.endpoint(team, `-200${seed}`);
  const began = clock.now();
  const bursts = Array.from({ length: BURSTS }, () => Math.floor(dice.between(0, LIFE_MS))).sort((a, b) => a - b);
  const waiting = bursts.flatMap((dueMs, burst) =>
    Array.from({ length: dice.whole(1, BURST) }, (_, nth) => ({ id: `${team}/${burst}/${nth}`, dueMs })),
  );
  await queue(db, team, began, waiting);
  const arrived = new Arrivals();
  const diesAt = began + (amidBurst ? Math.max(POLL_MS, bursts[0] ?? 0) + 10 : Math.floor(dice.between(0, LIFE_MS)));
  let underWay = 0;
  const first = new Process(world, dice, arrived);
  clock.after(diesAt - clock.now(), () => {
    underWay = first.die();
  });
  // What it leaves is due when its lease is over; what it never took is due all the time.
  const looks = [...bursts.map((ms) => began + ms), diesAt + LEASE_MS];
  await first.work(looks, diesAt);
  await new Process(world, dice, arrived).work(looks, began + LIFE_MS + LEASE_MS);
  const { broken: untrue, lost } = await verdictOf(db, team, arrived);
  const broken = [...untrue];
  if (arrived.duplicates !== underWay)
    broken.push(`${arrived.duplicates} came twice, and ${underWay} were under way when it died`);
  return {
    violations: broken.map((each) => `seed ${seed}: ${each}`),
    ...{ notifications: waiting.length, lost, duplicates: arrived.duplicates, underWay },
  };
}

/** One worker, until it dies. */
class Process {
  readonly #clock: ManualClock;
  readonly #dice: Dice;
  readonly #arrived: Arrivals;
  readonly #world: NotifyWorld;
  readonly #db: Db;
  #dead = false;
  #statements = 0;
  #requests = 0;
  #ended: () => void = () => undefined;

  constructor(world: NotifyWorld, dice: Dice, arrived: Arrivals) {
    this.#clock = world.clock;
    this.#dice = dice;
    this.#arrived = arrived;
    this.#world = world;
    this.#db = this.#watched(world.db);
  }

  /** @returns how many of its requests have no stored outcome */
  die(): number {
    this.#dead = true;
    return this.#requests;
  }

  /** Looks after each of these instants, as it does twice a second, until it dies or the time is over. */
  async work(looks: readonly number[], until: number): Promise<void> {
    const world = this.#world;
    world.channel.behave = (message) => this.#send(message);
    const deliverer = world.deliverer({
      db: this.#db,
      templates: new Templates({ db: this.#db, clock: this.#clock, log: world.log }),
      onTried: () => this.#settled(),
    });
    const run = async (): Promise<void> => {
      for (;;) {
        await deliverer.run();
        const now = this.#clock.now();
        const next = looks.find((at) => at > now - POLL_MS) ?? until;
        if (next >= until && now >= until) return;
        await this.#clock.sleep(Math.max(POLL_MS, next - now));
      }
    };
    const lived = run().catch((error: unknown) => {
      if (!this.#dead) throw error;
    });
    await this.#clock.run(lived, Number.MAX_SAFE_INTEGER, () => this.#quiet());
  }

  async #send({ messageId }: Outgoing): Promise<Outcome> {
    this.#alive();
    this.#requests += 1;
    const takes = this.#dice.between(20, 300);
    // It is on its way: nothing that happens here keeps it from arriving.
    this.#clock.after(takes / 2, () => this.#arrived.add(messageId));
    await this.#clock.sleep(takes);
    this.#alive();
    return { kind: 'delivered' };
  }

  #settled(): void {
    this.#requests -= 1;
  }

  #alive(): void {
    if (this.#dead) throw new PlumblineError('upstream', 'db.unavailable', 'the process has died');
  }

  /** Resolves when no statement is under way, and none is about to be. */
  async #quiet(): Promise<void> {
    for (let turns = 0; turns < 5; ) {
      await turnOfLoop();
      turns = this.#statements === 0 ? turns + 1 : 0;
      if (this.#statements > 0) await this.#nextEnd();
    }
  }

  #nextEnd(): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('a statement never came back')), 60_000);
      this.#ended = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #end(): void {
    this.#statements -= 1;
    this.#ended();
  }

  #watched(db: Db): Db {
    const plugin: KyselyPlugin = {
      transformQuery: ({ node }) => {
        this.#alive();
        this.#statements += 1;
        return node;
      },
      transformResult: ({ result }) => {
        this.#end();
        return Promise.resolve(result);
      },
    };
    return {
      ...db,
      sql: db.sql.withPlugin(plugin),
      inOrder: db.inOrder.withPlugin(plugin),
      transaction: async (mode, work) => {
        this.#alive();
        this.#statements += 1;
        try {
          return await db.transaction(mode, work);
        } finally {
          this.#end();
        }
      },
    };
  }
}
