/** All the SQL of approvals. */
import { type Selectable, sql } from 'kysely';
import type { ApprovalId } from '../../kernel/ids.ts';
import type { Sql, Tx } from '../../platform/db/port.ts';
import type { State } from './rules.ts';

type Approvals = {
  readonly id: ApprovalId;
  readonly action: string;
  readonly target: string;
  readonly payload: string;
  readonly payload_hash: string;
  readonly reason: string;
  readonly requested_by: string;
  readonly requested_via: string;
  readonly requested_at: Date;
  readonly expires_at: Date;
  readonly state: State;
  readonly decided_by: string | null;
  readonly decided_via: string | null;
  readonly decided_at: Date | null;
  readonly decision_reason: string | null;
  readonly result: string | null;
  readonly break_glass: boolean;
  readonly reviewed_by: string | null;
  readonly reviewed_at: Date | null;
  readonly review_note: string | null;
};

export const ATTEMPTS = ['request', 'approve', 'reject', 'withdraw', 'break_glass', 'review'] as const;
export type Attempt = (typeof ATTEMPTS)[number];

type Denials = {
  readonly id: string;
  readonly at: Date;
  readonly subject: string;
  readonly via: string;
  readonly attempt: Attempt;
  readonly action: string;
  readonly approval_id: ApprovalId | null;
  readonly code: string;
  readonly message: string;
};
type Tables = { approvals: Approvals; approval_denials: Denials };
export type ApprovalRow = Selectable<Approvals>;
export type DenialRow = Selectable<Denials>;

const tables = (db: Sql) => db.$extendTables<Tables>();

/** Who acts in this transaction, for the audit log. */
export const actAs = async (tx: Tx, subject: string): Promise<void> => {
  await sql`SELECT set_config('plumbline.actor', ${subject}, true)`.execute(tx);
};

export const insertApproval = async (tx: Tx, row: ApprovalRow): Promise<void> => {
  await tables(tx).insertInto('approvals').values(row).execute();
};

export const findApproval = (db: Sql, id: ApprovalId): Promise<ApprovalRow | undefined> =>
  tables(db).selectFrom('approvals').selectAll().where('id', '=', id).executeTakeFirst();

/** Until the transaction ends nobody else decides it. */
export const lockApproval = (tx: Tx, id: ApprovalId): Promise<ApprovalRow | undefined> =>
  tables(tx).selectFrom('approvals').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();

export const findPending = (db: Sql, action: string, payloadHash: string): Promise<ApprovalRow | undefined> =>
  tables(db)
    .selectFrom('approvals')
    .selectAll()
    .where('action', '=', action)
    .where('payload_hash', '=', payloadHash)
    .where('state', '=', 'pending')
    .executeTakeFirst();

export const updateApproval = async (tx: Tx, id: ApprovalId, change: Partial<ApprovalRow>): Promise<void> => {
  await tables(tx).updateTable('approvals').set(change).where('id', '=', id).execute();
};

/** Requests that nobody decided in time. @returns those that this call ended */
export const expirePending = (tx: Tx, now: Date): Promise<readonly ApprovalRow[]> =>
  tables(tx)
    .updateTable('approvals')
    .set({ state: 'expired', decided_by: 'plumbline', decided_at: now })
    .where('state', '=', 'pending')
    .where('expires_at', '<=', now)
    .returningAll()
    .execute();

interface Page<Of extends string> {
  readonly limit: number;
  readonly before?: { readonly at: Date; readonly id: Of } | undefined;
}

/** Newest first. @param now what is pending and past its time is `expired`, written down or not */
export function listApprovals(
  db: Sql,
  { limit, before, state, now }: Page<ApprovalId> & { readonly state?: State | undefined; readonly now: Date },
): Promise<readonly ApprovalRow[]> {
  let query = tables(db).selectFrom('approvals').selectAll();
  if (state === 'pending') query = query.where('state', '=', 'pending').where('expires_at', '>', now);
  else if (state === 'expired') {
    query = query.where((where) =>
      where.or([
        where('state', '=', 'expired'),
        where.and([where('state', '=', 'pending'), where('expires_at', '<=', now)]),
      ]),
    );
  } else if (state !== undefined) query = query.where('state', '=', state);
  if (before !== undefined) {
    query = query.where(({ eb, refTuple, tuple }) =>
      eb(refTuple('requested_at', 'id'), '<', tuple(before.at, before.id)),
    );
  }
  return query.orderBy('requested_at', 'desc').orderBy('id', 'desc').limit(limit).execute();
}

export const insertDenial = async (db: Sql, row: DenialRow): Promise<void> => {
  await tables(db).insertInto('approval_denials').values(row).execute();
};

/** Newest first. */
export function listDenials(db: Sql, { limit, before }: Page<string>): Promise<readonly DenialRow[]> {
  let query = tables(db).selectFrom('approval_denials').selectAll();
  if (before !== undefined) {
    query = query.where(({ eb, refTuple, tuple }) => eb(refTuple('at', 'id'), '<', tuple(before.at, before.id)));
  }
  return query.orderBy('at', 'desc').orderBy('id', 'desc').limit(limit).execute();
}
