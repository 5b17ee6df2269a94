/** To make a key needs two people: what is frozen of it, and how it is made. */
import { z } from 'zod';
import type { ApprovalId } from '../../kernel/ids.ts';
import type { Tx } from '../../platform/db/port.ts';
import { TIMESTAMP } from '../../platform/http-server/port.ts';
import { checkKeyRequest, type KeyRequest, type SecretOf } from './key-request.ts';
import { ROLES } from './roles.ts';
import type { AccessService } from './service.ts';

export const CREATE_KEY = 'keys.create';

/**
 * With the hash of a secret that its bearer has already: whoever approves never sees it, and nobody stores it.
 */
const NEW_KEY = z.strictObject({
  name: z.string().min(1).max(100),
  role: z.enum(ROLES),
  owner: z.string().nullable(),
  scopes: z.array(z.string()),
  addresses: z.array(z.string()),
  expires_at: TIMESTAMP.nullable(),
  secret_hash: z.string().regex(/^[0-9a-f]{64}$/),
  prefix: z.string().regex(/^pl_.{6}$/),
});
type NewKey = z.output<typeof NEW_KEY>;

/** @throws as `checkKeyRequest` */
export function newKeyPayload(request: KeyRequest, secret: SecretOf): NewKey {
  const { role, owner, scopes, addresses } = checkKeyRequest(request);
  return {
    ...{ name: request.name, role, owner, scopes: [...scopes], addresses: [...addresses] },
    expires_at: request.expiresAt?.toISOString() ?? null,
    ...{ secret_hash: secret.hash, prefix: secret.prefix },
  };
}

const requestOf = ({ name, role, owner, scopes, addresses, expires_at }: NewKey): KeyRequest => ({
  ...{ name, role, scopes, addresses, owner: owner ?? undefined },
  expiresAt: expires_at === null ? undefined : new Date(expires_at),
});

export const createKeyAction = (access: AccessService) => ({
  name: CREATE_KEY,
  about: 'an API key is made: somebody can do from then on what its role and its scopes let them',
  scope: 'keys:admin',
  askAt: 'POST /v1/keys',
  schema: NEW_KEY,
  target: ({ name, owner }: NewKey) => `"${name}" of ${owner ?? 'a machine'}`,
  validate: async (payload: NewKey) => {
    checkKeyRequest(requestOf(payload));
  },
  execute: async (tx: Tx, payload: NewKey, by: { readonly approvalId: ApprovalId; readonly requestedBy: string }) => {
    const secret = { hash: payload.secret_hash, prefix: payload.prefix };
    const row = await access.insertKey(tx, requestOf(payload), secret, {
      ...{ createdBy: by.requestedBy, approvalId: by.approvalId },
    });
    return { result: { key_id: row.id } };
  },
});
