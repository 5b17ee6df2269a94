/**
 * One round of asking on behalf of callers who wait: every source of the pair at once, those that
 * other processes are asking already included. It is over when all have ended, and enough when two
 * witnesses agree, or one has spoken and the patience is gone.
 */
import type { Clock, Random } from '../../../kernel/clock.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { RatesSettings } from '../settings.ts';
import { isRetried } from '../sources/classes.ts';
import type { Asked, SourceRunner } from './source-runner.ts';

export interface RoundDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly fleet: Fleet;
  readonly settings: RatesSettings;
  /** Evaluates what the source has just said. Never rejects. */
  readonly afterReading: (runner: SourceRunner) => Promise<void>;
  /** How good the answer in memory is by now. */
  readonly grade: () => Grade;
}

/** `none`: nothing young; `lone`: one witness; `good`: more need not be waited for. */
export type Grade = 'none' | 'lone' | 'good';

/** How often a process looks whether the one whose turn it is has an answer, milliseconds. */
const LOOK_MS = 20;

export class Round {
  /** Monotonic milliseconds until which it asks. */
  readonly end: number;
  /** Resolves when a caller need not wait any longer. */
  readonly enough: Promise<void>;
  /** Resolves when every source has ended. */
  readonly done: Promise<void>;
  readonly #deps: RoundDeps;
  #patient = true;
  #resolve: () => void = () => undefined;

  constructor(sources: readonly SourceRunner[], budgetMs: number, deps: RoundDeps) {
    this.#deps = deps;
    this.end = deps.clock.monotonic() + budgetMs;
    this.enough = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    // The timer alone says when patience is gone: a clock may stand just short of it when it fires.
    const cancel = deps.clock.after(deps.settings.patienceMs, () => {
      this.#patient = false;
      this.#look();
    });
    this.done = this.#run(sources).finally(() => {
      cancel();
      this.#resolve();
    });
  }

  async #run(sources: readonly SourceRunner[]): Promise<void> {
    await this.#deps.fleet.sync(); // somebody else may have the answer
    this.#look();
    if (this.#deps.grade() === 'good') return;
    await Promise.all(sources.map((runner) => this.#pursue(runner)));
  }

  /** Until the source has spoken, cannot be asked, or the time is over. */
  async #pursue(runner: SourceRunner): Promise<void> {
    const { clock, fleet, afterReading } = this.#deps;
    for (let attempt = 0; clock.monotonic() < this.end; attempt += 1) {
      const asked = await runner.ask('urgent');
      if (asked.kind === 'waits' && asked.wait.why === 'leased') {
        await clock.sleep(LOOK_MS);
        await fleet.sync();
        if (this.#isLeased(runner)) continue;
      }
      // Whoever asked, if another process did, may not have come to judge it yet, or has died.
      if (asked.kind === 'read' || asked.kind === 'waits') await afterReading(runner);
      this.#look();
      if (!this.#worthAnother(asked, attempt)) return;
      await clock.sleep(this.#deps.settings.retryMs * 2 ** attempt * (1 + 0.2 * this.#deps.random.fraction()));
    }
  }

  #isLeased(runner: SourceRunner): boolean {
    return runner.wait('urgent')?.why === 'leased';
  }

  #worthAnother(asked: Asked, attempt: number): boolean {
    return asked.kind === 'failed' && isRetried(asked.failure) && attempt < this.#deps.settings.retries;
  }

  #look(): void {
    const grade = this.#deps.grade();
    if (grade === 'good' || (grade === 'lone' && !this.#patient)) this.#resolve();
  }
}
