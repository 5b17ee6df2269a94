/** API keys: who asks, and what they may. */
import type { Clock, Random } from '../../kernel/clock.ts';
import { PlumblineError } from '../../kernel/errors.ts';
import { sha256Hex } from '../../kernel/hash.ts';
import { type ApiKeyId, newId } from '../../kernel/ids.ts';
import type { Db } from '../../platform/db/port.ts';
import { ConfirmedKeys, type KnownKey } from './confirmed-keys.ts';
import type { Principal } from './principal.ts';
import { isScope, SCOPES, type Scope } from './scopes.ts';
import type { ApiKeyRow } from './store.ts';
import * as store from './store.ts';

export interface NewKey {
  readonly name: string;
  readonly scopes: readonly string[];
  readonly expiresAt?: Date;
}

export class AccessService {
  readonly #db: Db;
  readonly #clock: Clock;
  readonly #random: Random;
  /** Keys of this process alone, by hash: how its own CLI speaks to it. */
  readonly #local = new Map<string, Principal>();
  readonly #keys: ConfirmedKeys;

  constructor(deps: { readonly db: Db; readonly clock: Clock; readonly random: Random }) {
    this.#db = deps.db;
    this.#clock = deps.clock;
    this.#random = deps.random;
    this.#keys = new ConfirmedKeys({ ...deps, find: (hash) => store.findKeyByHash(deps.db.sql, hash) });
  }

  digest(secret: string): string {
    return sha256Hex(secret);
  }

  /**
   * At once where memory has the answer. A key that another process revoked is refused within 2 s; where
   * the database is silent, one that it confirmed within 5 minutes still serves a request that only reads.
   * @throws `access.unauthenticated`, `access.key_revoked`, `access.key_expired` (denied), also as a rejection
   */
  authenticate(digest: string, { reads }: { readonly reads: boolean }): Principal | Promise<Principal> {
    const local = this.#local.get(digest);
    if (local !== undefined) return local;
    const known = this.#keys.get(digest, reads);
    return known instanceof Promise ? known.then((key) => this.#inForce(key)) : this.#inForce(known);
  }

  #inForce(known: KnownKey | undefined): Principal {
    if (known === undefined)
      throw new PlumblineError('denied', 'access.unauthenticated', 'the API key is not known here');
    const { row, principal } = known;
    if (row.revoked_at !== null) {
      throw new PlumblineError(
        'denied',
        'access.key_revoked',
        `the API key ${row.prefix} was revoked at ${row.revoked_at.toISOString()}`,
      );
    }
    if (row.expires_at !== null && row.expires_at.getTime() <= this.#clock.now()) {
      throw new PlumblineError(
        'denied',
        'access.key_expired',
        `the API key ${row.prefix} expired at ${row.expires_at.toISOString()}`,
      );
    }
    return principal;
  }

  /**
   * The secret is in the answer and nowhere else: it cannot be shown again.
   * @throws `access.scope_unknown` (invalid)
   */
  async createKey(request: NewKey): Promise<{ readonly row: ApiKeyRow; readonly secret: string }> {
    const scopes = request.scopes.filter(isScope);
    const unknown = request.scopes.filter((name) => !isScope(name));
    if (unknown.length > 0 || scopes.length === 0) {
      const accepted = Object.keys(SCOPES).join(', ');
      const named =
        unknown.length > 0 ? `unknown scope ${unknown.map((name) => `"${name.slice(0, 40)}"`).join(', ')}` : 'no scope';
      throw new PlumblineError('invalid', 'access.scope_unknown', `${named}; accepted: ${accepted}`, {
        faults: [{ pointer: '/scopes', message: `accepted: ${accepted}` }],
      });
    }
    const secret = this.#newSecret();
    const row: ApiKeyRow = {
      id: newId<'api-key'>(this.#clock, this.#random),
      name: request.name,
      prefix: prefixOf(secret),
      secret_hash: this.digest(secret),
      scopes: [...new Set(scopes)].sort(),
      created_at: new Date(this.#clock.now()),
      expires_at: request.expiresAt ?? null,
      revoked_at: null,
    };
    await store.insertKey(this.#db.sql, row);
    return { row, secret };
  }

  /** A key that lives as long as this process and is stored nowhere. */
  createLocalKey(subject: string, scopes: readonly Scope[]): string {
    const secret = this.#newSecret();
    this.#local.set(this.digest(secret), { subject, scopes: new Set(scopes) });
    return secret;
  }

  listKeys(): Promise<readonly ApiKeyRow[]> {
    return store.listKeys(this.#db.sql);
  }

  /** Heeded by this process at once, by others within 2 s. @throws `access.key_unknown` (missing) */
  async revokeKey(id: ApiKeyId): Promise<ApiKeyRow> {
    const row = await this.#revoke(id);
    if (row === undefined) throw new PlumblineError('missing', 'access.key_unknown', `there is no API key ${id}`);
    return row;
  }

  async #revoke(id: ApiKeyId): Promise<ApiKeyRow | undefined> {
    try {
      return await store.revokeKey(this.#db.sql, id, new Date(this.#clock.now()));
    } finally {
      this.#keys.forget(id); // even where the answer was lost: it may be revoked
    }
  }

  #newSecret(): string {
    return `pl_${Buffer.from(this.#random.bytes(32)).toString('base64url')}`;
  }
}

/** Enough to recognise a key by, far too little to guess it. */
const prefixOf = (secret: string): string => secret.slice(0, 9);
