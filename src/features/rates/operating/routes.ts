/** What operators do to the rates, over HTTP. */
import { z } from 'zod';
import { pairName, parsePair, parseRate } from '../../../kernel/rate.ts';
import { type ApprovalGate, PENDING_APPROVAL } from '../../../platform/http-server/approval.ts';
import { DECIMAL, LINE_OF_TEXT, type RegisterRoutes, TIMESTAMP } from '../../../platform/http-server/port.ts';
import { MANUAL_RATE, OPERATION, PAIR_PARAMS, PROVIDER } from '../schemas.ts';
import type { ManualRateRow } from '../store.ts';
import { FORCE_BREAKER, SET_MANUAL_RATE } from './dangerous.ts';
import type { RatesOperations } from './operations.ts';
import { statusToJson } from './status-json.ts';

const tags = ['rates'];
const acts = { access: 'rates:operate', acts: true };
const REASON = LINE_OF_TEXT.describe('Why: it is kept with who and when');

/** Where it is given, what is dangerous waits for a second person. */
export const operateRoutes =
  (operations: RatesOperations, approvals: ApprovalGate): RegisterRoutes =>
  (routes) => {
    routes.post(
      '/v1/rates/providers/:source/breaker',
      {
        config: acts,
        schema: {
          tags,
          summary: "Force a provider's circuit breaker open or closed, or reset it, for all processes",
          params: z.object({ source: z.string().max(60) }),
          description: 'To force it needs two people where approvals are required; to reset it, one.',
          body: z.strictObject({ action: z.enum(['open', 'close', 'reset']), reason: REASON }),
          response: { 200: PROVIDER, 202: PENDING_APPROVAL },
        },
      },
      async (request, reply) => {
        const { action, reason } = request.body;
        const { source } = request.params;
        const asked = { caller: request.caller, reason };
        const pending =
          action === 'reset' ? undefined : await approvals.propose(FORCE_BREAKER, { source, action }, asked);
        if (pending !== undefined) {
          reply.code(202);
          return pending;
        }
        const operator = { subject: request.subject, reason };
        return statusToJson(await operations.controlBreaker(source, action, operator));
      },
    );
    routes.post(
      '/v1/rates/:base/:quote/manual',
      {
        config: acts,
        schema: {
          tags,
          summary: "Serve an operator's own rate until it expires",
          description:
            'It is served with level `manual` by all processes, and ends by itself when it expires or when the market is further away than `max_deviation_bps`.',
          params: PAIR_PARAMS,
          body: z.strictObject({
            rate: DECIMAL,
            reason: REASON,
            max_deviation_bps: z.int().min(0).max(5_000),
            expires_at: TIMESTAMP.describe('At most 7 days ahead'),
          }),
          response: { 201: MANUAL_RATE, 202: PENDING_APPROVAL },
        },
      },
      async (request, reply) => {
        const { rate, reason, max_deviation_bps, expires_at } = request.body;
        const pair = parsePair(`${request.params.base}/${request.params.quote}`);
        const payload = { pair: pairName(pair), rate, max_deviation_bps, expires_at };
        const pending = await approvals.propose(SET_MANUAL_RATE, payload, { caller: request.caller, reason });
        if (pending !== undefined) {
          reply.code(202);
          return pending;
        }
        const row = await operations.setManual(
          { mid: parseRate(pair, rate), maxDeviationBps: max_deviation_bps, expiresAt: Date.parse(expires_at) },
          { subject: request.subject, reason },
        );
        reply.code(201);
        return manualToJson(row);
      },
    );
    routes.post(
      '/v1/rates/:base/:quote/manual/end',
      {
        config: acts,
        schema: {
          tags,
          summary: 'End a manual rate',
          params: PAIR_PARAMS,
          body: z.strictObject({ reason: REASON }),
          response: { 200: MANUAL_RATE },
        },
      },
      async (request) => {
        const pair = parsePair(`${request.params.base}/${request.params.quote}`);
        return manualToJson(
          await operations.endManual(pair, { subject: request.subject, reason: request.body.reason }),
        );
      },
    );
    routes.get(
      '/v1/rates/manual',
      {
        config: { access: 'rates:read' },
        schema: {
          tags,
          summary: 'The manual rates that are served',
          response: { 200: z.object({ data: z.array(MANUAL_RATE) }) },
        },
      },
      async () => ({ data: (await operations.manualRates()).map(manualToJson) }),
    );
    routes.get(
      '/v1/rates/operations',
      {
        config: { access: 'rates:read' },
        schema: {
          tags,
          summary: 'What operators did, newest first',
          querystring: z.strictObject({ limit: z.coerce.number().int().min(1).max(500).default(50) }),
          response: { 200: z.object({ data: z.array(OPERATION) }) },
        },
      },
      async (request) => ({
        data: (await operations.list(request.query.limit)).map((row) => ({
          ...row,
          at: row.at.toISOString(),
          details: z.record(z.string(), z.unknown()).parse(row.details),
        })),
      }),
    );
  };

const manualToJson = (row: ManualRateRow): z.input<typeof MANUAL_RATE> => ({
  id: row.id,
  pair: row.pair,
  rate: row.mid,
  reason: row.reason,
  max_deviation_bps: row.max_deviation_bps,
  set_by: row.set_by,
  set_at: row.set_at.toISOString(),
  expires_at: row.expires_at.toISOString(),
  ended_at: row.ended_at?.toISOString() ?? null,
  ended_by: row.ended_by,
  end_reason: row.end_reason,
});
