/** Endpoints over HTTP: where merchants and teams want to hear of things. */
import { z } from 'zod';
import { PlumblineError } from '../../../kernel/errors.ts';
import { LINE_OF_TEXT, type RegisterRoutes, TIMESTAMP, uuid } from '../../../platform/http-server/port.ts';
import type { NotificationLog } from '../outbox/log.ts';
import type { Sender } from '../outbox/sender.ts';
import { CHANNEL, ENDPOINT, endpointToJson, PREFERENCES, TEAM } from '../schemas.ts';
import type { Endpoints } from './endpoints.ts';
import type { Preferences } from './store.ts';

const tags = ['notifications'];
const READ = { access: 'notifications:read' };
const OPERATE = { access: 'notifications:operate', acts: true };
const PARAMS = z.object({ id: uuid('endpoint') });
const SECRETS = z.object({
  secret: z.string().nullable().describe('whsec_: of the signature v1'),
  public_key: z.string().describe('whpk_: of the signature v1a'),
});
const EMPTY = z.strictObject({}).optional();

const NEW = z.strictObject({
  merchant_id: z.uuid().optional(),
  team: TEAM.optional(),
  channel: CHANNEL,
  address: z.string().min(1).max(2_000),
  label: PREFERENCES.label,
  events: PREFERENCES.events.default(['*']),
  min_severity: PREFERENCES.min_severity.default('info'),
  locale: PREFERENCES.locale.default('vi'),
  zone: PREFERENCES.zone.default('Asia/Ho_Chi_Minh'),
  quiet: PREFERENCES.quiet.default(null),
  digest: PREFERENCES.digest.default('off'),
  digest_at: PREFERENCES.digest_at.default(480),
});
const CHANGE = z.strictObject(PREFERENCES).partial();

export const endpointRoutes =
  (endpoints: Endpoints, sender: Sender, log: NotificationLog): RegisterRoutes =>
  (routes) => {
    routes.post(
      '/v1/notification-endpoints',
      {
        config: OPERATE,
        schema: {
          tags,
          summary: 'Tell a merchant or a team over a channel',
          description: 'Of a webhook, ask for its secret afterwards: POST .../secret.',
          body: NEW,
          response: { 201: ENDPOINT },
        },
      },
      async (request, reply) => {
        const { merchant_id, team, min_severity: minSeverity, digest_at: digestAt, ...rest } = request.body;
        const owner =
          merchant_id !== undefined && team === undefined
            ? { merchantId: merchant_id }
            : team !== undefined && merchant_id === undefined
              ? { team }
              : undefined;
        if (owner === undefined) {
          throw new PlumblineError('invalid', 'notifications.owner', 'name either a merchant_id or a team', {
            faults: [{ pointer: '/merchant_id', message: 'or team: exactly one of them is required' }],
          });
        }
        const row = await endpoints.create({ ...rest, owner, minSeverity, digestAt }, request.subject);
        reply.code(201);
        return endpointToJson(row);
      },
    );
    routes.get(
      '/v1/notification-endpoints',
      {
        config: READ,
        schema: {
          tags,
          summary: 'Endpoints with their health',
          querystring: z.strictObject({ merchant_id: z.uuid().optional(), team: TEAM.optional() }),
          response: { 200: z.object({ data: z.array(ENDPOINT) }) },
        },
      },
      async (request) => ({
        data: (await endpoints.list({ merchantId: request.query.merchant_id, team: request.query.team })).map(
          endpointToJson,
        ),
      }),
    );
    routes.get(
      '/v1/notification-endpoints/:id',
      { config: READ, schema: { tags, summary: 'One endpoint', params: PARAMS, response: { 200: ENDPOINT } } },
      async (request) => endpointToJson(await endpoints.get(request.params.id)),
    );
    routes.post(
      '/v1/notification-endpoints/:id/preferences',
      {
        config: OPERATE,
        schema: {
          tags,
          summary: 'Change what it wants to hear, and when',
          params: PARAMS,
          body: CHANGE,
          response: { 200: ENDPOINT },
        },
      },
      async (request) =>
        endpointToJson(await endpoints.change(request.params.id, changeOf(request.body), request.subject)),
    );
    routes.post(
      '/v1/notification-endpoints/:id/enable',
      {
        config: OPERATE,
        schema: { tags, summary: 'Tell it again', params: PARAMS, body: EMPTY, response: { 200: ENDPOINT } },
      },
      async (request) => endpointToJson(await endpoints.setEnabled(request.params.id, null, request.subject)),
    );
    routes.post(
      '/v1/notification-endpoints/:id/disable',
      {
        config: OPERATE,
        schema: {
          tags,
          summary: 'Tell it nothing for the time being',
          params: PARAMS,
          body: z.strictObject({ reason: LINE_OF_TEXT }),
          response: { 200: ENDPOINT },
        },
      },
      async (request) =>
        endpointToJson(await endpoints.setEnabled(request.params.id, request.body.reason, request.subject)),
    );
    routes.post(
      '/v1/notification-endpoints/:id/delete',
      {
        config: OPERATE,
        schema: {
          tags,
          summary: 'Delete it; its log stays',
          params: PARAMS,
          body: EMPTY,
          response: { 200: z.object({ deleted: z.boolean() }) },
        },
      },
      async (request) => {
        await endpoints.delete(request.params.id, request.subject);
        return { deleted: true };
      },
    );
    routes.post(
      '/v1/notification-endpoints/:id/test',
      {
        config: OPERATE,
        schema: {
          tags,
          summary: 'Send it a test, logged as one',
          params: PARAMS,
          body: EMPTY,
          response: { 202: z.object({ notification_id: z.uuid() }) },
        },
      },
      async (request, reply) => {
        const row = await endpoints.get(request.params.id);
        const { queued } = await sender.test(row, request.id, request.subject);
        const [made] = queued;
        if (made === undefined) {
          throw new PlumblineError(
            'conflict',
            'notifications.recipient_forgotten',
            `the address of endpoint ${row.id} was forgotten: make a new endpoint`,
          );
        }
        reply.code(202);
        return { notification_id: made.id };
      },
    );
    routes.post(
      '/v1/notification-endpoints/:id/secret',
      {
        config: { ...OPERATE, answeredOnce: ['secret'] },
        schema: {
          tags,
          summary: 'What the receiver of a webhook verifies with; that you saw it is recorded',
          params: PARAMS,
          body: EMPTY,
          response: { 200: SECRETS },
        },
      },
      async (request) => {
        const { secret, publicKey } = await endpoints.secrets(request.params.id, request.subject);
        return { secret, public_key: publicKey };
      },
    );
    routes.post(
      '/v1/notification-endpoints/:id/rotate',
      {
        config: { ...OPERATE, answeredOnce: ['secret'] },
        schema: {
          tags,
          summary: 'A new secret; for a while the old one signs as well',
          params: PARAMS,
          body: z.strictObject({ overlap_hours: z.int().min(0).max(168).default(24) }),
          response: { 200: SECRETS },
        },
      },
      async (request) => {
        const { secret, publicKey } = await endpoints.rotate(
          request.params.id,
          request.body.overlap_hours * 3_600_000,
          request.subject,
        );
        return { secret, public_key: publicKey };
      },
    );
    routes.post(
      '/v1/notification-endpoints/:id/recover',
      {
        config: OPERATE,
        schema: {
          tags,
          summary: 'Send what it missed since then',
          params: PARAMS,
          body: z.strictObject({ since: TIMESTAMP }),
          response: { 202: z.object({ recovered: z.int() }) },
        },
      },
      async (request, reply) => {
        const row = await endpoints.get(request.params.id);
        const recovered = await log.recover(row.id, new Date(request.body.since), request.subject);
        reply.code(202);
        return { recovered };
      },
    );
  };

function changeOf({ quiet, min_severity, ...rest }: z.output<typeof CHANGE>): Preferences {
  const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
  return {
    ...given,
    ...(min_severity === undefined ? {} : { min_severity }),
    ...(quiet === undefined ? {} : { quiet_from: quiet?.from ?? null, quiet_until: quiet?.until ?? null }),
  };
}
