/**
 * One connection that many use at once: each statement is sent behind the one before it, without waiting for its
 * answer (https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-PIPELINING). The database does
 * them one after the other, each in a transaction of its own, and has the next one at hand when it has done one.
 */
import type { PostgresPool, PostgresPoolClient } from 'kysely';
import pg from 'pg';

interface Opened {
  readonly client: pg.Client;
  readonly shared: Promise<PostgresPoolClient>;
}

/** Looks like a pool to Kysely. A connection that breaks takes along what was sent; the next statement opens another. */
export class InOrder implements PostgresPool {
  readonly options = {};
  readonly #config: pg.ClientConfig;
  readonly #prepare: (client: pg.Client) => Promise<void>;
  #opened: Opened | undefined;

  constructor(config: pg.ClientConfig, prepare: (client: pg.Client) => Promise<void>) {
    this.#config = { ...config, pipeline: true };
    this.#prepare = prepare;
  }

  connect(): Promise<PostgresPoolClient> {
    this.#opened ??= this.#open();
    return this.#opened.shared;
  }

  async end(): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    await opened?.shared.then(
      () => opened.client.end(),
      () => undefined, // it never was
    );
  }

  #open(): Opened {
    const client = new pg.Client(this.#config);
    const drop = (): void => {
      if (this.#opened?.client === client) this.#opened = undefined;
    };
    client.on('error', drop).on('end', drop);
    const shared = this.#share(client);
    shared.catch(() => {
      drop();
      void client.end().catch(() => undefined);
    });
    return { client, shared };
  }

  async #share(client: pg.Client): Promise<PostgresPoolClient> {
    await client.connect();
    await this.#prepare(client);
    return Object.assign(client, { release: (): void => undefined });
  }
}
