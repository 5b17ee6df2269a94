/** API keys: who asks, and what they may. */
import type { Clock, Random } from '../../kernel/clock.ts';
import { PlumblineError } from '../../kernel/errors.ts';
import { sha256Hex } from '../../kernel/hash.ts';
import type { ApiKeyId, ApprovalId } from '../../kernel/ids.ts';
import type { Db, Tx } from '../../platform/db/port.ts';
import type { Logger } from '../../platform/telemetry/port.ts';
import { ConfirmedKeys, type KnownKey } from './confirmed-keys.ts';
import { type KeyRequest, newSecret, rowOf, type SecretOf, secretOf } from './key-request.ts';
import { LastUse } from './last-use.ts';
import { keyCreated } from './notices.ts';
import type { Notices } from './ports.ts';
import type { Principal } from './principal.ts';
import type { Role } from './roles.ts';
import type { Scope } from './scopes.ts';
import type { ApiKeyRow, ListedKey } from './store.ts';
import * as store from './store.ts';

export class AccessService {
  readonly #db: Db;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #notices: Notices;
  /** Keys of this process alone, by hash: how its own CLI speaks to it. */
  readonly #local = new Map<string, Principal>();
  readonly #keys: ConfirmedKeys;
  /** When keys were used last: to be started with the service, and stopped before its database. */
  readonly lastUse: LastUse;

  constructor(deps: {
    readonly db: Db;
    readonly clock: Clock;
    readonly random: Random;
    readonly log: Pick<Logger, 'warn'>;
    readonly notices: Notices;
  }) {
    this.#notices = deps.notices;
    this.#db = deps.db;
    this.#clock = deps.clock;
    this.#random = deps.random;
    this.#keys = new ConfirmedKeys({ ...deps, find: (hash) => store.findKeyByHash(deps.db.sql, hash) });
    this.lastUse = new LastUse({
      ...deps,
      write: (uses) =>
        store.noteUses(
          deps.db.sql,
          [...uses].map(([key_id, { at, address }]) => ({
            ...{ key_id, last_address: address },
            last_used_at: new Date(at),
          })),
        ),
    });
  }

  digest(secret: string): string {
    return sha256Hex(secret);
  }

  /**
   * At once where memory has the answer. A key that another process revoked is refused within 2 s; where
   * the database is silent, one that it confirmed within 5 minutes still serves a request that only reads.
   * @param use `address` is where the request comes from
   * @throws `access.unauthenticated`, `access.key_revoked`, `access.key_expired`, `access.address_refused`
   * (denied), also as a rejection
   */
  authenticate(
    digest: string,
    use: { readonly reads: boolean; readonly address: string },
  ): Principal | Promise<Principal> {
    const local = this.#local.get(digest);
    if (local !== undefined) return local;
    const known = this.#keys.get(digest, use.reads);
    return known instanceof Promise
      ? known.then((key) => this.#inForce(key, use.address))
      : this.#inForce(known, use.address);
  }

  #inForce(known: KnownKey | undefined, address: string): Principal {
    if (known === undefined)
      throw new PlumblineError('denied', 'access.unauthenticated', 'the API key is not known here');
    const { row, principal, addresses } = known;
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
    if (addresses !== undefined && !addresses.includes(address)) {
      throw new PlumblineError(
        'denied',
        'access.address_refused',
        `the API key ${row.prefix} is not to be used from ${address}; it has a list of addresses`,
      );
    }
    this.lastUse.note(row.id, address);
    return principal;
  }

  /**
   * The secret is in the answer and nowhere else: it cannot be shown again.
   * @throws as `checkKeyRequest`
   */
  async createKey(
    request: KeyRequest,
    createdBy: string,
  ): Promise<{ readonly row: ApiKeyRow; readonly secret: string }> {
    const { secret, ...of } = this.newSecret();
    const row = await this.#db.transaction({}, (tx) => this.insertKey(tx, request, of, { createdBy }));
    return { row, secret };
  }

  /** In the transaction of what allows it. @throws as `checkKeyRequest` */
  async insertKey(
    tx: Tx,
    request: KeyRequest,
    secret: SecretOf,
    by: { readonly createdBy: string; readonly approvalId?: ApprovalId },
  ): Promise<ApiKeyRow> {
    const row = rowOf(request, secret, { ...by, clock: this.#clock, random: this.#random });
    await store.insertKey(tx, row);
    await this.#notices.raise(tx, keyCreated(row, by.createdBy));
    return row;
  }

  /** A secret whose key is yet to be made: its bearer has it, everybody else has its hash. */
  newSecret(): { readonly secret: string } & SecretOf {
    const secret = newSecret(this.#random);
    return { secret, ...secretOf(secret) };
  }

  /**
   * A key that lives as long as this process and is stored nowhere.
   * @param subject `local`, or in tests whoever they need
   */
  createLocalKey(subject: string, scopes: readonly Scope[], role: Role = 'admin'): string {
    const secret = newSecret(this.#random);
    this.#local.set(this.digest(secret), { subject, via: 'local', role, scopes: new Set(scopes) });
    return secret;
  }

  listKeys(): Promise<readonly ListedKey[]> {
    return store.listKeys(this.#db.sql);
  }

  /** How many people hold a key in force with the scope. */
  countOwners(scope: Scope): Promise<number> {
    return store.countOwners(this.#db.sql, scope, new Date(this.#clock.now()));
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
}
