/** API keys over HTTP. */
import { z } from 'zod';
import { LINE_OF_TEXT, type RegisterRoutes, TIMESTAMP, uuid } from '../../platform/http-server/port.ts';
import { SCOPES } from './scopes.ts';
import type { AccessService } from './service.ts';
import type { ApiKeyRow } from './store.ts';

const KEY = z.object({
  id: z.uuid(),
  name: z.string(),
  prefix: z.string().describe('The first characters of the secret, to recognise it by'),
  scopes: z.array(z.string()),
  created_at: TIMESTAMP,
  expires_at: TIMESTAMP.nullable(),
  revoked_at: TIMESTAMP.nullable(),
});
const tags = ['keys'];
const config = { access: 'keys:admin' };

export const accessRoutes =
  (service: AccessService): RegisterRoutes =>
  (routes) => {
    routes.post(
      '/v1/keys',
      {
        config: { ...config, acts: true, answeredOnce: ['secret'] },
        schema: {
          tags,
          summary: 'Create an API key; its secret is shown this once',
          body: z.strictObject({
            name: LINE_OF_TEXT,
            scopes: z
              .array(z.string())
              .min(1)
              .describe(
                Object.entries(SCOPES)
                  .map(([name, what]) => `${name}: ${what}`)
                  .join('; '),
              ),
            expires_at: TIMESTAMP.optional(),
          }),
          response: {
            201: KEY.extend({ secret: z.string().nullable().describe('null when the request is replayed') }),
          },
        },
      },
      async (request, reply) => {
        const { name, scopes, expires_at } = request.body;
        const created = await service.createKey({
          name,
          scopes,
          ...(expires_at === undefined ? {} : { expiresAt: new Date(expires_at) }),
        });
        reply.code(201);
        return { ...keyToJson(created.row), secret: created.secret };
      },
    );
    routes.get(
      '/v1/keys',
      { config, schema: { tags, summary: 'All API keys', response: { 200: z.object({ data: z.array(KEY) }) } } },
      async () => ({ data: (await service.listKeys()).map(keyToJson) }),
    );
    routes.post(
      '/v1/keys/:id/revoke',
      {
        config: { ...config, acts: true },
        schema: {
          tags,
          summary: 'Revoke an API key for good: in this process at once, in others within 2 s',
          params: z.object({ id: uuid('api-key') }),
          response: { 200: KEY },
        },
      },
      async (request) => keyToJson(await service.revokeKey(request.params.id)),
    );
  };

const keyToJson = (row: ApiKeyRow): z.input<typeof KEY> => ({
  id: row.id,
  name: row.name,
  prefix: row.prefix,
  scopes: [...row.scopes],
  created_at: row.created_at.toISOString(),
  expires_at: row.expires_at?.toISOString() ?? null,
  revoked_at: row.revoked_at?.toISOString() ?? null,
});
