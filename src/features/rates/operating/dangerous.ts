/** What of operating the rates needs two people: in the form in which it waits, and how it is done. */
import { z } from 'zod';
import { parsePair, parseRate } from '../../../kernel/rate.ts';
import type { Tx } from '../../../platform/db/port.ts';
import { DECIMAL, TIMESTAMP } from '../../../platform/http-server/port.ts';
import type { NewManualRate, Operator, RatesOperations } from './operations.ts';

export const SET_MANUAL_RATE = 'rates.manual.set';
export const FORCE_BREAKER = 'rates.breaker.force';

const MANUAL = z.strictObject({
  pair: z.string().max(41),
  rate: DECIMAL,
  max_deviation_bps: z.int().min(0).max(5_000),
  expires_at: TIMESTAMP,
});
type Manual = z.output<typeof MANUAL>;

const BREAKER = z.strictObject({ source: z.string().max(60), action: z.enum(['open', 'close']) });
type Breaker = z.output<typeof BREAKER>;

/** Who stands behind it. */
interface Authority {
  readonly approvalId: string;
  readonly requestedBy: string;
  readonly approvedBy: string;
  readonly reason: string;
}

const manualOf = ({ pair, rate, max_deviation_bps, expires_at }: Manual): NewManualRate => ({
  mid: parseRate(parsePair(pair), rate),
  maxDeviationBps: max_deviation_bps,
  expiresAt: Date.parse(expires_at),
});

const operatorOf = ({ requestedBy, approvedBy, approvalId, reason }: Authority): Operator => ({
  subject: requestedBy,
  reason,
  approved: { id: approvalId, by: approvedBy },
});

/** Who looks whether it could be done: nothing is written under this name. */
const NOBODY: Operator = { subject: 'plumbline', reason: 'whether it could be done' };

export const manualRateAction = (operations: RatesOperations) => ({
  name: SET_MANUAL_RATE,
  about: "an operator's own rate is served instead of the market's, until it expires",
  scope: 'rates:operate',
  schema: MANUAL,
  target: ({ pair }: Manual) => pair,
  validate: async (payload: Manual) => {
    await operations.prepareManual(manualOf(payload), NOBODY);
  },
  execute: async (tx: Tx, payload: Manual, by: Authority) => {
    const { row, write, apply } = await operations.prepareManual(manualOf(payload), operatorOf(by));
    await write(tx);
    return { result: { manual_rate_id: row.id, quote_id: row.quote_id }, after: apply };
  },
});

export const breakerAction = (operations: RatesOperations) => ({
  name: FORCE_BREAKER,
  about: "a provider's circuit breaker is forced open or closed, whatever its answers are",
  scope: 'rates:operate',
  schema: BREAKER,
  target: ({ source }: Breaker) => source,
  validate: async ({ source, action }: Breaker) => {
    operations.prepareBreaker(source, action, NOBODY);
  },
  execute: async (tx: Tx, { source, action }: Breaker, by: Authority) => {
    const { write, apply } = operations.prepareBreaker(source, action, operatorOf(by));
    await write(tx);
    return { result: { source, action }, after: apply };
  },
});
