/** The SQL of published quotes, their policies, the sources' memory, and what operators did. */
import { type Selectable, sql } from 'kysely';
import type { Json } from '../../kernel/canonical.ts';
import { canonicalJson } from '../../kernel/canonical.ts';
import type { QuoteId } from '../../kernel/ids.ts';
import type { Sql, Tx } from '../../platform/db/port.ts';

type RatePolicies = { readonly policy_hash: string; readonly document: string; readonly first_used_at: Date };

type RateQuotes = {
  readonly quote_id: QuoteId;
  readonly pair: string;
  readonly bid: string;
  readonly mid: string;
  readonly ask: string;
  readonly half_spread_bps: number;
  readonly agreement: string;
  readonly basis: string;
  readonly sources: readonly string[];
  readonly as_of: Date;
  readonly published_at: Date;
  readonly policy_hash: string;
  readonly evidence: string;
};

type RateSources = {
  readonly source: string;
  readonly spent_until: Date;
  readonly hold_until: Date | null;
  readonly hold_reason: string | null;
  readonly updated_at: Date;
};

type ManualRates = {
  readonly id: string;
  readonly pair: string;
  readonly mid: string;
  readonly quote_id: QuoteId;
  readonly reason: string;
  readonly max_deviation_bps: number;
  readonly set_by: string;
  readonly set_at: Date;
  readonly expires_at: Date;
  readonly ended_at: Date | null;
  readonly ended_by: string | null;
  readonly end_reason: string | null;
};

type RateOperations = {
  readonly id: string;
  readonly at: Date;
  readonly subject: string;
  readonly action: string;
  readonly target: string;
  readonly reason: string;
  readonly details: Json;
};

type Tables = {
  rate_policies: RatePolicies;
  rate_quotes: RateQuotes;
  rate_sources: RateSources;
  manual_rates: ManualRates;
  rate_operations: RateOperations;
};

export type RateQuoteRow = Selectable<RateQuotes>;
export type RateSourceRow = Selectable<RateSources>;
export type ManualRateRow = Selectable<ManualRates>;

const tables = (db: Sql | Tx) => db.$extendTables<Tables>();

export async function insertPolicy(db: Sql | Tx, row: RatePolicies): Promise<void> {
  await tables(db)
    .insertInto('rate_policies')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** A quote that is there already is the same quote: it is written once. */
export async function insertQuotes(db: Sql | Tx, rows: readonly RateQuoteRow[]): Promise<void> {
  if (rows.length === 0) return;
  await tables(db)
    .insertInto('rate_quotes')
    .values([...rows])
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

export const findQuote = (db: Sql, id: QuoteId): Promise<(RateQuoteRow & { readonly policy: string }) | undefined> =>
  tables(db)
    .selectFrom('rate_quotes as q')
    .innerJoin('rate_policies as p', 'p.policy_hash', 'q.policy_hash')
    .selectAll('q')
    .select('p.document as policy')
    .where('q.quote_id', '=', id)
    .executeTakeFirst();

/** The newest quote of the pair that nobody contested and no operator set. */
export const lastGoodQuote = (db: Sql, pair: string): Promise<RateQuoteRow | undefined> =>
  tables(db)
    .selectFrom('rate_quotes')
    .selectAll()
    .where('pair', '=', pair)
    .where('agreement', 'not in', ['contested', 'unverified', 'manual'])
    .orderBy('published_at', 'desc')
    .orderBy('quote_id', 'desc')
    .limit(1)
    .executeTakeFirst();

export interface QuotesRequest {
  readonly pair: string;
  /** Inclusive. */
  readonly from: Date;
  /** Exclusive. */
  readonly to: Date;
}

export interface QuotesPage extends QuotesRequest {
  readonly limit: number;
  /** The last row of the page before. */
  readonly after?: { readonly publishedAt: Date; readonly id: QuoteId };
}

/** Newest first, without their evidence. */
export async function listQuotes(
  db: Sql,
  { pair, from, to, limit, after }: QuotesPage,
): Promise<readonly Omit<RateQuoteRow, 'evidence'>[]> {
  let query = tables(db)
    .selectFrom('rate_quotes')
    .select([
      'quote_id',
      'pair',
      'bid',
      'mid',
      'ask',
      'half_spread_bps',
      'agreement',
      'basis',
      'sources',
      'as_of',
      'published_at',
      'policy_hash',
    ])
    .where('pair', '=', pair)
    .where('published_at', '>=', from)
    .where('published_at', '<', to)
    .orderBy('published_at', 'desc')
    .orderBy('quote_id', 'desc')
    .limit(limit);
  if (after !== undefined) {
    query = query.where(({ eb, refTuple, tuple }) =>
      eb(refTuple('published_at', 'quote_id'), '<', tuple(after.publishedAt, after.id)),
    );
  }
  return query.execute();
}

export interface Bucket {
  readonly from: Date;
  readonly open: string;
  readonly high: string;
  readonly low: string;
  readonly close: string;
  readonly quotes: bigint;
  readonly widest_half_spread_bps: number;
  readonly contested: boolean;
}

/**
 * Oldest first; buckets without a quote are left out.
 * @param seconds length of a bucket; a day begins at midnight of `zone`
 */
export async function bucketQuotes(
  db: Sql,
  { pair, from, to }: QuotesRequest,
  seconds: number,
  zone: string,
): Promise<readonly Bucket[]> {
  const start =
    seconds === 86_400
      ? sql`date_trunc('day', published_at, ${zone})`
      : sql`date_bin(make_interval(secs => ${seconds}), published_at, timestamptz '1970-01-01 00:00:00+00')`;
  const { rows } = await sql<Bucket>`
    SELECT ${start} AS "from",
      (array_agg(mid ORDER BY published_at, quote_id))[1] AS open, max(mid) AS high, min(mid) AS low,
      (array_agg(mid ORDER BY published_at DESC, quote_id DESC))[1] AS close,
      count(*) AS quotes, max(half_spread_bps) AS widest_half_spread_bps, bool_or(agreement = 'contested') AS contested
    FROM rate_quotes
    WHERE pair = ${pair} AND published_at >= ${from} AND published_at < ${to}
    GROUP BY 1 ORDER BY 1`.execute(db);
  return rows;
}

export const listSources = (db: Sql): Promise<readonly RateSourceRow[]> =>
  tables(db).selectFrom('rate_sources').selectAll().execute();

/** What was spent stays spent, whoever writes last. */
export async function saveSource(db: Sql, row: RateSourceRow): Promise<void> {
  await tables(db)
    .insertInto('rate_sources')
    .values(row)
    .onConflict((conflict) =>
      conflict.column('source').doUpdateSet(({ ref, fn }) => ({
        spent_until: fn<Date>('greatest', [ref('rate_sources.spent_until'), ref('excluded.spent_until')]),
        hold_until: ref('excluded.hold_until'),
        hold_reason: ref('excluded.hold_reason'),
        updated_at: ref('excluded.updated_at'),
      })),
    )
    .execute();
}

/** @throws a unique violation where the pair has a manual rate that has not ended */
export async function insertManualRate(tx: Tx, row: ManualRateRow): Promise<void> {
  await tables(tx).insertInto('manual_rates').values(row).execute();
}

export const activeManualRates = (db: Sql | Tx, now: Date): Promise<readonly ManualRateRow[]> =>
  tables(db)
    .selectFrom('manual_rates')
    .selectAll()
    .where('ended_at', 'is', null)
    .where('expires_at', '>', now)
    .execute();

/** The rate of the pair that has not ended, or of all pairs that expired by `at`. */
export async function endManualRate(
  db: Sql | Tx,
  pair: string,
  end: { readonly ended_at: Date; readonly ended_by: string; readonly end_reason: string },
): Promise<ManualRateRow | undefined> {
  return tables(db)
    .updateTable('manual_rates')
    .set(end)
    .where('pair', '=', pair)
    .where('ended_at', 'is', null)
    .returningAll()
    .executeTakeFirst();
}

export async function insertOperation(
  tx: Tx,
  row: Omit<RateOperations, 'details'> & { readonly details: Json },
): Promise<void> {
  const details = sql<Json>`${canonicalJson(row.details)}::jsonb`;
  await tables(tx)
    .insertInto('rate_operations')
    .values({ ...row, details })
    .execute();
}

export const listOperations = (db: Sql, limit: number): Promise<readonly Selectable<RateOperations>[]> =>
  tables(db)
    .selectFrom('rate_operations')
    .selectAll()
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
