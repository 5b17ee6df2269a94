/** Rates and providers as people read them in a terminal. */
import { z } from 'zod';
import { table } from '../../platform/command-line/table.ts';

const QUOTE = z.looseObject({
  quote_id: z.string(),
  pair: z.string(),
  bid: z.string(),
  mid: z.string(),
  ask: z.string(),
  as_of: z.string(),
  age_ms: z.number(),
  level: z.string(),
  agreement: z.string(),
  basis: z.string(),
  sources: z.array(z.looseObject({ source: z.string(), pair: z.string(), rate: z.string() })),
  witnesses: z.array(
    z.looseObject({ route: z.string(), rate: z.string().nullable(), verdict: z.string(), why: z.string().nullable() }),
  ),
  attempts: z.array(
    z.looseObject({ source: z.string(), outcome: z.string(), message: z.string().optional(), ms: z.number() }),
  ),
});
export type ShownQuote = z.output<typeof QUOTE>;

const PROVIDER = z.looseObject({
  source: z.string(),
  enabled: z.boolean(),
  disabled_reason: z.string().nullable(),
  breaker: z.looseObject({ state: z.string() }),
  consecutive_failures: z.int(),
  last_outcome: z.string().nullable(),
  last_message: z.string().nullable(),
  last_success_at: z.string().nullable(),
  held_until: z.string().nullable(),
  next_call_at: z.string().nullable(),
  calls_left: z.int().nullable(),
  latency_ms: z.int().nullable(),
  figures: z.array(z.looseObject({ pair: z.string(), rate: z.string() })),
});
type ShownProvider = z.output<typeof PROVIDER>;

export const parseQuote = (answer: unknown): ShownQuote => QUOTE.parse(answer);

export const parseProvider = (answer: unknown): ShownProvider => PROVIDER.parse(answer);

export const parseProviders = (answer: unknown): readonly ShownProvider[] =>
  z.object({ data: z.array(PROVIDER) }).parse(answer).data;

export function quoteLines(quote: ShownQuote): readonly string[] {
  const failed = quote.attempts.filter(({ outcome }) => outcome !== 'ok' && outcome !== 'disabled');
  const others = quote.witnesses.filter(({ verdict, rate }) => rate !== null && verdict !== 'chosen');
  return [
    `${quote.pair}  ${quote.mid}   (bid ${quote.bid}, ask ${quote.ask})`,
    `level   ${quote.level}, ${(quote.age_ms / 1000).toFixed(1)} s old, as of ${quote.as_of}; ${quote.agreement}`,
    `source  ${quote.sources.map(({ source, pair, rate }) => `${source} ${pair} ${rate}`).join('; ')}  (${quote.basis})`,
    ...others.map(
      ({ route, rate, verdict, why }) => `beside  ${route} ${rate}: ${verdict}${why === null ? '' : `, ${why}`}`,
    ),
    ...failed.map(
      ({ source, outcome, message }) => `tried   ${source}: ${outcome}${message === undefined ? '' : `, ${message}`}`,
    ),
    `quote   ${quote.quote_id}`,
  ];
}

export const providerLines = (providers: readonly ShownProvider[]): readonly string[] =>
  table(
    [
      { title: 'provider' },
      { title: 'breaker' },
      { title: 'failures', align: 'right' },
      { title: 'last outcome' },
      { title: 'last success' },
      { title: 'not before' },
      { title: 'calls left', align: 'right' },
    ],
    providers.map((each) => [
      each.source,
      each.enabled ? each.breaker.state : `off (${each.disabled_reason ?? ''})`,
      String(each.consecutive_failures),
      each.last_outcome ?? 'never asked',
      each.last_success_at ?? '',
      each.held_until ?? '',
      each.calls_left === null ? '' : String(each.calls_left),
    ]),
  );

/** One screen: every pair, then every provider. */
export const watchLines = (quotes: readonly ShownQuote[], providers: readonly ShownProvider[]): readonly string[] => [
  ...table(
    [
      { title: 'pair' },
      { title: 'bid', align: 'right' },
      { title: 'mid', align: 'right' },
      { title: 'ask', align: 'right' },
      { title: 'level' },
      { title: 'age', align: 'right' },
      { title: 'agreement' },
      { title: 'from' },
    ],
    quotes.map((each) => [
      each.pair,
      each.bid,
      each.mid,
      each.ask,
      each.level,
      `${(each.age_ms / 1000).toFixed(1)} s`,
      each.agreement,
      each.sources.map(({ source }) => source).join(' x ') || each.basis,
    ]),
  ),
  '',
  ...table(
    [
      { title: 'provider' },
      { title: 'breaker' },
      { title: 'last' },
      { title: 'ms', align: 'right' },
      { title: 'next call' },
      { title: 'left', align: 'right' },
      { title: 'says' },
    ],
    providers
      .filter(({ enabled }) => enabled)
      .map((each) => [
        each.source,
        each.breaker.state,
        each.last_outcome ?? '',
        each.latency_ms === null ? '' : String(each.latency_ms),
        each.next_call_at?.slice(11, 19) ?? '',
        each.calls_left === null ? '' : String(each.calls_left),
        each.last_outcome === 'ok' || each.last_message === null
          ? each.figures.map(({ pair, rate }) => `${pair} ${rate}`).join(', ')
          : each.last_message.slice(0, 60),
      ]),
  ),
];
