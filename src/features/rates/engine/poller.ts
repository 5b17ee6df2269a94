/** Asks every source in its turn, in the background, and looks at what other processes have found. */
import type { Clock } from '../../../kernel/clock.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { SourceRunner } from './source-runner.ts';

export interface PollerDeps {
  readonly clock: Clock;
  readonly fleet: Fleet;
  readonly runners: readonly SourceRunner[];
  /** Longest time between two looks, milliseconds. */
  readonly lookMs: number;
  /** Asks, and evaluates what is read. Never rejects. */
  readonly ask: (runner: SourceRunner) => Promise<void>;
}

/** Shortest time between two looks, milliseconds. */
const LEAST_MS = 20;

export class Poller {
  readonly #deps: PollerDeps;
  #running: { readonly stop: AbortController; readonly done: Promise<void> } | undefined;
  readonly #calls = new Set<Promise<void>>();

  constructor(deps: PollerDeps) {
    this.#deps = deps;
  }

  start(): void {
    if (this.#running !== undefined) return;
    const stop = new AbortController();
    this.#running = { stop, done: this.#run(stop.signal) };
  }

  /** Ends after the calls that are under way. */
  async stop(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    running?.stop.abort();
    await running?.done;
    await Promise.all(this.#calls);
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { clock, fleet, runners } = this.#deps;
    while (!signal.aborted) {
      await fleet.sync();
      for (const runner of runners) if (runner.mayBeAsked('due')) this.#ask(runner);
      await clock.sleep(this.#untilNext(), signal).catch(() => undefined); // stopped: the loop sees it
    }
  }

  #ask(runner: SourceRunner): void {
    const call = this.#deps.ask(runner).finally(() => this.#calls.delete(call));
    this.#calls.add(call);
  }

  /** Milliseconds until a source is due. */
  #untilNext(): number {
    const { fleet, runners, lookMs } = this.#deps;
    const now = fleet.now();
    const waits = runners.map((runner) => (runner.wait('due')?.until ?? now + lookMs) - now);
    return Math.max(LEAST_MS, Math.min(lookMs, ...waits));
  }
}
