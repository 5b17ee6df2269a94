/** The text forms of what the fleet shares. What comes back is believed no more than a provider's answer. */
import { z } from 'zod';
import { isUuid, parseId } from '../../../kernel/ids.ts';
import { formatRate, type Pair, pairName, parseRate, type Rate } from '../../../kernel/rate.ts';
import type { BreakerState } from '../../../platform/breaker/breaker-state.ts';
import { FIGURE, figureFromJson, figureToJson } from '../consensus/inputs.ts';
import type { PairPolicy } from '../consensus/policy.ts';
import { implausibility } from '../rules.ts';
import { FAILURE_CLASSES } from '../sources/classes.ts';
import type { RecordType } from './fleet.ts';
import { type KnownGood, type ManualRate, mergedPair, type PairState, type Published, UNKNOWN } from './pair-state.ts';
import { READING, readingToJson } from './reading.ts';
import { mergedSource, type SourceState, UNASKED } from './source-state.ts';

const TIME = z.number().nonnegative();
const COUNT = z.int().nonnegative();
const TEXT = z.string().max(2_000);

const BREAKER: z.ZodType<BreakerState> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('closed'), failures: COUNT }),
  z.strictObject({ kind: z.literal('open'), since: TIME, until: TIME }),
  z
    .strictObject({ kind: z.literal('half-open'), since: TIME, probeDeadline: TIME.optional() })
    .transform(({ probeDeadline, ...rest }) => ({ ...rest, probeDeadline })),
  z.strictObject({ kind: z.literal('forced-open'), since: TIME }),
  z.strictObject({ kind: z.literal('forced-closed'), since: TIME }),
]);

const SOURCE_STATE = z.strictObject({
  revision: COUNT,
  lease: z.strictObject({ owner: TEXT, until: TIME }).nullable(),
  due_at: TIME,
  spent_until: TIME,
  hold: z.strictObject({ until: TIME, reason: TEXT }).nullable(),
  breaker: BREAKER,
  reading: READING.nullable(),
  last: z
    .strictObject({ at: TIME, outcome: z.enum(['ok', ...FAILURE_CLASSES]), message: TEXT.nullable(), ms: TIME })
    .nullable(),
  last_success_at: TIME.nullable(),
  failures: COUNT,
  disputed: COUNT,
  disputed_at: TIME,
});

export const sourceRecord = (source: string): RecordType<SourceState> => ({
  key: `rates:v2:source:${source}`,
  empty: UNASKED,
  merge: mergedSource,
  encode: (state) =>
    JSON.stringify({
      revision: state.revision,
      lease: state.lease ?? null,
      due_at: state.dueAt,
      spent_until: state.spentUntil,
      hold: state.hold ?? null,
      breaker: state.breaker,
      reading: state.reading === undefined ? null : readingToJson(state.reading),
      last: state.last === undefined ? null : { ...state.last, message: state.last.message ?? null },
      last_success_at: state.lastSuccessAt ?? null,
      failures: state.failures,
      disputed: state.disputed,
      disputed_at: state.disputedAt,
    } satisfies z.input<typeof SOURCE_STATE>),
  decode: (text): SourceState => {
    const { lease, due_at, spent_until, hold, reading, last, last_success_at, disputed_at, ...rest } =
      SOURCE_STATE.parse(JSON.parse(text));
    return {
      ...rest,
      lease: lease ?? undefined,
      dueAt: due_at,
      spentUntil: spent_until,
      hold: hold ?? undefined,
      reading: reading ?? undefined,
      last: last === null ? undefined : { ...last, message: last.message ?? undefined },
      lastSuccessAt: last_success_at ?? undefined,
      disputedAt: disputed_at,
    };
  },
});

const PUBLISHED = z.strictObject({
  quote_id: z.string().refine(isUuid, 'not a UUID'),
  mid: z.string(),
  half_spread_bps: COUNT.max(100_000),
  agreement: z.enum(['corroborated', 'single', 'unverified', 'contested', 'manual']),
  basis: z.string().regex(/^[a-z0-9_]{1,200}$/),
  figures: z.array(FIGURE).max(20),
  opinions: z
    .array(
      z.strictObject({
        route: TEXT,
        rate: z.string().nullable(),
        verdict: z.enum(['chosen', 'supports', 'rejected', 'silent', 'reference']),
        why: TEXT.nullable(),
      }),
    )
    .max(20),
  age_ms: COUNT,
  at: TIME,
  published_at: COUNT,
});

const GOOD = z.strictObject({
  mid: z.string(),
  age_ms: COUNT,
  at: TIME,
  basis: z.string(),
  figures: z.array(FIGURE).max(20),
  trusted: z.boolean(),
  stood_since: TIME,
  anchor: z.string(),
});

const PAIR_STATE = z.strictObject({
  revision: COUNT,
  published: PUBLISHED.nullable(),
  last_good: GOOD.nullable(),
  dissents: z.array(z.strictObject({ route: TEXT, rate: z.string(), since: TIME })).max(20),
  manual: z
    .strictObject({
      id: TEXT,
      published: PUBLISHED,
      reason: TEXT,
      set_by: TEXT,
      max_deviation_bps: COUNT,
      expires_at: TIME,
    })
    .nullable(),
  seen: z.record(z.string().max(60), TIME),
});

export const publishedToJson = (each: Published): z.input<typeof PUBLISHED> => ({
  quote_id: each.quoteId,
  mid: formatRate(each.mid),
  half_spread_bps: each.halfSpreadBps,
  agreement: each.agreement,
  basis: each.basis,
  figures: each.figures.map(figureToJson),
  opinions: each.opinions.map(({ route, rate, verdict, why }) => ({
    ...{ route, verdict },
    rate: rate === undefined ? null : formatRate(rate),
    why: why ?? null,
  })),
  age_ms: each.ageMs,
  at: each.at,
  published_at: each.publishedAt,
});

const publishedFrom = (each: z.output<typeof PUBLISHED>, pair: Pair, believed: (rate: Rate) => Rate): Published => ({
  quoteId: parseId('quote', each.quote_id),
  mid: believed(parseRate(pair, each.mid)),
  halfSpreadBps: each.half_spread_bps,
  agreement: each.agreement,
  basis: each.basis,
  figures: each.figures.map(figureFromJson),
  opinions: each.opinions.map(({ route, rate, verdict, why }) => ({
    ...{ route, verdict },
    rate: rate === null ? undefined : parseRate(pair, rate),
    why: why ?? undefined,
  })),
  ageMs: each.age_ms,
  at: each.at,
  publishedAt: each.published_at,
});

const manualToJson = (manual: ManualRate): z.input<typeof PAIR_STATE>['manual'] => ({
  id: manual.id,
  published: publishedToJson(manual.published),
  reason: manual.reason,
  set_by: manual.setBy,
  max_deviation_bps: manual.maxDeviationBps,
  expires_at: manual.expiresAt,
});

const goodToJson = (good: KnownGood): z.input<typeof GOOD> => ({
  mid: formatRate(good.mid),
  age_ms: good.ageMs,
  at: good.at,
  basis: good.basis,
  figures: good.figures.map(figureToJson),
  trusted: good.trusted,
  stood_since: good.stoodSince,
  anchor: formatRate(good.anchor),
});

export const pairRecord = ({ pair, band }: PairPolicy): RecordType<PairState> => {
  const believed = (rate: Rate): Rate => {
    const reason = implausibility(rate, band);
    if (reason !== undefined) throw new Error(reason);
    return rate;
  };
  return {
    key: `rates:v2:pair:${pairName(pair)}`,
    empty: UNKNOWN,
    merge: mergedPair,
    encode: ({ revision, published, lastGood, dissents, manual, seen }) =>
      JSON.stringify({
        revision,
        published: published === undefined ? null : publishedToJson(published),
        last_good: lastGood === undefined ? null : goodToJson(lastGood),
        dissents: dissents.map(({ route, rate, since }) => ({ route, rate: formatRate(rate), since })),
        manual: manual === undefined ? null : manualToJson(manual),
        seen,
      } satisfies z.input<typeof PAIR_STATE>),
    decode: (text): PairState => {
      const { revision, published, last_good, dissents, manual, seen } = PAIR_STATE.parse(JSON.parse(text));
      return {
        ...{ revision, seen },
        published: published === null ? undefined : publishedFrom(published, pair, believed),
        lastGood:
          last_good === null
            ? undefined
            : {
                mid: believed(parseRate(pair, last_good.mid)),
                ageMs: last_good.age_ms,
                at: last_good.at,
                basis: last_good.basis,
                figures: last_good.figures.map(figureFromJson),
                trusted: last_good.trusted,
                stoodSince: last_good.stood_since,
                anchor: believed(parseRate(pair, last_good.anchor)),
              },
        dissents: dissents.map(({ route, rate, since }) => ({ route, rate: parseRate(pair, rate), since })),
        manual:
          manual === null
            ? undefined
            : {
                id: manual.id,
                published: publishedFrom(manual.published, pair, believed),
                reason: manual.reason,
                setBy: manual.set_by,
                maxDeviationBps: manual.max_deviation_bps,
                expiresAt: manual.expires_at,
              },
      };
    },
  };
};
