/**
 * What is kept of a published quote: its inputs, accepted and rejected, the hash of the policy, and
 * the result. It is canonical JSON, so that computing it again must give the same bytes.
 */
import { z } from 'zod';
import { canonicalJson, type Json } from '../../../kernel/canonical.ts';
import { PlumblineError } from '../../../kernel/errors.ts';
import { sha256Hex } from '../../../kernel/hash.ts';
import { parseId } from '../../../kernel/ids.ts';
import { formatRate, pairName, parsePair, parseRate, type Rate } from '../../../kernel/rate.ts';
import type { Consensus } from '../consensus/consensus.ts';
import { evaluate, halfSpreadOf } from '../consensus/evaluate.ts';
import {
  FIGURE,
  figureFromJson,
  figureToJson,
  INPUTS,
  type Inputs,
  inputsFromJson,
  inputsToJson,
} from '../consensus/inputs.ts';
import { decodePolicy, ENGINE, type PairPolicy } from '../consensus/policy.ts';
import type { Published } from '../fleet/pair-state.ts';

export interface Made {
  readonly quoteId: string;
  /** Epoch milliseconds. */
  readonly publishedAt: number;
  readonly policyHash: string;
  readonly pair: PairPolicy;
  readonly inputs: Inputs;
  readonly consensus: Consensus;
}

export const evidenceOf = ({ quoteId, publishedAt, policyHash, pair, inputs, consensus }: Made): string =>
  canonicalJson({
    engine: ENGINE,
    policy: policyHash,
    quote_id: quoteId,
    pair: pairName(pair.pair),
    published_at: new Date(publishedAt).toISOString(),
    inputs: inputsToJson(inputs),
    result: resultToJson(pair, consensus),
  });

const resultToJson = (pair: PairPolicy, { agreed, opinions }: Consensus): Json => ({
  agreed:
    agreed === undefined
      ? null
      : {
          mid: formatRate(agreed.mid),
          age_ms: agreed.ageMs,
          uncertainty_bps: agreed.uncertaintyBps,
          half_spread_bps: halfSpreadOf(pair, agreed),
          agreement: agreed.agreement,
          basis: agreed.basis,
          figures: agreed.figures.map(figureToJson),
        },
  opinions: opinions.map(({ route, rate, verdict, why }) => ({
    ...{ route, verdict },
    rate: rate === undefined ? null : formatRate(rate),
    why: why ?? null,
  })),
});

/** An operator's own rate: there is nothing to compute. */
export const evidenceOfManual = (
  made: Omit<Made, 'inputs' | 'consensus' | 'pair'> & {
    readonly mid: Rate;
    readonly reason: string;
    readonly setBy: string;
    readonly maxDeviationBps: number;
    /** Epoch milliseconds. */
    readonly expiresAt: number;
  },
): string =>
  canonicalJson({
    engine: ENGINE,
    policy: made.policyHash,
    quote_id: made.quoteId,
    pair: pairName(made.mid.pair),
    published_at: new Date(made.publishedAt).toISOString(),
    manual: {
      mid: formatRate(made.mid),
      reason: made.reason,
      set_by: made.setBy,
      max_deviation_bps: made.maxDeviationBps,
      expires_at: new Date(made.expiresAt).toISOString(),
    },
  });

const MANUAL = z.object({ manual: z.record(z.string(), z.json()) });

const OPINION = z.strictObject({
  route: z.string(),
  rate: z.string().nullable(),
  verdict: z.enum(['chosen', 'supports', 'rejected', 'silent', 'reference']),
  why: z.string().nullable(),
});
const RESULT = z.strictObject({
  agreed: z
    .strictObject({
      mid: z.string(),
      age_ms: z.int(),
      uncertainty_bps: z.int(),
      half_spread_bps: z.int(),
      agreement: z.enum(['corroborated', 'single', 'unverified', 'contested']),
      basis: z.string(),
      figures: z.array(FIGURE),
    })
    .nullable(),
  opinions: z.array(OPINION),
});

const EVIDENCE = z.looseObject({
  engine: z.int(),
  policy: z.string(),
  quote_id: z.string(),
  pair: z.string(),
  published_at: z.string(),
  inputs: INPUTS,
  result: RESULT,
});

/** What was published, from its evidence: for the next start. @throws `rates.evidence_unreadable` (integrity) */
export function publishedOf(document: string): Published | undefined {
  const { quote_id, pair, published_at, result } = parseEvidence(parseDocument(document));
  const { agreed, opinions } = result;
  if (agreed === null) return undefined;
  const of = parsePair(pair);
  return {
    quoteId: parseId('quote', quote_id),
    mid: parseRate(of, agreed.mid),
    halfSpreadBps: agreed.half_spread_bps,
    agreement: agreed.agreement,
    basis: agreed.basis,
    figures: agreed.figures.map(figureFromJson),
    opinions: opinions.map(({ route, rate, verdict, why }) => ({
      ...{ route, verdict },
      rate: rate === null ? undefined : parseRate(of, rate),
      why: why ?? undefined,
    })),
    ageMs: agreed.age_ms,
    at: 0,
    publishedAt: Date.parse(published_at),
  };
}

export interface Replayed {
  /** The recomputed document is the stored one, byte for byte. */
  readonly same: boolean;
  readonly document: string;
}

/**
 * Computes a stored quote again.
 * @param document what `evidenceOf` gave
 * @param policy the canonical text of the policy that it names
 * @throws `rates.evidence_unreadable`, `rates.engine_unknown`, `rates.policy_mismatch` (integrity)
 */
export function replay(document: string, policy: string): Replayed {
  const json = parseDocument(document);
  // Nobody computed it, so that the form alone can be proved.
  if (MANUAL.safeParse(json).success) {
    const again = canonicalJson(json);
    return { same: again === document, document: again };
  }
  const parsed = parseEvidence(json);
  if (parsed.engine !== ENGINE) {
    throw damaged('rates.engine_unknown', `the quote was made by engine ${parsed.engine}; this program has ${ENGINE}`);
  }
  if (sha256Hex(policy) !== parsed.policy) {
    throw damaged('rates.policy_mismatch', `the policy does not have the hash ${parsed.policy} that the quote names`);
  }
  const rules = decodePolicy(policy);
  const pair = rules.pairs.find((each) => pairName(each.pair) === parsed.pair);
  if (pair === undefined) throw damaged('rates.policy_mismatch', `the policy knows no pair ${parsed.pair}`);
  const inputs = inputsFromJson(parsed.inputs);
  const consensus = evaluate(rules, inputs, parsed.pair).get(parsed.pair);
  if (consensus === undefined) throw damaged('rates.policy_mismatch', `the policy does not evaluate ${parsed.pair}`);
  const again = evidenceOf({
    quoteId: parsed.quote_id,
    publishedAt: Date.parse(parsed.published_at),
    policyHash: parsed.policy,
    ...{ pair, inputs, consensus },
  });
  return { same: again === document, document: again };
}

function parseDocument(document: string): Json {
  try {
    return z.json().parse(JSON.parse(document));
  } catch (error) {
    throw unreadable(error);
  }
}

function parseEvidence(json: Json): z.output<typeof EVIDENCE> {
  const parsed = EVIDENCE.safeParse(json);
  if (!parsed.success) throw unreadable(parsed.error);
  return parsed.data;
}

const unreadable = (cause: unknown): PlumblineError =>
  damaged('rates.evidence_unreadable', 'the stored evidence is not what was written', cause);

const damaged = (code: string, message: string, cause?: unknown): PlumblineError =>
  new PlumblineError('integrity', code, message, cause === undefined ? {} : { cause });
