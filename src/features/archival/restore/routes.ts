/** Restores over HTTP. */
import { z } from 'zod';
import { type ApprovalGate, PENDING_APPROVAL } from '../../../platform/http-server/approval.ts';
import { DECIMAL, LINE_OF_TEXT, type RegisterRoutes } from '../../../platform/http-server/port.ts';
import { restorePayload, START_RESTORE } from '../dangerous.ts';
import type { ArchivalService } from '../service.ts';
import { EVENT } from './events.ts';
import { RESTORE, TIERS } from './request.ts';
import {
  ANSWER,
  answerToJson,
  QUOTE,
  quoteToJson,
  READ,
  REBUILT,
  RESTORE_VIEW,
  readToJson,
  restoreToJson,
} from './schemas.ts';

const tags = ['archive'];
const PARAMS = z.object({ id: z.string().max(60) });
const ACCESS = 'archive:restore';

export const restoreRoutes =
  (service: ArchivalService, approvals: ApprovalGate): RegisterRoutes =>
  (routes) => {
    const { restores } = service;
    routes.post(
      '/v1/archive/restores/quote',
      {
        config: { access: 'archive:read' },
        schema: {
          tags,
          summary: 'What a restore would cost and how long it would take; nothing is asked of the store',
          body: RESTORE,
          response: { 200: QUOTE },
        },
      },
      async (request) => quoteToJson(await restores.quote(request.body), restores.prices),
    );
    routes.post(
      '/v1/archive/restores',
      {
        config: { access: ACCESS, acts: true },
        schema: {
          tags,
          summary: 'Have archived rows back',
          description:
            'Answers as soon as the request is written; the store takes minutes to days. With `max_cost`, nothing is done where the quote is above it. Where approvals are required, the answer is what now waits for somebody else.',
          body: RESTORE.extend({
            max_cost: DECIMAL.optional(),
            reason: LINE_OF_TEXT.optional().describe('For whoever approves it'),
          }),
          response: { 202: z.union([RESTORE_VIEW, PENDING_APPROVAL]) },
        },
      },
      async (request, reply) => {
        reply.code(202);
        const { max_cost: maxCost, reason, ...asked } = request.body;
        const why = reason ?? `rows of ${asked.table} are wanted back, to ${asked.purpose}`;
        const by = { caller: request.caller, reason: why };
        const pending = await approvals.propose(START_RESTORE, restorePayload(asked, maxCost), by);
        if (pending !== undefined) return pending;
        const view = await service.initiateRestore(asked, { by: request.subject, maxCost });
        return restoreToJson(view);
      },
    );
    routes.get(
      '/v1/archive/restores',
      {
        config: { access: 'archive:read' },
        schema: {
          tags,
          summary: 'Restores, newest first',
          querystring: z.strictObject({ limit: z.coerce.number().int().min(1).max(200).default(50) }),
          response: { 200: z.object({ data: z.array(RESTORE_VIEW) }) },
        },
      },
      async (request) => ({ data: (await restores.list(request.query.limit)).map(restoreToJson) }),
    );
    routes.get(
      '/v1/archive/restores/:id',
      {
        config: { access: 'archive:read' },
        schema: { tags, summary: 'How far a restore is', params: PARAMS, response: { 200: RESTORE_VIEW } },
      },
      async (request) => restoreToJson(await restores.view(request.params.id)),
    );
    routes.post(
      '/v1/archive/restores/:id/speed-up',
      {
        config: { access: ACCESS, acts: true },
        schema: {
          tags,
          summary: 'A faster tier for what still waits for the store',
          params: PARAMS,
          body: z.strictObject({ tier: z.enum(TIERS) }),
          response: { 200: RESTORE_VIEW },
        },
      },
      async (request) => restoreToJson(await restores.speedUp(request.params.id, request.body.tier)),
    );
    routes.post(
      '/v1/archive/events',
      {
        config: { access: 'archive:read' },
        schema: {
          tags,
          summary: 'S3 says that objects were restored: those that are waited for are looked at now',
          description:
            'The body is a notification as S3 sends it (`Records`), or an event of EventBridge. Nothing of it is believed: it makes the store be asked at once and not within the minute.',
          body: EVENT,
          response: { 202: z.object({ waiting: z.int().describe('Objects of it that are waited for') }) },
        },
      },
      async (request, reply) => {
        const waiting = await service.hint(request.body);
        reply.code(202);
        return { waiting };
      },
    );
    routes.get(
      '/v1/archive/records/:table/:id',
      {
        config: { access: ACCESS },
        schema: {
          tags,
          summary: 'One archived row with its proof, read by one range of its object',
          params: z.object({ table: z.string().min(1).max(130), id: z.string().max(60) }),
          response: { 200: READ },
        },
      },
      async (request) => readToJson(await service.read(request.params.table, request.params.id)),
    );
    routes.post(
      '/v1/archive/query',
      {
        config: { access: ACCESS },
        schema: {
          tags,
          summary: 'One SELECT over the archived rows that can be read now',
          description:
            'Answered by DuckDB. `complete` says whether objects had to be left out because they must be restored first.',
          body: z.strictObject({
            sql: z.string().min(1).max(20_000),
            limit: z.int().min(1).max(10_000).default(1_000),
            max_bytes: z
              .int()
              .min(1)
              .max(64 * 2 ** 30)
              .default(2 ** 30)
              .describe('Of objects that may be fetched'),
          }),
          response: { 200: ANSWER },
        },
      },
      async (request) => {
        const { sql: statement, limit, max_bytes: maxBytes } = request.body;
        return answerToJson(await service.query({ statement, limit, maxBytes }));
      },
    );
    routes.post(
      '/v1/archive/rebuild',
      {
        config: { access: ACCESS, acts: true },
        schema: {
          tags,
          summary: 'Batches and pointers that the database does not have, from the store alone',
          body: z.strictObject({}).optional(),
          response: { 200: REBUILT },
        },
      },
      async (request) => {
        const data: z.output<typeof REBUILT>['data'] = [];
        for await (const { archivePath, ...each } of service.rebuild(request.subject)) {
          data.push({ ...each, archive_path: archivePath });
        }
        return { data };
      },
    );
  };
