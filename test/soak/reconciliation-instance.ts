/** One simulated process: a clock that may be set, and a database that it may lose at any statement. */
import type { KyselyPlugin } from 'kysely';
import type { Clock } from '../../src/kernel/clock.ts';
import { isPlumblineError } from '../../src/kernel/errors.ts';
import type { Db, LockOptions } from '../../src/platform/db/port.ts';

class Killed extends Error {}

type Ended = 'done' | 'killed' | 'paused' | 'refused';

interface Plan {
  readonly step: number;
  readonly happen: () => void;
}

export class Instance {
  readonly clock: Clock;
  readonly db: Db;
  readonly #world: { readonly now: number };
  #offset = 0;
  #jumpEnds = 0;
  #dead = false;
  #step = 0;
  #plan: Plan | undefined;
  #writing = 0;
  /** While it stands still: until when, and how it wakes. */
  #pause: { readonly until: number; readonly gate: PromiseWithResolvers<void> } | undefined;
  #isPausing = gate();
  #lockLost = gate();
  readonly #running = new Set<Promise<unknown>>();

  constructor(real: Db, world: { readonly now: number }) {
    this.#world = world;
    const mono = (): number => world.now;
    this.clock = {
      now: () => Math.floor(world.now + this.#offset),
      monotonic: mono,
      sleep: () => Promise.resolve(),
      after: () => () => undefined, // a run is over within an instant of this world
    };
    const plugin: KyselyPlugin = {
      transformQuery: ({ node }) => {
        this.#next();
        return node;
      },
      transformResult: async ({ result }) => {
        this.#next();
        await this.#stand();
        return result;
      },
    };
    this.db = {
      ...real,
      sql: real.sql.withPlugin(plugin),
      inOrder: real.inOrder.withPlugin(plugin),
      transaction: async (mode, work) => {
        this.#next();
        const writes = mode.readOnly !== true;
        // What stands still in a transaction that writes is cut by the server after 30 s, too long to be shown here.
        if (writes) this.#writing += 1;
        try {
          const result = await real.transaction(mode, async (tx) => {
            const inside = await work(tx.withPlugin(plugin));
            this.#next(); // everything is written, nothing is committed
            return inside;
          });
          this.#next(); // committed, and nobody hears of it
          return result;
        } finally {
          if (writes) this.#writing -= 1;
        }
      },
      exclusive: async <T>(name: string, work: () => Promise<T>, options?: LockOptions): Promise<T> => {
        this.#next();
        const lost = this.#lockLost.promise;
        const working = Promise.withResolvers<T>();
        working.promise.catch(() => undefined);
        await real.exclusive(
          name,
          async () => {
            this.#next();
            work().then(working.resolve, working.reject);
            // Whoever stands still for long loses the lock, and goes on without it.
            await Promise.race([working.promise.catch(() => undefined), lost]);
          },
          options,
        );
        const result = await working.promise;
        this.#next();
        return result;
      },
    };
  }

  dieAt(step: number): void {
    this.#plan = {
      step,
      happen: () => {
        this.#dead = true;
      },
    };
  }

  pauseAt(step: number, until: number): void {
    this.#plan = {
      step,
      happen: () => {
        this.#pause = { until, gate: gate() };
      },
    };
  }

  /** Its clock is set by `ms`, and right again from `until` on. */
  jumpAt(step: number, ms: number, until: number): void {
    this.#plan = {
      step,
      happen: () => {
        this.#offset = ms;
        this.#jumpEnds = until;
      },
    };
    if (step === 0) this.#plan.happen();
  }

  /** What the time brings: it goes on, its clock is right again. */
  wake(now = this.#world.now): void {
    if (this.#offset !== 0 && now >= this.#jumpEnds) this.#offset = 0;
    if (this.#pause !== undefined && now >= this.#pause.until) {
      this.#pause.gate.resolve();
      this.#pause = undefined;
      this.#isPausing = gate();
      this.#lockLost = gate();
    }
  }

  /** A new process in its place, where it was killed. */
  restart(): void {
    this.#dead = false;
    this.#plan = undefined;
  }

  /**
   * Runs until it is done, dead, or stands still; then it goes on when it wakes.
   * @param expected codes of refusals that may come of what was done to it
   */
  async live(work: () => Promise<void>, expected: ReadonlySet<string> = new Set()): Promise<Ended> {
    if (this.#pause !== undefined) return 'paused';
    this.#step = 0;
    const judged = work().then(
      (): Ended => 'done',
      (error: unknown): Ended => {
        if (this.#dead || error instanceof Killed) return 'killed';
        if (isPlumblineError(error) && expected.has(error.code)) return 'refused';
        throw error;
      },
    );
    this.#running.add(judged);
    judged.finally(() => this.#running.delete(judged)).catch(() => undefined);
    return Promise.race([judged, this.#isPausing.promise.then((): Ended => 'paused')]);
  }

  async settled(): Promise<void> {
    await Promise.allSettled(this.#running);
  }

  #next(): void {
    if (this.#dead) throw new Killed();
    this.#step += 1;
    if (this.#plan === undefined || this.#step < this.#plan.step) return;
    const { happen } = this.#plan;
    this.#plan = undefined;
    happen();
    if (this.#dead) throw new Killed();
  }

  async #stand(): Promise<void> {
    const pause = this.#pause;
    if (pause === undefined || this.#writing > 0) return;
    this.#lockLost.resolve();
    this.#isPausing.resolve();
    await pause.gate.promise;
  }
}

const gate = (): PromiseWithResolvers<void> => Promise.withResolvers<void>();
