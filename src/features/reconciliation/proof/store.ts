/** All the SQL of proofs of liabilities. */
import { type RawBuilder, type Selectable, sql } from 'kysely';
import { z } from 'zod';
import type { BusinessDate } from '../../../kernel/business-date.ts';
import { canonicalJson, type Json } from '../../../kernel/canonical.ts';
import type { Id, ReconciliationId } from '../../../kernel/ids.ts';
import type { Db, Sql, Tx } from '../../../platform/db/port.ts';
import { asOf } from '../store-cut.ts';
import { BALANCE_COLUMNS, PARTS } from './balances.ts';

export type ProofId = Id<'liability-proof'>;

type LiabilityProofs = {
  readonly id: ProofId;
  readonly report_id: ReconciliationId;
  readonly book: string;
  readonly asset: string;
  readonly business_date: BusinessDate;
  readonly seq: number;
  readonly header: string;
  readonly header_hash: string;
  readonly prev: string;
  readonly signature: string;
  readonly public_key: string;
  readonly digest: string;
  readonly leaves: bigint;
  readonly merchants: bigint;
  readonly total: string;
  readonly negative_count: bigint;
  readonly negative_total: string;
  readonly negatives: Json;
  readonly leaf_file: string | null;
  readonly created_at: Date;
};
type Verifications = {
  readonly proof_id: ProofId;
  readonly merchant_id: string;
  readonly verified_by: string;
  readonly verified_at: Date;
};
type Tables = { liability_proofs: LiabilityProofs; proof_verifications: Verifications };

export type ProofRow = Selectable<LiabilityProofs>;

const tables = (db: Sql | Tx) => db.$extendTables<Tables>();

const balances = (query: string, cut: Date | undefined): RawBuilder<unknown> => {
  const text = query.trim().replace(/;\s*$/, '');
  return cut === undefined ? sql.raw(`\n${text}\n`) : sql`\n${asOf(text, cut)}\n`;
};

/** `xmin:xmax:xip_list` of the transaction's snapshot. */
export async function snapshotOf(tx: Tx): Promise<string> {
  const { rows } = await sql`SELECT pg_current_snapshot()::text AS snapshot`.execute(tx);
  return z.tuple([z.object({ snapshot: z.string() })]).parse(rows)[0].snapshot;
}

/** The types of the query's columns, without running it. */
export async function typesOf(tx: Tx, query: string, cut: Date | undefined): Promise<Readonly<Record<string, string>>> {
  const columns = ['merchant_id', ...PARTS].map((name) => sql`pg_typeof(b.${sql.id(name)})::text AS ${sql.id(name)}`);
  const { rows } = await sql`SELECT ${sql.join(columns)}
    FROM (VALUES (1)) AS one LEFT JOIN (SELECT * FROM (${balances(query, cut)}) AS q LIMIT 0) AS b ON true`.execute(tx);
  return z.tuple([z.record(z.string(), z.string())]).parse(rows)[0];
}

export const copyBalances = (db: Db, tx: Tx, query: string, cut: Date | undefined): AsyncIterable<Uint8Array> =>
  db.copyOut(tx, balances(query, cut), BALANCE_COLUMNS);

/** The first merchants that the query answers with more than once. */
export async function duplicateMerchants(tx: Tx, query: string, cut: Date | undefined): Promise<readonly string[]> {
  const { rows } = await sql`SELECT b.merchant_id::uuid AS merchant FROM (${balances(query, cut)}) AS b
    GROUP BY 1 HAVING count(*) > 1 ORDER BY 1 LIMIT 10`.execute(tx);
  return z
    .array(z.object({ merchant: z.string() }))
    .parse(rows)
    .map(({ merchant }) => merchant);
}

/** Runs `work`; where it fails, what it did in the transaction is undone, and others go on. */
export async function undoable<T>(tx: Tx, work: () => Promise<T>): Promise<T> {
  await sql`SAVEPOINT liability_proof`.execute(tx);
  try {
    const result = await work();
    await sql`RELEASE SAVEPOINT liability_proof`.execute(tx);
    return result;
  } catch (error) {
    await sql`ROLLBACK TO SAVEPOINT liability_proof`.execute(tx).catch(() => undefined); // a lost connection undoes all
    throw error;
  }
}

/** Until the transaction ends nobody else appends to this chain. @returns its newest header */
export async function lockHead(tx: Tx, book: string, asset: string): Promise<ProofRow | undefined> {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`liability_proofs/${book}/${asset}`}, 0))`.execute(tx);
  return tables(tx)
    .selectFrom('liability_proofs')
    .selectAll()
    .where('book', '=', book)
    .where('asset', '=', asset)
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst();
}

export async function insertProof(tx: Tx, row: ProofRow): Promise<void> {
  const negatives = sql<Json>`${canonicalJson(row.negatives)}::jsonb`;
  await tables(tx)
    .insertInto('liability_proofs')
    .values({ ...row, negatives })
    .execute();
}

export const findById = (db: Sql | Tx, id: ProofId): Promise<ProofRow | undefined> =>
  tables(db).selectFrom('liability_proofs').selectAll().where('id', '=', id).executeTakeFirst();

/** The newest of the date. */
export const findByDate = (
  db: Sql | Tx,
  book: string,
  asset: string,
  date: BusinessDate,
): Promise<ProofRow | undefined> =>
  tables(db)
    .selectFrom('liability_proofs')
    .selectAll()
    .where('book', '=', book)
    .where('asset', '=', asset)
    .where('business_date', '=', date)
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst();

/** Newest first. @param before a place in the chain */
export async function listProofs(
  db: Sql | Tx,
  book: string,
  asset: string,
  { limit, before }: { readonly limit: number; readonly before?: number },
): Promise<readonly ProofRow[]> {
  let query = tables(db)
    .selectFrom('liability_proofs')
    .selectAll()
    .where('book', '=', book)
    .where('asset', '=', asset)
    .orderBy('seq', 'desc')
    .limit(limit);
  if (before !== undefined) query = query.where('seq', '<', before);
  return query.execute();
}

export async function insertVerification(tx: Tx, row: Selectable<Verifications>): Promise<void> {
  await tables(tx)
    .insertInto('proof_verifications')
    .values(row)
    .onConflict((conflict) => conflict.columns(['proof_id', 'merchant_id']).doNothing())
    .execute();
}

/** Merchants who have verified, each counted once. */
export async function countVerified(db: Sql | Tx, id: ProofId): Promise<number> {
  const { verified } = await tables(db)
    .selectFrom('proof_verifications')
    .select(({ fn }) => fn.countAll().as('verified'))
    .where('proof_id', '=', id)
    .executeTakeFirstOrThrow();
  return Number(verified);
}
