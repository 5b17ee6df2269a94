/**
 * The policy: everything that decides what a set of readings comes to, and nothing else. It is plain
 * data, stored with the quotes under its hash, so that a quote can be computed again years later.
 */
import { z } from 'zod';
import { canonicalJson } from '../../../kernel/canonical.ts';
import { type Decimal, formatDecimal, parseDecimal } from '../../../kernel/decimal.ts';
import { sha256Hex } from '../../../kernel/hash.ts';
import { type Pair, pairName, parsePair } from '../../../kernel/rate.ts';
import type { Band } from '../rules.ts';

/** Counts the changes of the rules themselves: a quote is computed again by the engine that made it. */
export const ENGINE = 1;

/** One factor of a route: what a source says of a pair, or what a pair of the graph has come to. */
export interface Leg {
  /** Absent: the pair's own agreed rate. */
  readonly source: string | undefined;
  readonly pair: Pair;
  /** Taken the other way round: 1 / rate. */
  readonly inverse: boolean;
}

export interface Route {
  /** `coingecko`, `binance x USD/VND`. */
  readonly name: string;
  readonly legs: readonly Leg[];
}

export interface PairPolicy {
  readonly pair: Pair;
  /** Hard bounds: what lies outside cannot be true. */
  readonly band: Band;
  /** In the order that decides ties. */
  readonly routes: readonly Route[];
  /** Looked at and shown, never part of the rate. */
  readonly references: readonly Route[];
  /** Routes that must agree before a rate is published. */
  readonly minSources: number;
  /** Two figures agree when they are no further apart, basis points. */
  readonly agreeBps: number;
  /** How far from the last good rate a single witness is served: basis points, and what the root of each hour adds. */
  readonly gateBps: number;
  readonly gatePerRootHourBps: number;
  /** A figure that stands still while the others moved this far is frozen, basis points. */
  readonly frozenBps: number;
  /** Least half of the distance between bid and ask, basis points. */
  readonly halfSpreadBps: number;
  /** Distance from 1 that raises an alarm, basis points; absent: not a pair of peers. */
  readonly pegBps: number | undefined;
}

export interface Policy {
  /** Legs stand before the pairs that use them. */
  readonly pairs: readonly PairPolicy[];
  /** Milliseconds after which a source's figure is no longer taken into account, by source. */
  readonly usableMs: { readonly [source: string]: number };
  /** Whether a source's figures move all day. */
  readonly live: { readonly [source: string]: boolean };
  /** Age up to which a rate is `fresh`, milliseconds. */
  readonly freshMs: number;
  /** Age up to which it is `aging`, milliseconds; `stale` beyond. */
  readonly agingMs: number;
  /** A figure that stays fresh for this long is preferred to one that does not, milliseconds. */
  readonly lookAheadMs: number;
  /** A lone witness with nothing to compare it to is trusted once it has stood for this long, milliseconds. */
  readonly probationMs: number;
  /** Age up to which the last good rate stands against witnesses who all say something else, milliseconds. */
  readonly memoryMs: number;
}

const DECIMAL = z.string().transform((text, context): Decimal => {
  const value = parseDecimal(text);
  if (value !== undefined) return value;
  context.addIssue({ code: 'custom', message: `"${text.slice(0, 40)}" is not a decimal` });
  return z.NEVER;
});
const PAIR = z.string().transform((text) => parsePair(text));
const COUNT = z.int().nonnegative();
const LEG = z
  .strictObject({ source: z.string().nullable(), pair: PAIR, inverse: z.boolean() })
  .transform(({ source, ...leg }): Leg => ({ source: source ?? undefined, ...leg }));
const ROUTE = z.strictObject({ name: z.string(), legs: z.array(LEG).min(1) });

const POLICY = z.strictObject({
  engine: z.literal(ENGINE),
  pairs: z.array(
    z
      .strictObject({
        pair: PAIR,
        band: z.strictObject({ min: DECIMAL, max: DECIMAL }),
        routes: z.array(ROUTE),
        references: z.array(ROUTE),
        min_sources: COUNT,
        agree_bps: COUNT,
        gate_bps: COUNT,
        gate_per_root_hour_bps: COUNT,
        frozen_bps: COUNT,
        half_spread_bps: COUNT,
        peg_bps: COUNT.nullable(),
      })
      .transform(
        (each): PairPolicy => ({
          pair: each.pair,
          band: each.band,
          routes: each.routes,
          references: each.references,
          minSources: each.min_sources,
          agreeBps: each.agree_bps,
          gateBps: each.gate_bps,
          gatePerRootHourBps: each.gate_per_root_hour_bps,
          frozenBps: each.frozen_bps,
          halfSpreadBps: each.half_spread_bps,
          pegBps: each.peg_bps ?? undefined,
        }),
      ),
  ),
  usable_ms: z.record(z.string(), COUNT),
  live: z.record(z.string(), z.boolean()),
  fresh_ms: COUNT,
  aging_ms: COUNT,
  look_ahead_ms: COUNT,
  probation_ms: COUNT,
  memory_ms: COUNT,
});

const routeToJson = ({ name, legs }: Route) => ({
  name,
  legs: legs.map(({ source, pair, inverse }) => ({ source: source ?? null, pair: pairName(pair), inverse })),
});

/** Canonical JSON: equal policies are equal bytes. */
export const encodePolicy = (policy: Policy): string =>
  canonicalJson({
    engine: ENGINE,
    pairs: policy.pairs.map((each) => ({
      pair: pairName(each.pair),
      band: { min: formatDecimal(each.band.min), max: formatDecimal(each.band.max) },
      routes: each.routes.map(routeToJson),
      references: each.references.map(routeToJson),
      min_sources: each.minSources,
      agree_bps: each.agreeBps,
      gate_bps: each.gateBps,
      gate_per_root_hour_bps: each.gatePerRootHourBps,
      frozen_bps: each.frozenBps,
      half_spread_bps: each.halfSpreadBps,
      peg_bps: each.pegBps ?? null,
    })),
    usable_ms: policy.usableMs,
    live: policy.live,
    fresh_ms: policy.freshMs,
    aging_ms: policy.agingMs,
    look_ahead_ms: policy.lookAheadMs,
    probation_ms: policy.probationMs,
    memory_ms: policy.memoryMs,
  });

/** @throws ZodError, SyntaxError where the text is no policy of this engine */
export function decodePolicy(text: string): Policy {
  const { pairs, ...rest } = POLICY.parse(JSON.parse(text));
  return {
    pairs,
    usableMs: rest.usable_ms,
    live: rest.live,
    freshMs: rest.fresh_ms,
    agingMs: rest.aging_ms,
    lookAheadMs: rest.look_ahead_ms,
    probationMs: rest.probation_ms,
    memoryMs: rest.memory_ms,
  };
}

/** SHA-256 of the canonical form. */
export const policyHash = (policy: Policy): string => sha256Hex(encodePolicy(policy));
