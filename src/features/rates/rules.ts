/** What makes a rate believable, how old it may be for what, and how wide its spread is. Pure. */
import { compareDecimal, type Decimal, divide, formatDecimal, pow10, rescale } from '../../kernel/decimal.ts';
import { formatRate, pairName, type Rate, rate } from '../../kernel/rate.ts';

/** Digits after the point of a mid, a bid and an ask, at least. */
export const RATE_SCALE = 8;
/** Half a spread is never wider than half of the rate. */
const MAX_HALF_SPREAD_BPS = 5_000;
/** What a dollar, or what follows it, is in dollars. */
const NEAR_ONE: Band = { min: { units: 5n, scale: 1 }, max: { units: 15n, scale: 1 } };

/** `fresh`, `aging` and `stale` by age; `manual` is an operator's own rate. */
export type Level = 'fresh' | 'aging' | 'stale' | 'manual';

/** What the rate is for: each purpose has its own bound of age. */
export type Purpose = 'quote' | 'reconcile' | 'display';
export const PURPOSES: readonly Purpose[] = ['quote', 'reconcile', 'display'];

/** Inclusive on both sides. */
export interface Band {
  readonly min: Decimal;
  readonly max: Decimal;
}

export interface AgeLimits {
  /** Milliseconds up to which a rate is fresh. */
  readonly freshMs: number;
  /** Milliseconds up to which it is aging; stale beyond. */
  readonly agingMs: number;
}

/** Milliseconds; undefined: no bound. */
export type MaxAges = { readonly [P in Purpose]: number | undefined };

export const levelOf = (ageMs: number, { freshMs, agingMs }: AgeLimits): Exclude<Level, 'manual'> =>
  ageMs <= freshMs ? 'fresh' : ageMs <= agingMs ? 'aging' : 'stale';

export function allowedFor(purpose: Purpose, ageMs: number, maxAges: MaxAges): boolean {
  const bound = maxAges[purpose];
  return bound === undefined || ageMs <= bound;
}

export const within = (value: Decimal, { min, max }: Band): boolean =>
  compareDecimal(value, min) >= 0 && compareDecimal(value, max) <= 0;

/**
 * Why the rate cannot be true, or undefined. Where a power of ten or the inverse would fit, the reason
 * says so (VND per 100, or a pair the other way round); the value is never corrected.
 */
export function implausibility(r: Rate, band: Band): string | undefined {
  if (within(r.value, band)) return undefined;
  const hint = suspectedUnit(r.value, band);
  const bounds = `${formatDecimal(band.min)} to ${formatDecimal(band.max)}`;
  const shown = formatRate(r);
  const value = shown.length > 40 ? `${shown.slice(0, 40)}... (${shown.length} characters)` : shown;
  return `${pairName(r.pair)} ${value} is outside ${bounds}${hint === undefined ? '' : `; it looks ${hint}`}`;
}

function suspectedUnit(value: Decimal, band: Band): string | undefined {
  for (const exponent of [1, 2, 3, 6]) {
    if (within({ units: value.units * pow10(exponent), scale: value.scale }, band)) return `10^${exponent} too small`;
    if (within({ units: value.units, scale: value.scale + exponent }, band)) return `10^${exponent} too large`;
  }
  const inverse = { units: divide(pow10(value.scale + RATE_SCALE), value.units, 'half-even'), scale: RATE_SCALE };
  if (within(inverse, band)) return 'inverted';
  return within(value, NEAR_ONE) ? 'like a value in dollars' : undefined;
}

/** |a - b| in basis points of the smaller, rounded up: 0 only where they are equal. */
export function bpsBetween(a: Rate, b: Rate): number {
  const scale = Math.max(a.value.scale, b.value.scale);
  const left = a.value.units * pow10(scale - a.value.scale);
  const right = b.value.units * pow10(scale - b.value.scale);
  const [small, large] = left < right ? [left, right] : [right, left];
  return Number(divide((large - small) * 10_000n, small, 'ceil'));
}

/** |a - b| <= limit basis points of the smaller. */
export const agree = (a: Rate, b: Rate, limitBps: number): boolean => bpsBetween(a, b) <= limitBps;

/**
 * How far from the last good rate a single witness is served, basis points: the truth moves away
 * from what was known as a random walk does, with the square root of time.
 */
export const gateAt = (ageMs: number, gateBps: number, perRootHourBps: number): number =>
  gateBps + Math.floor(perRootHourBps * Math.sqrt(ageMs / 3_600_000));

/** When a figure was published, and until when it is what its source says now. */
export interface Stamp {
  /** Epoch milliseconds at which the source made the figure. */
  readonly publishedAt: number;
  /**
   * Epoch milliseconds until which it stands as the source's current figure. A live feed's stands at
   * its stamp; a bank's daily one stands until the next is due, so that a rate published this morning
   * is not called stale in the afternoon, and is called so once the next one fails to appear.
   */
  readonly currentUntil: number;
}

/**
 * A provider's stamp that lies further ahead of our clock than this cannot be believed: the time of
 * receipt stands in for it.
 */
const FUTURE_TOLERANCE_MS = 5_000;

export const isInFuture = (stampMs: number, now: number): boolean => stampMs > now + FUTURE_TOLERANCE_MS;

/** The stamp of a figure that is current at `publishedAt` and not known to be so later. */
export function liveStamp(publishedAt: number, receivedAt: number): Stamp {
  const at = isInFuture(publishedAt, receivedAt) ? receivedAt : Math.min(publishedAt, receivedAt);
  return { publishedAt: at, currentUntil: at };
}

/** The stamp of a daily figure, whose successor is due at `nextAt`. */
export function dailyStamp(publishedAt: number, nextAt: number, receivedAt: number): Stamp {
  if (isInFuture(publishedAt, receivedAt)) return liveStamp(publishedAt, receivedAt);
  return { publishedAt: Math.min(publishedAt, receivedAt), currentUntil: Math.max(publishedAt, nextAt) };
}

/** The last instant, up to now, at which the figure was known to be its source's current one. */
export const asOfAt = (stamp: Stamp, now: number): number => Math.min(now, stamp.currentUntil);

/**
 * Half the spread at an age, in basis points: the base while fresh, then growing with the square root
 * of the age, as the distance of a random walk does. Integers only: the least h with h^2 >= base^2 x
 * age / fresh.
 */
export function halfSpreadAt(ageMs: number, baseBps: number, freshMs: number): number {
  if (ageMs <= freshMs || baseBps === 0) return Math.min(baseBps, MAX_HALF_SPREAD_BPS);
  const target = divide(BigInt(baseBps) ** 2n * BigInt(Math.ceil(ageMs)), BigInt(freshMs), 'ceil');
  let h = BigInt(baseBps);
  // At most 5,000 steps, some 17 for a day at the defaults.
  while (h * h < target && h < MAX_HALF_SPREAD_BPS) h += 1n;
  return Math.min(Number(h), MAX_HALF_SPREAD_BPS);
}

/** Bid rounds down and ask up: the spread is never narrower than said. */
export function bidAsk(mid: Rate, bps: number): { readonly bid: Rate; readonly ask: Rate } {
  const scale = Math.max(RATE_SCALE, mid.value.scale);
  const side = (factor: number, rounding: 'floor' | 'ceil'): Rate =>
    rate(mid.pair, rescale({ units: mid.value.units * BigInt(factor), scale: mid.value.scale + 4 }, scale, rounding));
  return { bid: side(10_000 - bps, 'floor'), ask: side(10_000 + bps, 'ceil') };
}

/** A quote may be used for `lifetimeMs`, and never beyond the age its purpose allows. */
export function expiryOf(now: number, ageMs: number, lifetimeMs: number, maxAgeMs: number | undefined): number {
  const remaining = maxAgeMs === undefined ? lifetimeMs : Math.min(lifetimeMs, maxAgeMs - ageMs);
  return now + Math.max(0, Math.floor(remaining));
}
