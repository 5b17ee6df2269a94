/** How long a true and sudden move of 4 % or more takes to be noticed, and to be followed. */
import type { Quote } from '../../../src/features/rates/quote.ts';
import type { RatesEvent } from '../../../src/features/rates/service.ts';
import type { Timeline } from '../../support/timeline.ts';
import type { Honesty } from './honesty.ts';
import type { Judge } from './judge.ts';
import { isUnlabelled, numberOf } from './oracle.ts';
import { USDT_VND } from './tally.ts';
import { MINUTE, type Move, SECOND } from './truth.ts';

/** CoinGecko's server shows it after a minute at the most, and is asked every five seconds then. */
const FOLLOWED_MS = 75 * SECOND;
const WATCHED_MS = 5 * MINUTE;
const LARGE = 0.04;
const SUDDEN_MS = 3 * SECOND;

export const isSudden = ({ from, until, factor }: Move): boolean =>
  until - from <= SUDDEN_MS && Math.abs(factor - 1) >= LARGE;

export interface FollowDeps {
  readonly time: Timeline;
  readonly judge: Judge;
  readonly honesty: Honesty;
  /** Nobody lies, and of CoinGecko's month enough is left to ask it ahead of its turn. */
  readonly isQuiet: () => boolean;
}

export class Follow {
  readonly violations: string[] = [];
  /** Milliseconds, one for each move. */
  readonly followed: number[] = [];
  readonly alarmed: number[] = [];
  readonly #time: Timeline;
  readonly #judge: Judge;
  #watched: { readonly move: Move; followedMs?: number; alarmedMs?: number } | undefined;

  constructor({ time, judge, honesty, isQuiet }: FollowDeps, moves: readonly Move[]) {
    this.#time = time;
    this.#judge = judge;
    const isClear = (ms: number): boolean => isQuiet() && honesty.bothFor(7 * MINUTE + ms);
    for (const move of moves.filter(isSudden)) {
      time.at(move.from, () => {
        if (isClear(0)) this.#watched = { move };
      });
      time.at(move.until + WATCHED_MS, () => {
        if (this.#watched?.move === move && isClear(WATCHED_MS)) this.#end();
        this.#watched = undefined;
      });
    }
  }

  gave(quote: Quote): void {
    const watched = this.#watched;
    if (watched === undefined || watched.followedMs !== undefined || this.#time.now < watched.move.until) return;
    if (isUnlabelled(quote) && this.#judge.isNear(USDT_VND, numberOf(quote.mid)))
      watched.followedMs = this.#sinceMs(watched.move);
  }

  happened(event: RatesEvent): void {
    const watched = this.#watched;
    if (watched === undefined || event.kind !== 'alarm') return;
    watched.alarmedMs ??= this.#sinceMs(watched.move);
  }

  #sinceMs({ from }: Move): number {
    return this.#time.now - from;
  }

  #end(): void {
    const { move, followedMs = WATCHED_MS, alarmedMs = WATCHED_MS } = this.#watched ?? {};
    this.followed.push(followedMs);
    this.alarmed.push(alarmedMs);
    if (followedMs <= FOLLOWED_MS && alarmedMs <= MINUTE) return;
    const at = new Date(move?.from ?? 0).toISOString();
    this.violations.push(
      `at ${at}: a move by ${((move?.factor ?? 1) - 1) * 100} % was alarmed after ${alarmedMs} ms and followed after ${followedMs} ms`,
    );
  }
}
