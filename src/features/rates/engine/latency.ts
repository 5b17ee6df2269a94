/** How long a source usually takes, so that one that takes longer need not be waited for. */

/** Answers that are remembered. */
const REMEMBERED = 64;
/** Fewer say nothing yet. */
const ENOUGH = 8;
/** What stands in until then, and the bounds of what is believed, milliseconds. */
const ASSUMED_MS = 200;
const LEAST_MS = 50;
const MOST_MS = 1_000;
/** A process that is busy for a moment is not a slow provider, milliseconds. */
const SLACK_MS = 20;

export class Latency {
  readonly #recent: number[] = [];

  add(ms: number): void {
    this.#recent.push(ms);
    if (this.#recent.length > REMEMBERED) this.#recent.shift();
  }

  /** Nineteen of twenty answers came within a good deal less than this, milliseconds. */
  unusual(): number {
    if (this.#recent.length < ENOUGH) return ASSUMED_MS;
    const sorted = [...this.#recent].sort((a, b) => a - b);
    const at = sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * 0.95) - 1)] ?? ASSUMED_MS;
    return Math.min(Math.max(at * 1.25 + SLACK_MS, LEAST_MS), MOST_MS);
  }
}

/** Calls made ahead of time cost at most this share of all calls, and this many in a row. */
const HEDGE_SHARE = 0.05;
const HEDGE_BURST = 3;

export class HedgeBudget {
  #credit = HEDGE_BURST;

  /** A call that was made in its turn. */
  earn(): void {
    this.#credit = Math.min(HEDGE_BURST, this.#credit + HEDGE_SHARE);
  }

  /** Whether a call may be made ahead of its turn. */
  spend(): boolean {
    if (this.#credit < 1) return false;
    this.#credit -= 1;
    return true;
  }
}
