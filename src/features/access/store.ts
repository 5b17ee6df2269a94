/** All the SQL of access. */
import type { Selectable } from 'kysely';
import type { ApiKeyId } from '../../kernel/ids.ts';
import type { Sql } from '../../platform/db/port.ts';
import type { Scope } from './scopes.ts';

type ApiKeys = {
  readonly id: ApiKeyId;
  readonly name: string;
  readonly prefix: string;
  readonly secret_hash: string;
  readonly scopes: readonly Scope[];
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
};

type Tables = { api_keys: ApiKeys; idempotency_keys: IdempotencyKeys };

export type ApiKeyRow = Selectable<ApiKeys>;
export type IdempotencyRow = Selectable<IdempotencyKeys>;

const tables = (db: Sql) => db.$extendTables<Tables>();

export const insertKey = async (db: Sql, row: ApiKeyRow): Promise<void> => {
  await tables(db).insertInto('api_keys').values(row).execute();
};

export const findKeyByHash = (db: Sql, secretHash: string): Promise<ApiKeyRow | undefined> =>
  tables(db).selectFrom('api_keys').selectAll().where('secret_hash', '=', secretHash).executeTakeFirst();

export const listKeys = (db: Sql): Promise<readonly ApiKeyRow[]> =>
  tables(db).selectFrom('api_keys').selectAll().orderBy('created_at').orderBy('id').execute();

/** @returns undefined where there is no such key; a key revoked before keeps its first time */
export const revokeKey = (db: Sql, id: ApiKeyId, at: Date): Promise<ApiKeyRow | undefined> =>
  tables(db)
    .updateTable('api_keys')
    .set(({ fn, val }) => ({ revoked_at: fn.coalesce('revoked_at', val(at)) }))
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst();

/** @returns undefined where this request is the first with its key, and is now claimed by the caller */
export async function claimRequest(
  db: Sql,
  claim: Pick<IdempotencyRow, 'subject' | 'key' | 'request_hash' | 'claimed_at'>,
  /** A claim from before this has lost its process and may be taken over. */
  abandonedBefore: Date,
): Promise<IdempotencyRow | undefined> {
  const claimed = await tables(db)
    .insertInto('idempotency_keys')
    .values({ ...claim, response_code: null, response_body: null })
    .onConflict((conflict) =>
      conflict
        .columns(['subject', 'key'])
        .doUpdateSet({ claimed_at: claim.claimed_at })
        .where('idempotency_keys.response_code', 'is', null)
        .where('idempotency_keys.claimed_at', '<', abandonedBefore)
        .where('idempotency_keys.request_hash', '=', claim.request_hash),
    )
    .returning('key')
    .executeTakeFirst();
  if (claimed !== undefined) return undefined;
  return tables(db)
    .selectFrom('idempotency_keys')
    .selectAll()
    .where('subject', '=', claim.subject)
    .where('key', '=', claim.key)
    .executeTakeFirst();
}

export async function answerRequest(
  db: Sql,
  { subject, key }: Pick<IdempotencyRow, 'subject' | 'key'>,
  answer: { readonly response_code: number; readonly response_body: string },
): Promise<void> {
  await tables(db)
    .updateTable('idempotency_keys')
    .set(answer)
    .where('subject', '=', subject)
    .where('key', '=', key)
    .execute();
}

/** The request failed before it did anything that must not be repeated: its key is free again. */
export async function releaseRequest(
  db: Sql,
  { subject, key }: Pick<IdempotencyRow, 'subject' | 'key'>,
): Promise<void> {
  await tables(db)
    .deleteFrom('idempotency_keys')
    .where('subject', '=', subject)
    .where('key', '=', key)
    .where('response_code', 'is', null)
    .execute();
}

/** Claims and answers of requests that nobody will send again. */
export async function deleteRequestsBefore(db: Sql, before: Date): Promise<void> {
  await tables(db).deleteFrom('idempotency_keys').where('claimed_at', '<', before).execute();
}
