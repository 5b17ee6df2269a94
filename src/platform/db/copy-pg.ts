/** COPY by node-postgres: where Kysely would read rows by a cursor, a copy's bytes are read. */
import { type RawBuilder, sql } from 'kysely';
import type pg from 'pg';
import pgCopy from 'pg-copy-streams';
import { asType, copied, withLiterals } from './copy.ts';
import type { CopyColumn, Tx } from './port.ts';

/** Bytes that wait for who reads them; beyond that the server waits. One piece: of more, a stream makes one by copying. */
const AHEAD = 64 << 10;

/**
 * What Kysely's driver takes for a cursor and node-postgres for a query: a `read` gives the next piece,
 * and nothing at the end.
 */
export class CopyReader<T> implements pg.Submittable {
  readonly #stream: pgCopy.CopyToStreamQuery;
  readonly #pieces: AsyncIterator<T>;
  /** What the connection tells a query of its result, the stream is told. */
  readonly handleError: (error: Error) => void;
  readonly handleCommandComplete: (message: unknown) => void;
  readonly handleReadyForQuery: () => void;

  constructor(statement: string) {
    const stream = pgCopy.to(statement, { highWaterMark: AHEAD });
    const told = stream as typeof stream & Pick<CopyReader<T>, 'handleError' | 'handleCommandComplete'>;
    this.#stream = stream;
    this.#pieces = stream[Symbol.asyncIterator]();
    this.handleError = (error) => told.handleError(error);
    this.handleCommandComplete = (message) => told.handleCommandComplete(message);
    this.handleReadyForQuery = () => undefined;
  }

  submit(connection: pg.Connection): void {
    this.#stream.submit(connection);
  }

  async read(): Promise<T[]> {
    const { done, value } = await this.#pieces.next();
    return done === true ? [] : [value];
  }

  /** Where a reader has seen enough the rest is read and dropped: until then the connection serves nobody else. */
  async close(): Promise<void> {
    while ((await this.read()).length > 0);
  }
}

export async function* copyOut(
  tx: Tx,
  query: RawBuilder<unknown>,
  columns: readonly CopyColumn[],
): AsyncIterable<Uint8Array> {
  const statement = withLiterals(sql`COPY (${copied(query, columns, asType)}) TO STDOUT (FORMAT binary)`);
  const compiled = sql.raw(statement).compile(tx);
  for await (const { rows } of tx.getExecutor().stream<Uint8Array>(compiled, 1)) yield* rows;
}
