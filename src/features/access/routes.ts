/** API keys over HTTP. */
import { z } from 'zod';
import { type ApprovalGate, PENDING_APPROVAL } from '../../platform/http-server/approval.ts';
import { type Caller, LINE_OF_TEXT, type RegisterRoutes, TIMESTAMP, uuid } from '../../platform/http-server/port.ts';
import { CREATE_KEY, newKeyPayload } from './dangerous.ts';
import type { KeyRequest } from './key-request.ts';
import { ROLES } from './roles.ts';
import { SCOPES } from './scopes.ts';
import type { AccessService } from './service.ts';
import type { ApiKeyRow, ListedKey } from './store.ts';

const KEY = z.object({
  id: z.uuid(),
  name: z.string(),
  prefix: z.string().describe('The first characters of the secret, to recognise it by'),
  role: z.enum(ROLES),
  owner: z.string().nullable().describe("Whom it belongs to; null for a machine's"),
  scopes: z.array(z.string()),
  addresses: z.array(z.string()).describe('Where it may be used from; empty: anywhere'),
  created_by: z.string().nullable(),
  approval_id: z.uuid().nullable(),
  created_at: TIMESTAMP,
  expires_at: TIMESTAMP.nullable(),
  revoked_at: TIMESTAMP.nullable(),
});
const LISTED = KEY.extend({
  last_used_at: TIMESTAMP.nullable().describe('To about a minute'),
  last_address: z.string().nullable(),
});
const SECRET = { secret: z.string().nullable().describe('null when the request is replayed') };

const tags = ['keys'];
const config = { access: 'keys:admin' };

export interface AccessRoutesDeps {
  readonly access: AccessService;
  readonly approvals: ApprovalGate;
  /** Whether this machine's own command line makes keys alone, for there are not yet two people who could. */
  readonly isFirst: (caller: Caller) => Promise<boolean>;
}

export const accessRoutes =
  ({ access, approvals, isFirst }: AccessRoutesDeps): RegisterRoutes =>
  (routes) => {
    routes.post(
      '/v1/keys',
      {
        config: { ...config, acts: true, answeredOnce: ['secret'], stepUp: true },
        schema: {
          tags,
          summary: 'Create an API key; its secret is shown this once',
          description:
            "A machine's key has the role `service`, and scopes. A person's has another role and names its owner: all keys of one person are one subject. Where approvals are required the answer is 202, and the secret is of no use before somebody else has approved the key.",
          body: z.strictObject({
            name: LINE_OF_TEXT,
            role: z.enum(ROLES).default('service'),
            owner: z.string().max(210).optional().describe('As the identity provider names people: an@example.com'),
            scopes: z
              .array(z.string())
              .min(1)
              .max(100)
              .optional()
              .describe(
                `Absent: all that the role may have. ${Object.entries(SCOPES)
                  .map(([name, what]) => `${name}: ${what}`)
                  .join('; ')}`,
              ),
            addresses: z.array(z.string().max(60)).max(100).optional().describe('Addresses and networks (CIDR)'),
            expires_at: TIMESTAMP.optional(),
            reason: LINE_OF_TEXT.optional().describe('For whoever approves it'),
          }),
          response: { 201: KEY.extend(SECRET), 202: PENDING_APPROVAL.extend(SECRET) },
        },
      },
      async (request, reply) => {
        const { expires_at, reason, ...asked } = request.body;
        const key: KeyRequest = { ...asked, ...(expires_at === undefined ? {} : { expiresAt: new Date(expires_at) }) };
        if (!(await isFirst(request.caller))) {
          const { secret, ...of } = access.newSecret();
          const why = reason ?? `a key "${asked.name}" of the role ${asked.role}`;
          const by = { caller: request.caller, reason: why };
          const pending = await approvals.propose(CREATE_KEY, newKeyPayload(key, of), by);
          if (pending !== undefined) {
            reply.code(202);
            return { ...pending, secret };
          }
        }
        const created = await access.createKey(key, request.subject);
        reply.code(201);
        return { ...keyToJson(created.row), secret: created.secret };
      },
    );
    routes.get(
      '/v1/keys',
      { config, schema: { tags, summary: 'All API keys', response: { 200: z.object({ data: z.array(LISTED) }) } } },
      async () => ({ data: (await access.listKeys()).map(listedToJson) }),
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
      async (request) => keyToJson(await access.revokeKey(request.params.id)),
    );
  };

const keyToJson = (row: ApiKeyRow): z.input<typeof KEY> => ({
  ...{ id: row.id, name: row.name, prefix: row.prefix, role: row.role, owner: row.owner },
  scopes: [...row.scopes],
  addresses: [...row.addresses],
  ...{ created_by: row.created_by, approval_id: row.approval_id },
  created_at: row.created_at.toISOString(),
  expires_at: row.expires_at?.toISOString() ?? null,
  revoked_at: row.revoked_at?.toISOString() ?? null,
});

const listedToJson = (row: ListedKey): z.input<typeof LISTED> => ({
  ...keyToJson(row),
  last_used_at: row.last_used_at?.toISOString() ?? null,
  last_address: row.last_address,
});
