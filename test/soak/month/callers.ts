/** When callers ask: at random, every ten seconds around whatever happens, every two after a sudden move. */
import type { Dice } from './dice.ts';
import { SECOND } from './truth.ts';

const USUAL_MS = 90 * SECOND;
const BUSY_MS = 10 * SECOND;
const SUDDEN_MS = 2 * SECOND;

interface Window {
  readonly from: number;
  readonly until: number;
  readonly everyMs: number;
}

export class Callers {
  readonly #dice: Dice;
  /** By their beginning. */
  readonly #windows: readonly Window[];
  /** Those before it are over. */
  #first = 0;

  /** @param events when something happens. @param sudden when the truth moves at once */
  constructor(dice: Dice, events: readonly number[], sudden: readonly number[]) {
    this.#dice = dice;
    this.#windows = [
      ...events.map((at) => ({ from: at - 10 * SECOND, until: at + 80 * SECOND, everyMs: BUSY_MS })),
      ...sudden.map((at) => ({ from: at - 5 * SECOND, until: at + 140 * SECOND, everyMs: SUDDEN_MS })),
    ].sort((a, b) => a.from - b.from);
  }

  /** When the next one asks. */
  after(now: number): number {
    let everyMs = USUAL_MS;
    for (let at = this.#first; ; at += 1) {
      const window = this.#windows[at];
      if (window === undefined || window.from > now) {
        const pause = everyMs === USUAL_MS ? this.#dice.until(USUAL_MS) : everyMs * this.#dice.between(0.8, 1);
        return Math.min(now + pause, Math.max(window?.from ?? Number.POSITIVE_INFINITY, now + SECOND));
      }
      if (window.until <= now) this.#first = at + 1;
      else everyMs = Math.min(everyMs, window.everyMs);
    }
  }
}
