/** What the routes of the rates answer with, for validation, types and the OpenAPI document. */
import { z } from 'zod';
import { DECIMAL, TIMESTAMP } from '../../platform/http-server/port.ts';

export const PAIR_PARAMS = z.object({ base: z.string().max(20), quote: z.string().max(20) });

export const AGREEMENT = z
  .enum(['corroborated', 'single', 'unverified', 'contested', 'manual'])
  .describe(
    'Who stands behind it: two routes at least; one, borne out by what was known; one alone; nobody yet; an operator',
  );

const OPINION = z.object({
  route: z.string(),
  rate: DECIMAL.nullable(),
  verdict: z.enum(['chosen', 'supports', 'rejected', 'silent', 'reference']),
  why: z.string().nullable(),
});

export const QUOTE = z.object({
  quote_id: z.uuid().describe('One for each rate that was published; answers from memory share it'),
  pair: z.string(),
  bid: DECIMAL,
  mid: DECIMAL,
  ask: DECIMAL,
  as_of: TIMESTAMP,
  age_ms: z.number().nonnegative(),
  level: z
    .enum(['fresh', 'aging', 'stale', 'manual'])
    .describe('A stale rate is the last known good one, served as what it is'),
  agreement: AGREEMENT,
  sources: z
    .array(
      z.object({
        source: z.string(),
        route: z.string(),
        pair: z.string(),
        rate: DECIMAL,
        as_of: TIMESTAMP,
        published_at: TIMESTAMP,
      }),
    )
    .describe('The figures that the rate is made of'),
  witnesses: z.array(OPINION).describe('What each route said when the rate was published'),
  attempts: z
    .array(z.object({ source: z.string(), outcome: z.string(), message: z.string().optional(), ms: z.number() }))
    .describe('How each source fared last'),
  basis: z.string(),
  expires_at: TIMESTAMP,
});

export const PROVIDER = z.object({
  source: z.string(),
  role: z.string(),
  routes: z.array(z.string()),
  enabled: z.boolean(),
  disabled_reason: z.string().nullable(),
  breaker: z.object({
    state: z.enum(['closed', 'open', 'half-open', 'forced-open', 'forced-closed']),
    failures: z.int().describe('In a row, while closed'),
    retry_in_ms: z.int().nullable().describe('Until a call may be permitted; null while forced open'),
  }),
  held_until: TIMESTAMP.nullable().describe('Not asked before: it said so, or refused us'),
  held_reason: z.string().nullable(),
  next_call_at: TIMESTAMP.nullable(),
  every_ms: z.int().describe('Least time between two calls'),
  calls_left: z.int().nullable().describe("Calls that its month still includes by now; null where they aren't counted"),
  last_outcome: z.string().nullable(),
  last_message: z.string().nullable(),
  last_success_at: TIMESTAMP.nullable(),
  consecutive_failures: z.int(),
  disputed: z.int().describe('Figures in a row that the other sources proved wrong'),
  latency_ms: z.int().nullable(),
  figures: z.array(z.object({ pair: z.string(), rate: DECIMAL, as_of: TIMESTAMP })),
});

export const MANUAL_RATE = z.object({
  id: z.uuid(),
  pair: z.string(),
  rate: DECIMAL,
  reason: z.string(),
  max_deviation_bps: z.int(),
  set_by: z.string(),
  set_at: TIMESTAMP,
  expires_at: TIMESTAMP,
  ended_at: TIMESTAMP.nullable(),
  ended_by: z.string().nullable(),
  end_reason: z.string().nullable(),
});

export const OPERATION = z.object({
  id: z.uuid(),
  at: TIMESTAMP,
  subject: z.string(),
  action: z.string(),
  target: z.string(),
  reason: z.string(),
  details: z.record(z.string(), z.unknown()),
});

export const STORED_QUOTE = z.object({
  quote_id: z.uuid(),
  pair: z.string(),
  bid: DECIMAL,
  mid: DECIMAL,
  ask: DECIMAL,
  half_spread_bps: z.int(),
  agreement: AGREEMENT,
  basis: z.string(),
  sources: z.array(z.string()),
  as_of: TIMESTAMP,
  published_at: TIMESTAMP,
  policy_hash: z.string(),
});

export const BUCKET = z.object({
  from: TIMESTAMP,
  open: DECIMAL,
  high: DECIMAL,
  low: DECIMAL,
  close: DECIMAL,
  quotes: z.int(),
  widest_half_spread_bps: z.int(),
  contested: z.boolean(),
});

export const PAYMENT_QUOTE = z.object({
  id: z.uuid(),
  pair: z.string(),
  side: z
    .enum(['sell', 'buy'])
    .describe("The customer's: who sells the base is paid at the bid, who buys it pays the ask"),
  fixed: z.enum(['base', 'quote']).describe('The side whose amount was asked for'),
  base_amount: DECIMAL.describe('Rounded up where the customer owes it, down where it is paid to them'),
  quote_amount: DECIMAL,
  rate: DECIMAL,
  rate_quote_id: z.uuid().describe('The published quote that the rate is taken from'),
  level: z.string(),
  agreement: z.string(),
  rate_as_of: TIMESTAMP,
  status: z.enum(['open', 'accepted', 'expired']),
  created_by: z.string(),
  created_at: TIMESTAMP,
  expires_at: TIMESTAMP,
  reference: z.string().nullable(),
  accepted_at: TIMESTAMP.nullable(),
  accepted_by: z.string().nullable(),
});
