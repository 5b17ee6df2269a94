/**
 * The embedded engine for a library that speaks to PGlite itself (the job queue). Private to the
 * platform's adapters: features know the port alone.
 */
import type { Db } from './port.ts';

/** PGlite's own result types (int8 as number), since that is what such a library was written for. */
export interface EmbeddedSession {
  /** One statement with parameters. */
  query(text: string, parameters?: readonly unknown[]): Promise<{ readonly rows: readonly unknown[] }>;
  /**
   * Any number of statements, which may begin and commit a transaction of their own. When one fails
   * the open transaction is rolled back before anybody else gets the connection.
   */
  exec(text: string): Promise<ReadonlyArray<{ readonly rows: readonly unknown[] }>>;
}

const sessions = new WeakMap<Db, EmbeddedSession>();

export const registerEmbedded = (db: Db, session: EmbeddedSession): void => {
  sessions.set(db, session);
};

/** Undefined when the database is a server. */
export const embeddedSession = (db: Db): EmbeddedSession | undefined => sessions.get(db);
