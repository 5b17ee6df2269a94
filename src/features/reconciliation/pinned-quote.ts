/** A pinned quote as a report keeps it, and back: a later attempt at the same cut is valued at the same. */
import { z } from 'zod';
import type { Json } from '../../kernel/canonical.ts';
import { formatRate, pairName, parsePair, parseRate } from '../../kernel/rate.ts';
import type { PinnedQuote } from './ports.ts';

export const quoteToJson = (quote: PinnedQuote): Json => ({
  quote_id: quote.quoteId,
  pair: pairName(quote.pair),
  bid: formatRate(quote.bid),
  mid: formatRate(quote.mid),
  ask: formatRate(quote.ask),
  level: quote.level,
  as_of: new Date(quote.asOf).toISOString(),
  age_ms: Math.round(quote.ageMs),
  basis: quote.basis,
  sources: quote.sources.map(({ source, pair, rate, asOf }) => ({
    source,
    pair: pairName(pair),
    rate: formatRate(rate),
    as_of: new Date(asOf).toISOString(),
  })),
});

const INSTANT = z.iso.datetime().transform((text) => Date.parse(text));

export const QUOTE = z.object({
  quote_id: z.string(),
  pair: z.string(),
  bid: z.string(),
  mid: z.string(),
  ask: z.string(),
  level: z.enum(['fresh', 'aging', 'stale', 'manual']),
  as_of: INSTANT,
  age_ms: z.int(),
  basis: z.string(),
  sources: z.array(z.object({ source: z.string(), pair: z.string(), rate: z.string(), as_of: INSTANT })),
});

const VALUED = z.object({ as_of: z.object({ basis: z.enum(['cut', 'snapshot']) }), quotes: z.array(QUOTE) });

/** The quotes of a report as of its cut, by base currency; none of any other. */
export function quotesAtCut(report: Json | null): ReadonlyMap<string, PinnedQuote> {
  const parsed = VALUED.safeParse(report);
  if (!parsed.success || parsed.data.as_of.basis !== 'cut') return new Map();
  return new Map(parsed.data.quotes.map(quoteOf).map((quote) => [quote.pair.base, quote]));
}

/** What `quoteToJson` wrote. @throws `rate.malformed` and its like (invalid) */
export function quoteOf({ pair: name, ...quote }: z.output<typeof QUOTE>): PinnedQuote {
  const pair = parsePair(name);
  return {
    ...{ quoteId: quote.quote_id, pair, level: quote.level, basis: quote.basis },
    ...{ bid: parseRate(pair, quote.bid), mid: parseRate(pair, quote.mid), ask: parseRate(pair, quote.ask) },
    ...{ asOf: quote.as_of, ageMs: quote.age_ms },
    sources: quote.sources.map((each) => {
      const of = parsePair(each.pair);
      return { source: each.source, pair: of, rate: parseRate(of, each.rate), asOf: each.as_of };
    }),
  };
}
