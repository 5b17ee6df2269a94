/** Something that goes on, turn after turn, until it is stopped. */
import type { Clock } from '../../kernel/clock.ts';

export class Loop {
  readonly #clock: Clock;
  readonly #turn: (signal: AbortSignal) => Promise<number>;
  #stopping: AbortController | undefined;
  #running: Promise<void> = Promise.resolve();

  /** @param turn one turn; it must not throw. @returns milliseconds until the next one */
  constructor(clock: Clock, turn: (signal: AbortSignal) => Promise<number>) {
    this.#clock = clock;
    this.#turn = turn;
  }

  /** A second start changes nothing. */
  start(): void {
    if (this.#stopping !== undefined) return;
    this.#stopping = new AbortController();
    this.#running = this.#run(this.#stopping.signal);
  }

  /** Ends after the turn that is under way. */
  async stop(): Promise<void> {
    this.#stopping?.abort();
    await this.#running;
    this.#stopping = undefined;
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const pauseMs = await this.#turn(signal);
      await this.#clock.sleep(pauseMs, signal).catch(() => undefined); // stopped: the loop sees it
    }
  }
}
