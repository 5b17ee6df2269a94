/** The log of notifications over HTTP, and the platform's own events: thin. */
import { z } from 'zod';
import type { Json } from '../../kernel/canonical.ts';
import { PlumblineError } from '../../kernel/errors.ts';
import { decodeCursor, encodeCursor } from '../../platform/http-server/cursor.ts';
import { LINE_OF_TEXT, type RegisterRoutes, TIMESTAMP, uuid } from '../../platform/http-server/port.ts';
import type { Failover } from './channels/failover.ts';
import type { NotificationLog } from './outbox/log.ts';
import type { Sender } from './outbox/sender.ts';
import type { Endpoints } from './preferences/endpoints.ts';
import {
  ATTEMPT,
  attemptToJson,
  CHANNEL,
  EVENT,
  LOCALE,
  logToJson,
  NOTIFICATION,
  SEVERITY,
  STATUSES,
  TEAM,
} from './schemas.ts';

const tags = ['notifications'];
const READ = { access: 'notifications:read' };
const SEND = { access: 'notifications:send', acts: true };
const OPERATE = { access: 'notifications:operate', acts: true };
const PARAMS = z.object({ id: uuid('notification') });

/** Thin, as its receiver gets it: numbers that must stay exact are texts. */
const SCALAR = z.union([z.string().max(2_000), z.int(), z.boolean(), z.null()]);
const DATA = z.record(z.string().regex(/^[a-z][a-z0-9_]{0,59}$/, 'names are lower case letters, digits and _'), SCALAR);

const SENT = z.object({
  data: z.array(
    z.object({
      id: z.uuid(),
      channel: CHANNEL,
      recipient: z.string(),
      status: z.enum(['pending', 'suppressed']),
      suppressed: z.string().nullable(),
    }),
  ),
  known: z.int().describe('Recipients that were told under this key before'),
});

export interface RoutesDeps {
  readonly log: NotificationLog;
  readonly sender: Sender;
  readonly endpoints: Endpoints;
  readonly failover: Failover;
}

export const notificationRoutes =
  ({ log, sender, endpoints, failover }: RoutesDeps): RegisterRoutes =>
  (routes) => {
    routes.post(
      '/v1/notifications',
      {
        config: SEND,
        schema: {
          tags,
          summary: "Tell of one of the platform's own events",
          description:
            'To the endpoints of a merchant or of teams that want it, or to an address. `key` names the event for good: sent again, nobody is told twice. Answers when it is durable; what was not queued has a reason.',
          body: z.strictObject({
            key: LINE_OF_TEXT.max(200).describe('One for one event, such as payment.completed/0193a1b2'),
            event: EVENT,
            severity: SEVERITY.default('info'),
            message: z.string().trim().min(1).max(1_000),
            data: DATA.default({}),
            merchant_id: z.uuid().optional(),
            payment_id: z.uuid().optional(),
            teams: z.array(TEAM).max(10).default([]),
            recipients: z
              .array(
                z.strictObject({
                  channel: CHANNEL,
                  address: z.string().min(1).max(2_000),
                  locale: LOCALE.default('vi'),
                }),
              )
              .max(20)
              .default([]),
          }),
          response: { 202: SENT },
        },
      },
      async (request, reply) => {
        const { merchant_id, payment_id, teams, recipients, ...said } = request.body;
        if (merchant_id === undefined && teams.length === 0 && recipients.length === 0) {
          throw new PlumblineError(
            'invalid',
            'notifications.nobody',
            'name a merchant_id, teams or recipients: there is nobody to tell',
            {
              faults: [{ pointer: '/merchant_id', message: 'or teams, or recipients: one is required' }],
            },
          );
        }
        const data: Json = said.data;
        const result = await sender.send(
          { ...said, data, merchantId: merchant_id ?? null, paymentId: payment_id ?? null, teams, recipients },
          request.subject,
        );
        reply.code(202);
        return { data: [...result.queued], known: result.known };
      },
    );
    routes.get(
      '/v1/notifications',
      {
        config: READ,
        schema: {
          tags,
          summary: 'The log of notifications, newest first',
          querystring: z.strictObject({
            status: z.enum(STATUSES).optional(),
            channel: z.string().max(40).optional(),
            event: z.string().max(100).optional(),
            merchant_id: z.uuid().optional(),
            endpoint_id: z.uuid().optional(),
            incident_id: z.uuid().optional(),
            limit: z.coerce.number().int().min(1).max(200).default(50),
            cursor: z.string().max(200).optional(),
          }),
          response: { 200: z.object({ data: z.array(NOTIFICATION), next: z.string().nullable() }) },
        },
      },
      async (request) => {
        const {
          limit,
          cursor,
          merchant_id: merchantId,
          endpoint_id: endpointId,
          incident_id: incidentId,
          ...of
        } = request.query;
        const before = cursor === undefined ? undefined : decodeCursor('notification', cursor);
        const rows = await log.list({ ...of, merchantId, endpointId, incidentId, limit: limit + 1, before });
        const page = rows.slice(0, limit);
        const last = page.at(-1);
        return {
          data: page.map(logToJson),
          next: rows.length > limit && last !== undefined ? encodeCursor(last.created_at, last.id) : null,
        };
      },
    );
    routes.get(
      '/v1/notifications/:id',
      {
        config: READ,
        schema: {
          tags,
          summary: 'One notification with every attempt',
          params: PARAMS,
          response: { 200: NOTIFICATION.extend({ attempts: z.array(ATTEMPT) }) },
        },
      },
      async (request) => {
        const row = await log.get(request.params.id);
        return { ...logToJson(row), attempts: (await log.attempts(row.id)).map(attemptToJson) };
      },
    );
    routes.post(
      '/v1/notifications/:id/resend',
      {
        config: OPERATE,
        schema: {
          tags,
          summary: 'Send it once more, under the same message id',
          params: PARAMS,
          body: z.strictObject({}).optional(),
          response: { 202: NOTIFICATION },
        },
      },
      async (request, reply) => {
        const row = await log.resend(request.params.id, request.subject);
        reply.code(202);
        return logToJson(row);
      },
    );
    routes.post(
      '/v1/notifications/:id/redrive',
      {
        config: OPERATE,
        schema: {
          tags,
          summary: 'Try a dead letter again from the beginning; it is yours then',
          params: PARAMS,
          body: z.strictObject({}).optional(),
          response: { 202: NOTIFICATION },
        },
      },
      async (request, reply) => {
        const row = await log.redrive(request.params.id, request.subject);
        reply.code(202);
        return logToJson(row);
      },
    );
    routes.post(
      '/v1/notifications/:id/owner',
      {
        config: OPERATE,
        schema: {
          tags,
          summary: 'Say whose a dead letter is',
          params: PARAMS,
          body: z.strictObject({ owner: LINE_OF_TEXT }),
          response: { 200: NOTIFICATION },
        },
      },
      async (request) => logToJson(await log.assign(request.params.id, request.body.owner, request.subject)),
    );
    routes.post(
      '/v1/notifications/:id/reveal',
      {
        config: { access: 'notifications:reveal', acts: true, answeredOnce: ['address'] },
        schema: {
          tags,
          summary: 'The address in clear; that you saw it is recorded',
          params: PARAMS,
          body: z.strictObject({ reason: LINE_OF_TEXT.min(5) }),
          response: { 200: z.object({ address: z.string().nullable().describe('null: it was forgotten') }) },
        },
      },
      async (request) => {
        const row = await log.get(request.params.id);
        return {
          address:
            row.recipient_hash === null ? null : await endpoints.reveal(row.recipient_hash, row.id, request.subject),
        };
      },
    );
    routes.post(
      '/v1/notification-receipts',
      {
        config: SEND,
        schema: {
          tags,
          summary: 'What a provider says afterwards of a message that it took',
          body: z.strictObject({
            channel: CHANNEL,
            provider_message_id: z.string().min(1).max(200),
            delivered: z.boolean(),
            error: z.string().max(300).optional(),
            at: TIMESTAMP.optional(),
          }),
          response: { 200: z.object({ matched: z.int() }) },
        },
      },
      async (request) => {
        const { channel, provider_message_id: providerMessageId, delivered, error } = request.body;
        return {
          matched: await log.receipt(
            {
              channel,
              providerMessageId,
              delivered,
              error: error ?? (delivered ? null : 'the provider could not deliver it'),
            },
            request.subject,
          ),
        };
      },
    );
    routes.get(
      '/v1/notification-channels',
      {
        config: READ,
        schema: {
          tags,
          summary: 'What is configured, and how it does',
          response: {
            200: z.object({
              data: z.array(z.object({ channel: CHANNEL, providers: z.array(z.string()) })),
              breakers: z.array(z.object({ name: z.string(), state: z.string(), failures: z.int() })),
              backlog: z.object({ due: z.int(), oldest_due_at: TIMESTAMP.nullable(), dead: z.int() }),
            }),
          },
        },
      },
      async () => {
        const { due, oldestDueAt, dead } = await log.backlog();
        return {
          data: sender
            .channels()
            .map(({ name, providers }) => ({ channel: name, providers: providers.map((each) => each.name) })),
          breakers: failover.breakers().map(({ name, kind, failures }) => ({ name, state: kind, failures })),
          backlog: { due, oldest_due_at: oldestDueAt?.toISOString() ?? null, dead },
        };
      },
    );
  };
