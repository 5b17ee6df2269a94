/**
 * The database. Two adapters give identical types: NUMERIC is a string, int8 a bigint, timestamptz a
 * Date, date a `YYYY-MM-DD` string, json and jsonb parsed values.
 */
import type { Kysely, RawBuilder, Transaction } from 'kysely';

/** Each feature declares the tables it owns: `sql.$extendTables<MyTables>()`. */
export type NoTables = Record<never, never>;

/** Whatever can run a statement: the pool, where each statement commits alone, or a transaction. */
export type Sql = Kysely<NoTables>;
export type Tx = Transaction<NoTables>;

export interface TxMode {
  readonly isolation?: 'read committed' | 'repeatable read' | 'serializable';
  /** The database itself refuses every write. */
  readonly readOnly?: boolean;
}

export interface LockOptions {
  /**
   * A holder that has shown no sign of life for this long loses the lock to whoever waits: its machine
   * sleeps, or its process stands still, which the end of a session does not tell. It may wake up and
   * go on without the lock, so its last step must be fenced. Absent: a holder is waited for as long as
   * its session lasts. Milliseconds, 1,000 or more; all who ask for one name say the same.
   */
  readonly takeOverAfterMs?: number;
}

/** A column of what `copyOut` reads: the query's column of that name, cast to the type. */
export interface CopyColumn {
  readonly name: string;
  readonly type: 'uuid' | 'numeric' | 'text' | 'json' | 'bytea';
}

export interface Db {
  readonly engine: 'postgresql' | 'pglite';
  /**
   * One statement, one implicit transaction. Never use it inside `transaction`: the embedded database
   * has one connection and would wait for itself.
   */
  readonly sql: Sql;
  /**
   * As `sql`, and sent at once behind what was asked for before, without waiting for its answer: each is begun when
   * the one before it has ended, however that was. It is for short statements that a process makes one after the other.
   */
  readonly inOrder: Sql;
  /** Commits when `work` resolves, rolls back when it rejects. */
  transaction<T>(mode: TxMode, work: (tx: Tx) => Promise<T>): Promise<T>;
  /**
   * Runs `work` while nobody else, in any process on this database, holds the same name; waits its
   * turn. The lock belongs to a session of its own and ends with it, so a killed holder frees it at
   * once. It orders well-behaved callers: what must never happen twice needs a unique key as well.
   */
  exclusive<T>(name: string, work: () => Promise<T>, options?: LockOptions): Promise<T>;
  /**
   * All rows of a query, in the transaction's own snapshot, as the bytes of PostgreSQL's binary COPY
   * (https://www.postgresql.org/docs/current/sql-copy.html#id-1.9.3.55.9.4), in pieces that end anywhere.
   * No piece is asked for before the one before it was taken. COPY takes no parameters, so those of the
   * query become literals: texts, numbers, bigints, booleans and null.
   */
  copyOut(tx: Tx, query: RawBuilder<unknown>, columns: readonly CopyColumn[]): AsyncIterable<Uint8Array>;
  /** `18.4`; proves that the database answers. @throws `db.unavailable` (upstream) */
  version(): Promise<string>;
  close(): Promise<void>;
}
