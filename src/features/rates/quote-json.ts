/** A quote as JSON: decimal strings, RFC 3339 UTC times. */
import { formatRate, pairName } from '../../kernel/rate.ts';
import type { Opinion } from './consensus/agreement.ts';
import type { Quote } from './quote.ts';

const time = (epochMs: number): string => new Date(epochMs).toISOString();

export const quoteToJson = (quote: Quote) => ({
  quote_id: quote.quoteId as string,
  pair: pairName(quote.pair),
  bid: formatRate(quote.bid),
  mid: formatRate(quote.mid),
  ask: formatRate(quote.ask),
  as_of: time(quote.asOf),
  age_ms: quote.ageMs,
  level: quote.level,
  agreement: quote.agreement,
  sources: quote.sources.map((source) => ({
    source: source.source,
    route: source.route,
    pair: pairName(source.pair),
    rate: formatRate(source.rate),
    as_of: time(source.asOf),
    published_at: time(source.publishedAt),
  })),
  witnesses: quote.witnesses.map(opinionToJson),
  attempts: quote.attempts.map(({ source, outcome, message, ms }) => ({
    ...{ source, outcome },
    ...(message === undefined ? {} : { message }),
    ms,
  })),
  basis: quote.basis,
  expires_at: time(quote.expiresAt),
});

export const opinionToJson = ({ route, rate, verdict, why }: Opinion) => ({
  ...{ route, verdict },
  rate: rate === undefined ? null : formatRate(rate),
  why: why ?? null,
});
