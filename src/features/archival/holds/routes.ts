/** Legal holds over HTTP. */
import { z } from 'zod';
import { type ApprovalGate, PENDING_APPROVAL } from '../../../platform/http-server/approval.ts';
import { type RegisterRoutes, TIMESTAMP } from '../../../platform/http-server/port.ts';
import { RELEASE_HOLD } from '../dangerous.ts';
import type { ArchivalService } from '../service.ts';
import { HELD_ROWS, NEW_HOLD } from './hold.ts';
import type { HoldView } from './holds.ts';

const tags = ['archive'];
const PARAMS = z.object({ id: z.string().max(60) });

export const HOLD = z.object({
  id: z.uuid(),
  table: z.string(),
  rows: HELD_ROWS,
  reason: z.string(),
  placed_by: z.string(),
  placed_at: TIMESTAMP,
  released: z
    .object({ by: z.string(), at: TIMESTAMP, reason: z.string(), approved_by: z.string().nullable() })
    .nullable(),
  objects: z.int().describe('That have rows of it, or may have'),
  objects_kept: z.int().describe('Of those, under the legal hold of the store'),
  error: z.object({ code: z.string(), message: z.string() }).nullable().describe('Why the store keeps less than all'),
});

const holdToJson = ({ hold, objects }: HoldView): z.output<typeof HOLD> => ({
  ...{ id: hold.id, table: hold.table, rows: hold.rows, reason: hold.reason },
  ...{ placed_by: hold.placedBy, placed_at: hold.placedAt.toISOString() },
  released:
    hold.release === undefined
      ? null
      : {
          ...{ by: hold.release.by, at: hold.release.at.toISOString(), reason: hold.release.reason },
          approved_by: hold.release.approvedBy,
        },
  ...{ objects: objects.all, objects_kept: objects.protected, error: objects.error ?? null },
});

export const holdRoutes =
  (service: ArchivalService, approvals: ApprovalGate): RegisterRoutes =>
  (routes) => {
    const { holds } = service;
    routes.post(
      '/v1/archive/holds',
      {
        config: { access: 'archive:admin', acts: true },
        schema: {
          tags,
          summary: 'Place a legal hold: rows stay in their table, and archived ones in the store',
          description:
            'Rows that are leaving at this moment are waited for. Where the store cannot keep an object, `error` says why; the hold stands all the same.',
          body: NEW_HOLD,
          response: { 201: HOLD },
        },
      },
      async (request, reply) => {
        const placed = await service.hold(request.body, request.subject);
        reply.code(201);
        return holdToJson(placed);
      },
    );
    routes.get(
      '/v1/archive/holds',
      {
        config: { access: 'archive:read' },
        schema: {
          tags,
          summary: 'Legal holds, newest first',
          querystring: z.strictObject({
            table: z.string().max(130).optional().describe('schema.table'),
            released: z.stringbool().default(false).describe('Those that do not stand any more as well'),
            limit: z.coerce.number().int().min(1).max(200).default(50),
          }),
          response: { 200: z.object({ data: z.array(HOLD) }) },
        },
      },
      async (request) => ({ data: (await holds.list(request.query)).map(holdToJson) }),
    );
    routes.get(
      '/v1/archive/holds/:id',
      {
        config: { access: 'archive:read' },
        schema: { tags, summary: 'One legal hold', params: PARAMS, response: { 200: HOLD } },
      },
      async (request) => holdToJson(await holds.view(request.params.id)),
    );
    routes.post(
      '/v1/archive/holds/:id/release',
      {
        config: { access: 'archive:admin', acts: true },
        schema: {
          tags,
          summary: 'Release a legal hold: its rows may leave, and objects that nothing else holds may be deleted',
          description: 'Where approvals are required, the answer is what now waits for somebody else.',
          params: PARAMS,
          body: z.strictObject({ reason: z.string().trim().min(1).max(2_000) }),
          response: { 200: z.union([HOLD, PENDING_APPROVAL]) },
        },
      },
      async (request) => {
        const { id } = request.params;
        const { reason } = request.body;
        const { hold } = await holds.view(id);
        const pending = await approvals.propose(
          RELEASE_HOLD,
          { hold: hold.id, reason },
          { caller: request.caller, reason },
        );
        return pending ?? holdToJson(await holds.release(id, reason, request.subject));
      },
    );
  };
