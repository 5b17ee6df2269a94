/** All the SQL of payouts. */
import { type Generated, type Selectable, sql } from 'kysely';
import type { PayoutHaltId as HaltId } from '../../kernel/ids.ts';
import { sqlState } from '../../platform/db/errors.ts';
import type { Sql, Tx } from '../../platform/db/port.ts';
import type { Permission } from './rules.ts';

export type HaltKind = 'halted' | 'released' | 'override_requested' | 'override_approved' | 'override_ended';

type Halts = {
  readonly id: HaltId;
  readonly book: string;
  readonly version: bigint;
  readonly at: Date;
  readonly kind: HaltKind;
  readonly subject: string;
  readonly reason: string;
  readonly report_id: string | null;
  readonly as_of: Date | null;
  readonly difference: string | null;
  readonly override_id: HaltId | null;
  readonly requested_by: string | null;
  readonly until: Date | null;
  readonly unwaited: Generated<boolean>;
};

type Tables = { payout_permissions: Permission; payout_halts: Halts };

export type HaltRow = Selectable<Halts>;

const tables = (db: Sql | Tx) => db.$extendTables<Tables>();

/**
 * The database's clock, which also decides in the payout worker's transaction whether an override is over:
 * what is told here and what is decided there never differ. In the milliseconds of a Date, so that what is read and written back is the same.
 */
const NOW = sql<Date>`date_trunc('milliseconds', clock_timestamp())`;

/** The first start makes the book's permission; a later one finds it. */
export async function assurePermission(
  db: Sql | Tx,
  book: string,
  first: Pick<Permission, 'state' | 'reason'>,
): Promise<void> {
  await tables(db)
    .insertInto('payout_permissions')
    .columns(['book', 'state', 'reason', 'since', 'version'])
    .values({ ...NOTHING_YET, ...first, book, since: NOW })
    .onConflict((conflict) => conflict.column('book').doNothing())
    .execute();
}

const NOTHING_YET = {
  report_id: null,
  report_as_of: null,
  report_observed_at: null,
  difference: null,
  tolerance: null,
  override_id: null,
  override_until: null,
  override_difference: null,
  verdict: null,
  verdict_report_id: null,
  verdict_as_of: null,
  verdict_observed_at: null,
  version: 0n,
} as const;

export type PermissionNow = Permission & { readonly now: Date };

export const readPermission = (db: Sql, book: string): Promise<PermissionNow | undefined> =>
  tables(db)
    .selectFrom('payout_permissions')
    .selectAll()
    .select(NOW.as('now'))
    .where('book', '=', book)
    .executeTakeFirst();

/** To change it: nobody else does until the transaction ends. */
export const lockPermission = (tx: Tx, book: string): Promise<PermissionNow | undefined> =>
  tables(tx)
    .selectFrom('payout_permissions')
    .selectAll()
    .select(NOW.as('now'))
    .where('book', '=', book)
    .forUpdate()
    .executeTakeFirst();

/**
 * Waits for the reservations under way, and holds back those to come until the transaction ends. Before
 * `lockPermission`, in this order everywhere: a reservation, too, takes this lock first.
 * @param atMostMs after which it is not waited for any longer
 * @returns false where some reservation is still under way
 */
export async function holdReservations(tx: Tx, book: string, atMostMs: number): Promise<boolean> {
  await sql`SAVEPOINT hold`.execute(tx);
  try {
    await sql`SELECT set_config('lock_timeout', ${`${atMostMs}ms`}, true)`.execute(tx);
    await sql`SELECT pg_advisory_xact_lock(payouts_lock_key(${book}))`.execute(tx);
    await sql`SET LOCAL lock_timeout TO DEFAULT`.execute(tx);
    await sql`RELEASE SAVEPOINT hold`.execute(tx);
    return true;
  } catch (error) {
    if (sqlState(error) !== LOCK_NOT_AVAILABLE) throw error;
    await sql`ROLLBACK TO SAVEPOINT hold`.execute(tx);
    return false;
  }
}

const LOCK_NOT_AVAILABLE = '55P03';

export async function savePermission(tx: Tx, { book, ...set }: Permission): Promise<void> {
  await tables(tx).updateTable('payout_permissions').set(set).where('book', '=', book).execute();
}

export const insertHalt = async (tx: Tx, row: HaltRow): Promise<void> => {
  await tables(tx).insertInto('payout_halts').values(row).execute();
};

export const findHalt = (db: Sql | Tx, book: string, id: HaltId): Promise<HaltRow | undefined> =>
  tables(db).selectFrom('payout_halts').selectAll().where('book', '=', book).where('id', '=', id).executeTakeFirst();

/** What became of a request for an override. */
export const findOutcome = (db: Sql | Tx, overrideId: HaltId): Promise<HaltRow | undefined> =>
  tables(db)
    .selectFrom('payout_halts')
    .selectAll()
    .where('override_id', '=', overrideId)
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst();

/** Newest first. @param before the version of the last row of the page before */
export const listHalts = (
  db: Sql,
  book: string,
  { limit, before }: { readonly limit: number; readonly before?: bigint },
): Promise<readonly HaltRow[]> => {
  const newest = tables(db)
    .selectFrom('payout_halts')
    .selectAll()
    .where('book', '=', book)
    .orderBy('version', 'desc')
    .limit(limit);
  return (before === undefined ? newest : newest.where('version', '<', before)).execute();
};
