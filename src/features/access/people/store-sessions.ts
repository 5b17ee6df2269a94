/** All the SQL of sessions. */
import type { Selectable } from 'kysely';
import type { SessionId } from '../../../kernel/ids.ts';
import type { Sql } from '../../../platform/db/port.ts';
import type { PersonRole } from '../roles.ts';

type ConsoleSessions = {
  readonly id: SessionId;
  readonly token_hash: string;
  readonly subject: string;
  readonly name: string;
  readonly role: PersonRole;
  readonly authenticated_at: Date;
  readonly created_at: Date;
  readonly last_seen_at: Date;
  readonly expires_at: Date;
  readonly ended_at: Date | null;
};
type ConsolePeople = { readonly subject: string; readonly claimed: unknown };
type Tables = { console_sessions: ConsoleSessions; console_people: ConsolePeople };
export type SessionRow = Selectable<ConsoleSessions>;

const tables = (db: Sql) => db.$extendTables<Tables>();

export const insertSession = async (db: Sql, row: SessionRow): Promise<void> => {
  await tables(db).insertInto('console_sessions').values(row).execute();
};

/** With what the provider said last of its person; null: nothing since it is kept. */
export const findSession = (
  db: Sql,
  tokenHash: string,
): Promise<(SessionRow & { readonly claimed: unknown }) | undefined> =>
  tables(db)
    .selectFrom('console_sessions')
    .leftJoin('console_people', 'console_people.subject', 'console_sessions.subject')
    .selectAll('console_sessions')
    .select('console_people.claimed')
    .where('token_hash', '=', tokenHash)
    .executeTakeFirst();

export const seeSession = async (db: Sql, id: SessionId, at: Date): Promise<void> => {
  await tables(db)
    .updateTable('console_sessions')
    .set({ last_seen_at: at })
    .where('id', '=', id)
    .where('last_seen_at', '<', at)
    .execute();
};

export const endSession = async (db: Sql, tokenHash: string, at: Date): Promise<void> => {
  await tables(db)
    .updateTable('console_sessions')
    .set({ ended_at: at })
    .where('token_hash', '=', tokenHash)
    .where('ended_at', 'is', null)
    .execute();
};

export async function endSessionsOf(db: Sql, subject: string, at: Date): Promise<number> {
  const { numUpdatedRows } = await tables(db)
    .updateTable('console_sessions')
    .set({ ended_at: at })
    .where('subject', '=', subject)
    .where('ended_at', 'is', null)
    .where('expires_at', '>', at)
    .executeTakeFirstOrThrow();
  return Number(numUpdatedRows);
}

/** Sessions that are over: who had one is in the audit log. */
export const deleteSessionsBefore = async (db: Sql, before: Date): Promise<void> => {
  await tables(db).deleteFrom('console_sessions').where('expires_at', '<', before).execute();
};
