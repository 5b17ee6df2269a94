/** What each provider knows at an instant: the truth, as late and as slightly wrong as it usually is there. */
import type { Knowledge } from '../../../src/sandbox/providers/bodies.ts';
import type { ProviderName } from '../../../src/sandbox/providers/faults.ts';
import { Dice, noiseAt } from './dice.ts';
import { DAY, HOUR, isBusiness, MINUTE, SECOND, type Truth } from './truth.ts';

/** How a provider's figures are bent, where it lies: factors of what it would say. */
export interface Bent {
  /** Of dollars for a USDT. */
  readonly usdtUsd: number;
  /** Of dong for a dollar; dong for a USDT are bent by both. */
  readonly usdVnd: number;
}
export const STRAIGHT: Bent = { usdtUsd: 1, usdVnd: 1 };

const BP = 1 / 10_000;
/** CoinGecko's server keeps an answer for a minute. */
const KEPT_MS = MINUTE;
/** At which minutes of the day in Vietnam the bank writes its table anew. */
const BANK_MINUTES = [8 * 60 + 10, 9 * 60 + 30, 11 * 60, 14 * 60, 16 * 60];
/** When central banks' figures of the day are out, after its midnight. */
const FIXED_MS = 15.5 * HOUR;

export class Providers {
  readonly #truth: Truth;
  readonly #seed: number;
  /** Basis points that each is usually off by. */
  readonly #basis: Readonly<
    Record<'gecko' | 'geckoFx' | 'compare' | 'compareFx' | 'bank' | 'daily' | 'fixing', number>
  >;
  readonly #phaseMs: number;
  readonly #lateMs: number;

  constructor(truth: Truth, seed: number) {
    const dice = new Dice(seed, 'providers');
    const either = (bps: number): number => dice.between(-bps, bps);
    this.#truth = truth;
    this.#seed = seed;
    this.#basis = {
      ...{ gecko: either(2), geckoFx: either(8), compare: either(3), compareFx: either(10) },
      ...{ bank: either(35), daily: either(8), fixing: either(8) },
    };
    this.#phaseMs = dice.whole(0, KEPT_MS - 1);
    this.#lateMs = dice.whole(0, 20) * MINUTE;
  }

  /** @param at true time, epoch milliseconds */
  knowledgeOf(name: ProviderName, at: number, bent: Bent = STRAIGHT): Knowledge {
    switch (name) {
      case 'coingecko': {
        const kept = at - ((at + this.#phaseMs) % KEPT_MS);
        const { gecko, geckoFx } = this.#basis;
        return this.#crypto(kept, gecko, geckoFx, kept - (kept % HOUR), bent);
      }
      case 'cryptocompare': {
        const seen = at - (15 + 10 * noiseAt(this.#seed, at / SECOND)) * SECOND;
        return this.#crypto(seen, this.#basis.compare, this.#basis.compareFx, seen - (seen % HOUR), bent);
      }
      case 'vietcombank':
        return this.#bank(at, this.#truth.usdVnd(this.#tableAt(at)), this.#basis.bank, bent);
      case 'open-er-api': {
        const midnight = at - (at % DAY);
        const day = at - midnight < this.#lateMs ? midnight - DAY : midnight;
        return this.#bank(day + HOUR, this.#truth.usdVnd(day), this.#basis.daily, bent);
      }
      case 'frankfurter': {
        const day = fixingDay(at);
        return this.#bank(day + HOUR, this.#truth.usdVnd(day + 10 * HOUR), this.#basis.fixing, bent);
      }
      default:
        return this.#crypto(at, 0, 0, at, bent);
    }
  }

  #crypto(at: number, basisBps: number, fxBps: number, fxAt: number, bent: Bent): Knowledge {
    const noise = 1 + (basisBps + 1.5 * noiseAt(this.#seed, at / (5 * SECOND))) * BP;
    const usdtUsd = this.#truth.usdtUsd(at) * noise * bent.usdtUsd;
    const usdVnd = this.#truth.usdVnd(fxAt) * (1 + fxBps * BP) * bent.usdVnd;
    return knowledge(at, usdtUsd, usdVnd);
  }

  #bank(at: number, usdVnd: number, basisBps: number, bent: Bent): Knowledge {
    return knowledge(at, this.#truth.usdtUsd(at), usdVnd * (1 + basisBps * BP) * bent.usdVnd);
  }

  /** When the bank wrote its table last: over a weekend it is Friday's. */
  #tableAt(at: number): number {
    const midnight = at + 7 * HOUR - ((at + 7 * HOUR) % DAY) - 7 * HOUR;
    for (let day = midnight; ; day -= DAY) {
      const written = BANK_MINUTES.map((minute) => day + minute * MINUTE).findLast((each) => each <= at);
      if (written !== undefined && isBusiness(written)) return written;
    }
  }
}

/** Midnight UTC of the newest business day whose figure is out. */
function fixingDay(at: number): number {
  let day = at - (at % DAY);
  while (day + FIXED_MS > at || new Date(day).getUTCDay() % 6 === 0) day -= DAY;
  return day;
}

/** A USDC is worth a dollar, give or take. */
const knowledge = (now: number, usdtUsd: number, usdVnd: number): Knowledge => ({
  now,
  rates: {
    date: '',
    usdtUsd: usdtUsd.toFixed(8),
    usdVnd: usdVnd.toFixed(8),
    usdtVnd: (usdtUsd * usdVnd).toFixed(8),
    usdcVnd: (usdVnd * 1.0003).toFixed(8),
  },
});
