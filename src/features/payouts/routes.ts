/** Payouts over HTTP: may they be made, what was decided, and overrides by two people. */
import { z } from 'zod';
import { decodeMark, encodeMark } from '../../platform/http-server/cursor.ts';
import { type RegisterRoutes, uuid } from '../../platform/http-server/port.ts';
import { HALT, haltToJson, PERMISSION, permissionToJson } from './schemas.ts';
import type { PayoutService } from './service.ts';

const tags = ['payouts'];
const REASON = z
  .string()
  .trim()
  .min(10, 'must say why in 10 characters or more')
  .max(500)
  .refine((text) => !/\p{Cc}/u.test(text), 'must be one line without control characters')
  .describe('Why: it is kept with who and when');
const OVERRIDE_PARAMS = z.object({ id: uuid('payout-halt') });

export const payoutRoutes =
  (service: PayoutService): RegisterRoutes =>
  (routes) => {
    routes.get(
      '/v1/payouts/permission',
      {
        config: { access: 'payouts:read' },
        schema: {
          tags,
          summary: 'Whether payouts may be made',
          description:
            'Read from the database at each request. For a payout worker whose tables are in another database: without an answer, or with one that is too old, payouts are halted.',
          response: { 200: PERMISSION },
        },
      },
      async (_request, reply) => {
        const row = await service.permission();
        reply.header('cache-control', 'no-store');
        return permissionToJson(row);
      },
    );
    routes.get(
      '/v1/payouts/halts',
      {
        config: { access: 'payouts:read' },
        schema: {
          tags,
          summary: 'What was decided about payouts, newest first',
          querystring: z.strictObject({
            limit: z.coerce.number().int().min(1).max(200).default(50),
            cursor: z.string().max(200).optional(),
          }),
          response: { 200: z.object({ data: z.array(HALT), next: z.string().nullable() }) },
        },
      },
      async (request) => {
        const { limit, cursor } = request.query;
        const before = cursor === undefined ? {} : { before: BigInt(decodeMark(cursor, /^\d{1,18}$/)) };
        const rows = await service.history({ limit: limit + 1, ...before });
        const page = rows.slice(0, limit);
        const last = page.at(-1);
        return {
          data: page.map(haltToJson),
          next: rows.length > limit && last !== undefined ? encodeMark(String(last.version)) : null,
        };
      },
    );
    routes.post(
      '/v1/payouts/overrides',
      {
        config: { access: 'payouts:override', acts: true },
        schema: {
          tags,
          summary: 'Ask to let payouts pass in spite of a halt',
          description: 'Nothing changes until somebody else approves it, within 24 hours.',
          body: z.strictObject({ reason: REASON, hours: z.int().describe('How long, from the approval on') }),
          response: { 201: HALT },
        },
      },
      async (request, reply) => {
        const row = await service.requestOverride(request.body, request.subject);
        reply.code(201);
        return haltToJson(row);
      },
    );
    routes.post(
      '/v1/payouts/overrides/:id/approve',
      {
        config: { access: 'payouts:approve', acts: true, stepUp: true },
        schema: {
          tags,
          summary: 'Approve the override that somebody else asked for',
          params: OVERRIDE_PARAMS,
          body: z.strictObject({}).optional(),
          response: { 200: HALT },
        },
      },
      async (request) => haltToJson(await service.approveOverride(request.params.id, request.subject)),
    );
    routes.post(
      '/v1/payouts/overrides/:id/end',
      {
        config: { access: 'payouts:override', acts: true },
        schema: {
          tags,
          summary: 'End an override before its time: payouts are halted again',
          params: OVERRIDE_PARAMS,
          body: z.strictObject({ reason: REASON }),
          response: { 200: HALT },
        },
      },
      async (request) => haltToJson(await service.endOverride(request.params.id, request.body.reason, request.subject)),
    );
  };
