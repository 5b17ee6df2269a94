/**
 * What the rates really are: USD/VND a walk in the hours of business, USDT/USD a walk that comes back
 * to its peg, and now and then a depeg, sudden or over hours. It begins where real rates were recorded.
 */
import { RECORDED_RATES } from '../../../src/sandbox/data/recorded-rates.ts';
import type { Dice } from './dice.ts';

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
const BP = 1 / 10_000;

/** A real move of USDT away from its peg, or back. */
export interface Move {
  readonly from: number;
  readonly until: number;
  /** What a USDT is worth after it, of what it was before. */
  readonly factor: number;
}

/** At `at` the logarithm of what a USDT is worth of its usual value is `log`; in between it goes straight. */
interface Knot {
  readonly at: number;
  readonly log: number;
}

export class Truth {
  readonly moves: readonly Move[];
  readonly #begin: number;
  /** Logarithms, one a minute. */
  readonly #usdVnd: Float64Array;
  readonly #usdtUsd: Float64Array;
  readonly #knots: readonly Knot[];

  constructor(dice: Dice, begin: number, end: number) {
    const minutes = Math.ceil((end - begin) / MINUTE) + 2;
    const start = dice.pick(RECORDED_RATES);
    this.#begin = begin;
    this.#usdVnd = bankWalk(dice, begin, minutes, Math.log(Number(start.usdVnd)));
    this.#usdtUsd = pegWalk(dice, minutes, Math.log(Number(start.usdtUsd)));
    this.#knots = depegs(dice, begin, end);
    this.moves = movesOf(this.#knots);
  }

  usdVnd(at: number): number {
    return Math.exp(this.#read(this.#usdVnd, at));
  }

  usdtUsd(at: number): number {
    return Math.exp(this.#read(this.#usdtUsd, at) + this.#depeg(at));
  }

  #read(walk: Float64Array, at: number): number {
    const place = Math.min(Math.max((at - this.#begin) / MINUTE, 0), walk.length - 1.001);
    const minute = Math.floor(place);
    const [one = 0, next = 0] = [walk[minute], walk[minute + 1]];
    return one + (next - one) * (place - minute);
  }

  #depeg(at: number): number {
    const after = this.#knots.findIndex((knot) => knot.at > at);
    const [one, next] = [this.#knots[after - 1], this.#knots[after]];
    if (one === undefined || next === undefined) return 0;
    return one.log + ((next.log - one.log) * (at - one.at)) / (next.at - one.at);
  }
}

/** In Vietnam's hours of business, Monday to Friday, 8:00 to 17:00. */
export function isBusiness(at: number): boolean {
  const local = new Date(at + 7 * HOUR);
  return local.getUTCDay() % 6 !== 0 && local.getUTCHours() >= 8 && local.getUTCHours() < 17;
}

/** The recorded days lie some 13 basis points apart. */
function bankWalk(dice: Dice, begin: number, minutes: number, start: number): Float64Array {
  const walk = new Float64Array(minutes);
  const dailyBps = dice.between(8, 18);
  const perMinute = (dailyBps * BP) / Math.sqrt(2 * 9 * 60);
  const opening = (dailyBps * BP) / Math.SQRT2;
  let at = start;
  let wasOpen = false;
  let opened = start;
  for (let minute = 0; minute < minutes; minute += 1) {
    const open = isBusiness(begin + minute * MINUTE);
    if (open && !wasOpen) {
      opened = at;
      at += opening * dice.normal();
    } else if (open) at += perMinute * dice.normal();
    // No day takes it further than half a percent.
    if (open) at = Math.min(Math.max(at, opened - 50 * BP), opened + 50 * BP);
    wasOpen = open;
    walk[minute] = at;
  }
  return walk;
}

function pegWalk(dice: Dice, minutes: number, start: number): Float64Array {
  const walk = new Float64Array(minutes);
  const home = dice.between(-6, 3) * BP;
  const pull = 1 / (6 * 60);
  const step = dice.between(3, 8) * BP * Math.sqrt(2 * pull);
  let at = start;
  for (let minute = 0; minute < minutes; minute += 1) {
    at += pull * (home - at) + step * dice.normal();
    walk[minute] = at;
  }
  return walk;
}

function depegs(dice: Dice, begin: number, end: number): readonly Knot[] {
  const knots: Knot[] = [{ at: begin, log: 0 }];
  const mean = dice.pick([3 * DAY, 10 * DAY, 30 * DAY]);
  let at = begin + dice.between(6 * HOUR, DAY) + dice.until(mean);
  while (at < end) {
    const depth = dice.weighed<() => number>([
      [2, () => -dice.between(1.2, 2)],
      [5, () => -dice.between(2, 5)],
      [2, () => -dice.between(5, 15)],
      [1, () => dice.between(1.2, 3)],
    ])();
    const log = Math.log(1 + depth / 100);
    const sudden = (): number => dice.between(1, 2 * SECOND);
    const fall = dice.weighed<() => number>([
      [4, sudden],
      [4, () => dice.scaled(MINUTE, 15 * MINUTE)],
      [2, () => dice.scaled(15 * MINUTE, 3 * HOUR)],
    ])();
    const stay = dice.scaled(10 * MINUTE, 36 * HOUR);
    const mend = dice.chance(0.25) ? sudden() : dice.scaled(10 * MINUTE, 12 * HOUR);
    knots.push({ at, log: 0 }, { at: at + fall, log }, { at: at + fall + stay, log });
    at += fall + stay + mend;
    knots.push({ at, log: 0 });
    at += HOUR + dice.until(mean);
  }
  knots.push({ at: Math.max(end, at) + DAY, log: 0 });
  return knots;
}

const movesOf = (knots: readonly Knot[]): readonly Move[] =>
  knots.flatMap((knot, index) => {
    const next = knots[index + 1];
    if (next === undefined || next.log === knot.log) return [];
    return [{ from: knot.at, until: next.at, factor: Math.exp(next.log - knot.log) }];
  });
