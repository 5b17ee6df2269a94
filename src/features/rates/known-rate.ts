/** What is remembered of a rate, in memory and in the shared cache, and the quote that it makes. */
import { z } from 'zod';
import type { Clock } from '../../kernel/clock.ts';
import { messageOf } from '../../kernel/errors.ts';
import { isUuid, parseId, type QuoteId } from '../../kernel/ids.ts';
import { formatRate, type Pair, pairName, parsePair, parseRate, type Rate, samePair } from '../../kernel/rate.ts';
import { type Quote, type QuoteAttempt, type QuoteSource, SOURCE_NAMES } from './quote.ts';
import { bidAsk, expiryOf, halfSpreadBps, isInFuture, levelOf, type Purpose } from './rules.ts';
import type { RatesSettings } from './settings.ts';
import { assertInBand, type Bands } from './validity.ts';

export interface KnownRate {
  readonly quoteId: QuoteId;
  readonly pair: Pair;
  readonly mid: Rate;
  /** Epoch milliseconds. */
  readonly asOf: number;
  readonly basis: string;
  readonly sources: readonly QuoteSource[];
}

/** A rate in memory: its age goes on by the monotonic clock, whatever the wall clock does. */
export interface HeldRate extends KnownRate {
  readonly ageWhenHeldMs: number;
  readonly heldMono: number;
}

export const hold = (known: KnownRate, clock: Clock): HeldRate => ({
  ...known,
  ageWhenHeldMs: Math.max(0, clock.now() - known.asOf),
  heldMono: clock.monotonic(),
});

/**
 * Whole milliseconds, rounded up. The larger of two: by the monotonic clock, since the wall clock may
 * step back; by the wall clock, since a machine may have slept while the monotonic one stood still.
 */
export const ageOf = (held: HeldRate, clock: Clock): number =>
  Math.ceil(Math.max(held.ageWhenHeldMs + clock.monotonic() - held.heldMono, clock.now() - held.asOf));

export function quoteOf(
  held: HeldRate,
  attempts: readonly QuoteAttempt[],
  purpose: Purpose,
  clock: Clock,
  settings: RatesSettings,
): Quote {
  const { quoteId, pair, mid, asOf, basis, sources } = held;
  const ageMs = ageOf(held, clock);
  const { bid, ask } = bidAsk(mid, halfSpreadBps(ageMs, settings.halfSpreadBps, settings.freshMs));
  const expiresAt = expiryOf(clock.now(), ageMs, settings.quoteLifetimeMs, settings.maxAgeMs[purpose]);
  return Object.freeze({
    ...{ quoteId, pair, bid, mid, ask, asOf, ageMs },
    level: levelOf(ageMs, settings),
    ...{ sources, attempts, basis, expiresAt },
  });
}

const MAX_STORED_LENGTH = 16_384;
const PAIR = z.string().transform((text) => parsePair(text));
const STORED = z.strictObject({
  quote_id: z.string().refine(isUuid, 'not a UUID'),
  pair: PAIR,
  mid: z.string(),
  as_of: z.int().nonnegative(),
  basis: z.string().regex(/^[a-z_]{1,60}$/),
  sources: z
    .array(
      z.strictObject({
        source: z.enum(SOURCE_NAMES),
        route: z.string().max(60),
        pair: PAIR,
        rate: z.string(),
        as_of: z.int().nonnegative(),
        published_at: z.int().nonnegative(),
      }),
    )
    .min(1)
    .max(4),
});

/** For the shared cache: JSON with decimal strings and epoch milliseconds. */
export const encodeKnown = ({ quoteId, pair, mid, asOf, basis, sources }: KnownRate): string =>
  JSON.stringify({
    quote_id: quoteId,
    pair: pairName(pair),
    mid: formatRate(mid),
    as_of: asOf,
    basis,
    sources: sources.map((each) => ({
      source: each.source,
      route: each.route,
      pair: pairName(each.pair),
      rate: formatRate(each.rate),
      as_of: each.asOf,
      published_at: each.publishedAt,
    })),
  });

export type Decoded =
  | { readonly kind: 'known'; readonly known: KnownRate }
  | { readonly kind: 'rejected'; readonly reason: string };

/** Others write into the shared cache: what it holds is believed no more than a provider's answer. */
export function decodeKnown(text: string, pair: Pair, now: number, bands: Bands): Decoded {
  try {
    if (text.length > MAX_STORED_LENGTH) throw new Error(`${text.length} characters are too many`);
    const stored = STORED.parse(JSON.parse(text));
    const mid = parseRate(stored.pair, stored.mid);
    if (!samePair(stored.pair, pair)) throw new Error(`it is of ${pairName(stored.pair)}`);
    assertInBand(mid, bands);
    if (isInFuture(stored.as_of, now)) throw new Error('its time lies in the future');
    const sources = stored.sources.map((each) => ({
      source: each.source,
      route: each.route,
      pair: each.pair,
      rate: parseRate(each.pair, each.rate),
      asOf: each.as_of,
      publishedAt: each.published_at,
    }));
    for (const source of sources) assertInBand(source.rate, bands);
    const quoteId = parseId('quote', stored.quote_id);
    return { kind: 'known', known: { quoteId, pair, mid, asOf: stored.as_of, basis: stored.basis, sources } };
  } catch (error) {
    return { kind: 'rejected', reason: messageOf(error).slice(0, 300) };
  }
}
