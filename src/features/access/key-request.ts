/** What is asked for when a key is made, checked: its role, its owner, its scopes, its addresses. */
import type { Clock, Random } from '../../kernel/clock.ts';
import { PlumblineError } from '../../kernel/errors.ts';
import { sha256Hex } from '../../kernel/hash.ts';
import { type ApprovalId, newId } from '../../kernel/ids.ts';
import { parseAddresses } from './addresses.ts';
import { ownerOf } from './principal.ts';
import { mayHave, type Role, scopesOf } from './roles.ts';
import { isScope, SCOPES, type Scope } from './scopes.ts';
import type { ApiKeyRow } from './store.ts';

export interface KeyRequest {
  readonly name: string;
  /** `service` unless told: a machine's. */
  readonly role?: Role | undefined;
  /** Of a person's key: who it is. */
  readonly owner?: string | undefined;
  /** Absent: all that the role may have; a machine's are named one by one. */
  readonly scopes?: readonly string[] | undefined;
  readonly addresses?: readonly string[] | undefined;
  readonly expiresAt?: Date | undefined;
}

/** What is stored of a secret. */
export interface SecretOf {
  readonly hash: string;
  /** Enough to recognise a key by, far too little to guess it. */
  readonly prefix: string;
}

export const newSecret = (random: Random): string => `pl_${Buffer.from(random.bytes(32)).toString('base64url')}`;

export const secretOf = (secret: string): SecretOf => ({ hash: sha256Hex(secret), prefix: secret.slice(0, 9) });

type Checked = Pick<ApiKeyRow, 'role' | 'owner' | 'scopes' | 'addresses'>;

/**
 * @throws `access.scope_unknown`, `access.scope_not_of_role`, `access.owner_missing`, `access.owner_malformed`,
 * `access.owner_of_machine`, `access.address_malformed` (invalid)
 */
export function checkKeyRequest(request: KeyRequest): Checked {
  const { role = 'service', addresses = [] } = request;
  parseAddresses(addresses);
  return { role, owner: ownerFor(role, request.owner), scopes: scopesFor(role, request.scopes), addresses };
}

export function rowOf(
  request: KeyRequest,
  secret: SecretOf,
  by: {
    readonly createdBy: string;
    readonly approvalId?: ApprovalId;
    readonly clock: Clock;
    readonly random: Random;
  },
): ApiKeyRow {
  return {
    ...checkKeyRequest(request),
    id: newId<'api-key'>(by.clock, by.random),
    name: request.name,
    prefix: secret.prefix,
    secret_hash: secret.hash,
    created_by: by.createdBy,
    approval_id: by.approvalId ?? null,
    created_at: new Date(by.clock.now()),
    expires_at: request.expiresAt ?? null,
    revoked_at: null,
  };
}

function ownerFor(role: Role, owner: string | undefined): string | null {
  if (role === 'service') {
    if (owner === undefined) return null;
    throw new PlumblineError(
      'invalid',
      'access.owner_of_machine',
      "a key of the role service is a machine's and has no owner; a person's has another role",
      { faults: [{ pointer: '/owner', message: 'must be absent with role service' }] },
    );
  }
  if (owner !== undefined) return ownerOf(owner);
  throw new PlumblineError(
    'invalid',
    'access.owner_missing',
    `a key of the role ${role} is a person's: name whom it belongs to as owner, as the identity provider names them, for example an@example.com`,
    { faults: [{ pointer: '/owner', message: `is required with role ${role}` }] },
  );
}

function scopesFor(role: Role, names: readonly string[] | undefined): readonly Scope[] {
  if (names === undefined && role !== 'service') return [...scopesOf(role)].sort();
  const scopes = (names ?? []).filter(isScope);
  const unknown = (names ?? []).filter((name) => !isScope(name));
  if (unknown.length > 0 || scopes.length === 0) {
    const accepted = Object.keys(SCOPES).join(', ');
    const named =
      unknown.length > 0 ? `unknown scope ${unknown.map((name) => `"${name.slice(0, 40)}"`).join(', ')}` : 'no scope';
    throw new PlumblineError('invalid', 'access.scope_unknown', `${named}; accepted: ${accepted}`, {
      faults: [{ pointer: '/scopes', message: `accepted: ${accepted}` }],
    });
  }
  const foreign = scopes.filter((scope) => !mayHave(role, scope));
  if (foreign.length > 0) {
    const of = scopesOf(role).join(', ');
    throw new PlumblineError(
      'invalid',
      'access.scope_not_of_role',
      `a key of the role ${role} cannot have ${foreign.join(', ')}; it can have ${of}`,
      { faults: [{ pointer: '/scopes', message: `of role ${role}: ${of}` }] },
    );
  }
  return [...new Set(scopes)].sort();
}
