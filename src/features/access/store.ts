/** All the SQL of access. */
import { type Selectable, sql } from 'kysely';
import type { ApiKeyId, ApprovalId } from '../../kernel/ids.ts';
import type { Sql } from '../../platform/db/port.ts';
import type { Role } from './roles.ts';
import type { Scope } from './scopes.ts';

type ApiKeys = {
  readonly id: ApiKeyId;
  readonly name: string;
  readonly prefix: string;
  readonly secret_hash: string;
  readonly scopes: readonly Scope[];
  readonly role: Role;
  /** `person:<name>`; NULL for a machine's key. */
  readonly owner: string | null;
  readonly addresses: readonly string[];
  readonly created_by: string | null;
  readonly approval_id: ApprovalId | null;
  readonly created_at: Date;
  readonly expires_at: Date | null;
  readonly revoked_at: Date | null;
};

type IdempotencyKeys = {
  readonly subject: string;
  readonly key: string;
  readonly request_hash: string;
  readonly response_code: number | null;
  readonly response_body: string | null;
  readonly claimed_at: Date;
  /** Of whoever is at it: another one neither answers nor releases. */
  readonly claim: string | null;
};

type KeyUses = { readonly key_id: ApiKeyId; readonly last_used_at: Date; readonly last_address: string };
type Tables = { api_keys: ApiKeys; api_key_uses: KeyUses; idempotency_keys: IdempotencyKeys };

export type ApiKeyRow = Selectable<ApiKeys>;
export type ListedKey = ApiKeyRow & Pick<{ [K in keyof KeyUses]: KeyUses[K] | null }, 'last_used_at' | 'last_address'>;
export type IdempotencyRow = Selectable<IdempotencyKeys>;

const tables = (db: Sql) => db.$extendTables<Tables>();

export const insertKey = async (db: Sql, row: ApiKeyRow): Promise<void> => {
  await tables(db).insertInto('api_keys').values(row).execute();
};

export const findKeyByHash = (db: Sql, secretHash: string): Promise<ApiKeyRow | undefined> =>
  tables(db).selectFrom('api_keys').selectAll().where('secret_hash', '=', secretHash).executeTakeFirst();

export const listKeys = (db: Sql): Promise<readonly ListedKey[]> =>
  tables(db)
    .selectFrom('api_keys')
    .leftJoin('api_key_uses', 'key_id', 'id')
    .selectAll('api_keys')
    .select(['last_used_at', 'last_address'])
    .orderBy('created_at')
    .orderBy('id')
    .execute();

/** How many people hold a key in force that may do this. */
export async function countOwners(db: Sql, scope: Scope, now: Date): Promise<number> {
  const { n } = await tables(db)
    .selectFrom('api_keys')
    .select(({ fn }) => fn.count<bigint>('owner').distinct().as('n'))
    .where('revoked_at', 'is', null)
    .where((where) => where.or([where('expires_at', 'is', null), where('expires_at', '>', now)]))
    .where(sql<boolean>`${scope} = ANY (scopes)`)
    .executeTakeFirstOrThrow();
  return Number(n);
}

/** A later use stands, whoever writes it. */
export async function noteUses(db: Sql, uses: readonly KeyUses[]): Promise<void> {
  await tables(db)
    .insertInto('api_key_uses')
    .values(uses)
    .onConflict((conflict) =>
      conflict
        .column('key_id')
        .doUpdateSet(({ ref }) => ({
          last_used_at: ref('excluded.last_used_at'),
          last_address: ref('excluded.last_address'),
        }))
        .whereRef('api_key_uses.last_used_at', '<', 'excluded.last_used_at'),
    )
    .execute();
}

/** @returns undefined where there is no such key; a key revoked before keeps its first time */
export const revokeKey = (db: Sql, id: ApiKeyId, at: Date): Promise<ApiKeyRow | undefined> =>
  tables(db)
    .updateTable('api_keys')
    .set(({ fn, val }) => ({ revoked_at: fn.coalesce('revoked_at', val(at)) }))
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst();

type Claim = Pick<IdempotencyRow, 'subject' | 'key' | 'request_hash' | 'claimed_at'> & { readonly claim: string };

/**
 * One statement decides: the key is claimed, or somebody else's row is the answer.
 * @returns `claimed`, the row of the request that came before, or undefined where that row went away meanwhile
 */
export async function claimRequest(
  db: Sql,
  claim: Claim,
  /** A claim from before this has lost its process and may be taken over. */
  abandonedBefore: Date,
): Promise<'claimed' | IdempotencyRow | undefined> {
  const claimed = await tables(db)
    .insertInto('idempotency_keys')
    .values({ ...claim, response_code: null, response_body: null })
    .onConflict((conflict) =>
      conflict
        .columns(['subject', 'key'])
        .doUpdateSet({ claimed_at: claim.claimed_at, claim: claim.claim })
        .where('idempotency_keys.response_code', 'is', null)
        .where('idempotency_keys.claimed_at', '<', abandonedBefore)
        .where('idempotency_keys.request_hash', '=', claim.request_hash),
    )
    .returning('key')
    .executeTakeFirst();
  if (claimed !== undefined) return 'claimed';
  return tables(db)
    .selectFrom('idempotency_keys')
    .selectAll()
    .where('subject', '=', claim.subject)
    .where('key', '=', claim.key)
    .executeTakeFirst();
}

/** @returns false where the claim is somebody else's by now, who has taken it for abandoned */
export async function answerRequest(
  db: Sql,
  { subject, key, claim }: Pick<Claim, 'subject' | 'key' | 'claim'>,
  answer: { readonly response_code: number; readonly response_body: string },
): Promise<boolean> {
  const result = await tables(db)
    .updateTable('idempotency_keys')
    .set(answer)
    .where('subject', '=', subject)
    .where('key', '=', key)
    .where('claim', '=', claim)
    .where('response_code', 'is', null)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** The request failed before it did anything that must not be repeated: its key is free again. */
export async function releaseRequest(
  db: Sql,
  { subject, key, claim }: Pick<Claim, 'subject' | 'key' | 'claim'>,
): Promise<void> {
  await tables(db)
    .deleteFrom('idempotency_keys')
    .where('subject', '=', subject)
    .where('key', '=', key)
    .where('claim', '=', claim)
    .where('response_code', 'is', null)
    .execute();
}

/** Claims and answers of requests that nobody will send again. */
export async function deleteRequestsBefore(db: Sql, before: Date): Promise<void> {
  await tables(db).deleteFrom('idempotency_keys').where('claimed_at', '<', before).execute();
}
