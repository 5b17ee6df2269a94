/** Incidents over HTTP: thin, for service.ts decides. */
import { z } from 'zod';
import type { Json } from '../../kernel/canonical.ts';
import { decodeCursor, encodeCursor } from '../../platform/http-server/cursor.ts';
import { LINE_OF_TEXT, type RegisterRoutes, uuid } from '../../platform/http-server/port.ts';
import { eventToJson, INCIDENT, INCIDENT_EVENT, incidentToJson, SILENCE, silenceToJson } from './schemas.ts';
import type { IncidentService } from './service.ts';
import type { Silences } from './silences.ts';

const tags = ['incidents'];
const READ = { access: 'incidents:read' };
const OPERATE = { access: 'incidents:operate', acts: true };
const TEXT = z
  .string()
  .trim()
  .min(1)
  .max(500)
  .refine((text) => !/\p{Cc}/u.test(text), 'must be one line without control characters');
const PARAMS = z.object({ id: uuid('incident') });
const SCALAR = z.union([z.string().max(200), z.int(), z.boolean(), z.null()]);

export const incidentRoutes =
  (incidents: IncidentService, silences: Silences): RegisterRoutes =>
  (routes) => {
    routes.get(
      '/v1/incidents',
      {
        config: READ,
        schema: {
          tags,
          summary: 'Incidents, newest first',
          querystring: z.strictObject({
            status: z.enum(['live', 'open', 'acknowledged', 'resolved']).optional(),
            limit: z.coerce.number().int().min(1).max(200).default(50),
            cursor: z.string().max(200).optional(),
          }),
          response: { 200: z.object({ data: z.array(INCIDENT), next: z.string().nullable() }) },
        },
      },
      async (request) => {
        const { limit, cursor, status } = request.query;
        const before = cursor === undefined ? undefined : decodeCursor('incident', cursor);
        const rows = await incidents.list({ limit: limit + 1, status, before });
        const page = rows.slice(0, limit);
        const last = page.at(-1);
        return {
          data: page.map(incidentToJson),
          next: rows.length > limit && last !== undefined ? encodeCursor(last.opened_at, last.id) : null,
        };
      },
    );
    routes.get(
      '/v1/incidents/:id',
      {
        config: READ,
        schema: {
          tags,
          summary: 'One incident with its timeline',
          params: PARAMS,
          response: { 200: INCIDENT.extend({ timeline: z.array(INCIDENT_EVENT) }) },
        },
      },
      async (request) => {
        const row = await incidents.get(request.params.id);
        return { ...incidentToJson(row), timeline: (await incidents.timeline(row.id)).map(eventToJson) };
      },
    );
    routes.post(
      '/v1/incidents/:id/acknowledge',
      {
        config: OPERATE,
        schema: {
          tags,
          summary: 'Somebody takes care of it: it is no longer told again',
          params: PARAMS,
          body: z.strictObject({ note: TEXT.optional() }).optional(),
          response: { 200: INCIDENT },
        },
      },
      async (request) =>
        incidentToJson(await incidents.acknowledge(request.params.id, request.subject, request.body?.note)),
    );
    routes.post(
      '/v1/incidents/:id/resolve',
      {
        config: OPERATE,
        schema: {
          tags,
          summary: 'It is over',
          params: PARAMS,
          body: z.strictObject({ reason: TEXT }),
          response: { 200: INCIDENT },
        },
      },
      async (request) =>
        incidentToJson(await incidents.resolve(request.params.id, request.subject, request.body.reason)),
    );
    routes.post(
      '/v1/incidents/:id/notes',
      {
        config: OPERATE,
        schema: {
          tags,
          summary: 'Add a note to its timeline',
          params: PARAMS,
          body: z.strictObject({ text: TEXT }),
          response: { 201: z.object({ data: z.array(INCIDENT_EVENT) }) },
        },
      },
      async (request, reply) => {
        await incidents.note(request.params.id, request.subject, request.body.text);
        reply.code(201);
        return { data: (await incidents.timeline(request.params.id)).map(eventToJson) };
      },
    );
    routes.get(
      '/v1/incident-silences',
      {
        config: READ,
        schema: {
          tags,
          summary: 'Silences in force, or all',
          querystring: z.strictObject({ all: z.enum(['true', 'false']).default('false') }),
          response: { 200: z.object({ data: z.array(SILENCE) }) },
        },
      },
      async (request) => ({ data: (await silences.list(request.query.all === 'true')).map(silenceToJson) }),
    );
    routes.post(
      '/v1/incident-silences',
      {
        config: OPERATE,
        schema: {
          tags,
          summary: 'Tell nobody of an event for a while',
          description: 'Incidents are opened and counted all the same, and told when the silence ends.',
          body: z.strictObject({
            event: LINE_OF_TEXT.describe('A name, or a prefix such as rates.*'),
            scope: z.record(z.string().max(40), SCALAR).default({}),
            minutes: z.int().min(1).max(44_640),
            reason: TEXT,
          }),
          response: { 201: SILENCE },
        },
      },
      async (request, reply) => {
        const scope: { readonly [field: string]: Json } = request.body.scope;
        const row = await silences.create({ ...request.body, scope }, request.subject);
        reply.code(201);
        return silenceToJson(row);
      },
    );
    routes.post(
      '/v1/incident-silences/:id/end',
      {
        config: OPERATE,
        schema: {
          tags,
          summary: 'End a silence',
          params: z.object({ id: uuid('silence') }),
          body: z.strictObject({}).optional(),
          response: { 200: z.object({ ended: z.boolean() }) },
        },
      },
      async (request) => {
        await silences.end(request.params.id, request.subject);
        return { ended: true };
      },
    );
    routes.get(
      '/v1/incident-catalogue',
      {
        config: READ,
        schema: {
          tags,
          summary: 'Who is told of what, and when',
          response: {
            200: z.object({
              data: z.array(
                z.object({
                  event: z.string(),
                  severity: z.string().nullable(),
                  scope: z.array(z.string()),
                  steps: z.array(z.object({ after_minutes: z.number(), teams: z.array(z.string()) })),
                  repeat_minutes: z.number().nullable(),
                  inhibits: z.array(z.string()),
                  urgency: z.enum(['page', 'message']),
                  may_be_silenced: z.boolean(),
                }),
              ),
            }),
          },
        },
      },
      async () => ({
        data: incidents.catalogue.events.map(([event, rule]) => ({
          ...{
            event,
            severity: rule.severity ?? null,
            scope: [...rule.scope],
            inhibits: [...rule.inhibits],
            urgency: rule.urgency,
          },
          steps: rule.steps.map(({ afterMs, teams }) => ({ after_minutes: afterMs / 60_000, teams: [...teams] })),
          repeat_minutes: rule.repeatMs === null ? null : rule.repeatMs / 60_000,
          may_be_silenced: rule.maySilence,
        })),
      }),
    );
  };
