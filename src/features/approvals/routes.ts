/** Approvals over HTTP. Who decides is who asks: no body names a person. */
import { z } from 'zod';
import type { Clock } from '../../kernel/clock.ts';
import { decodeCursor, encodeCursor } from '../../platform/http-server/cursor.ts';
import { type RegisterRoutes, uuid } from '../../platform/http-server/port.ts';
import { STATES } from './rules.ts';
import { APPROVAL, approvalToJson, DENIAL, denialToJson } from './schemas.ts';
import type { Approvals } from './service.ts';

const tags = ['approvals'];
const reads = { access: 'approvals:read' };
const decides = { access: 'approvals:decide', acts: true };
const TEXT = z
  .string()
  .trim()
  .min(10, 'must say why in 10 characters or more')
  .max(500)
  .refine((text) => text.isWellFormed() && !/\p{Cc}/u.test(text), 'must be one line without control characters');
const REASON = TEXT.describe('Why: it is kept with who and when');
const PARAMS = z.object({ id: uuid('approval') });
const ASKED = z.strictObject({
  action: z.string().min(1).max(100).describe('One of GET /v1/approvals/actions'),
  payload: z.unknown().describe("What is asked for, in the action's form"),
  reason: REASON,
});
const PAGE = { limit: z.coerce.number().int().min(1).max(200).default(50), cursor: z.string().max(200).optional() };

export const approvalRoutes =
  (approvals: Approvals, clock: Clock): RegisterRoutes =>
  (routes) => {
    const toJson = (row: Parameters<typeof approvalToJson>[0]) => approvalToJson(row, clock.now());

    routes.get(
      '/v1/approvals',
      {
        config: reads,
        schema: {
          tags,
          summary: 'What was asked for that needs two people, newest first',
          querystring: z.strictObject({ ...PAGE, state: z.enum(STATES).optional() }),
          response: { 200: z.object({ data: z.array(APPROVAL), next: z.string().nullable() }) },
        },
      },
      async (request) => {
        const { limit, cursor, state } = request.query;
        const before = cursor === undefined ? undefined : decodeCursor('approval', cursor);
        const rows = await approvals.list({ limit: limit + 1, state, before });
        const page = rows.slice(0, limit);
        const last = page.at(-1);
        const next = rows.length > limit && last !== undefined ? encodeCursor(last.requested_at, last.id) : null;
        return { data: page.map(toJson), next };
      },
    );
    routes.get(
      '/v1/approvals/actions',
      {
        config: reads,
        schema: {
          tags,
          summary: 'What is dangerous here',
          response: {
            200: z.object({
              required: z.boolean().describe('Whether it waits for a second person'),
              data: z.array(
                z.object({
                  action: z.string(),
                  about: z.string(),
                  scope: z.string().describe('Who asks, and who agrees, has it'),
                  ask_at: z.string().nullable().describe('The route that asks for it, where it has one of its own'),
                }),
              ),
            }),
          },
        },
      },
      () => ({
        required: approvals.required,
        data: approvals.actions().map(({ name, about, scope, askAt }) => ({
          ...{ action: name, about, scope },
          ask_at: askAt ?? null,
        })),
      }),
    );
    routes.get(
      '/v1/approvals/denials',
      {
        config: reads,
        schema: {
          tags,
          summary: 'Who tried what they may not, newest first',
          querystring: z.strictObject(PAGE),
          response: { 200: z.object({ data: z.array(DENIAL), next: z.string().nullable() }) },
        },
      },
      async (request) => {
        const { limit, cursor } = request.query;
        const before = cursor === undefined ? undefined : decodeCursor('approval', cursor);
        const rows = await approvals.denials({ limit: limit + 1, before });
        const page = rows.slice(0, limit);
        const last = page.at(-1);
        const next = rows.length > limit && last !== undefined ? encodeCursor(last.at, last.id) : null;
        return { data: page.map(denialToJson), next };
      },
    );
    routes.get(
      '/v1/approvals/:id',
      { config: reads, schema: { tags, summary: 'One request', params: PARAMS, response: { 200: APPROVAL } } },
      async (request) => toJson(await approvals.get(request.params.id)),
    );
    routes.post(
      '/v1/approvals',
      {
        config: decides,
        schema: {
          tags,
          summary: 'Ask for something dangerous',
          description: 'Nothing is done until somebody else approves it, in time.',
          body: ASKED,
          response: { 201: APPROVAL },
        },
      },
      async (request, reply) => {
        const row = await approvals.request(request.body, request.caller);
        reply.code(201);
        return toJson(row);
      },
    );
    routes.post(
      '/v1/approvals/break-glass',
      {
        config: { access: 'approvals:break-glass', acts: true, stepUp: true },
        schema: {
          tags,
          summary: 'Do something dangerous alone, in an emergency',
          description: 'Everybody is told at once, and somebody else has to review it.',
          body: ASKED,
          response: { 201: APPROVAL },
        },
      },
      async (request, reply) => {
        const row = await approvals.breakGlass(request.body, request.caller);
        reply.code(201);
        return toJson(row);
      },
    );
    routes.post(
      '/v1/approvals/:id/approve',
      {
        config: { ...decides, stepUp: true },
        schema: {
          tags,
          summary: 'Approve what somebody else asked for: it is done at once',
          params: PARAMS,
          body: z.strictObject({
            payload_hash: z
              .string()
              .regex(/^[0-9a-f]{64}$/, 'must be the payload_hash of the request that you looked at')
              .describe('Of the request, as it was looked at'),
          }),
          response: { 200: APPROVAL },
        },
      },
      async (request) => {
        const { payload_hash } = request.body;
        return toJson(await approvals.approve(request.params.id, payload_hash, request.caller));
      },
    );
    routes.post(
      '/v1/approvals/:id/reject',
      {
        config: decides,
        schema: {
          tags,
          summary: 'Reject what somebody else asked for',
          params: PARAMS,
          body: z.strictObject({ reason: REASON }),
          response: { 200: APPROVAL },
        },
      },
      async (request) => toJson(await approvals.reject(request.params.id, request.body.reason, request.caller)),
    );
    routes.post(
      '/v1/approvals/:id/withdraw',
      {
        config: decides,
        schema: {
          tags,
          summary: 'Withdraw what you asked for',
          params: PARAMS,
          body: z.strictObject({}).nullish(),
          response: { 200: APPROVAL },
        },
      },
      async (request) => toJson(await approvals.withdraw(request.params.id, request.caller)),
    );
    routes.post(
      '/v1/approvals/:id/review',
      {
        config: { ...decides, stepUp: true },
        schema: {
          tags,
          summary: 'Say that you have looked at what somebody did alone',
          params: PARAMS,
          body: z.strictObject({ note: TEXT.describe('What came of it') }),
          response: { 200: APPROVAL },
        },
      },
      async (request) => toJson(await approvals.review(request.params.id, request.body.note, request.caller)),
    );
  };
