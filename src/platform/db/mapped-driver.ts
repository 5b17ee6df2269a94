/** A Kysely driver whose failures pass through `map` on their way to the caller. */
import type { CompiledQuery, DatabaseConnection, Driver, QueryResult, TransactionSettings } from 'kysely';

type MapError = (error: unknown) => unknown;
type CompileQuery = Parameters<NonNullable<Driver['savepoint']>>[2];

class MappedConnection implements DatabaseConnection {
  readonly inner: DatabaseConnection;
  readonly #map: MapError;

  constructor(inner: DatabaseConnection, map: MapError) {
    this.inner = inner;
    this.#map = map;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    try {
      return await this.inner.executeQuery<R>(query);
    } catch (error) {
      throw this.#map(error);
    }
  }

  async *streamQuery<R>(query: CompiledQuery, chunkSize: number): AsyncIterableIterator<QueryResult<R>> {
    try {
      yield* this.inner.streamQuery<R>(query, chunkSize);
    } catch (error) {
      throw this.#map(error);
    }
  }
}

/** The driver knows its own connections by identity. */
const unwrap = (connection: DatabaseConnection): DatabaseConnection =>
  connection instanceof MappedConnection ? connection.inner : connection;

export class MappedDriver implements Driver {
  readonly #inner: Driver;
  readonly #map: MapError;

  constructor(inner: Driver, map: MapError) {
    this.#inner = inner;
    this.#map = map;
  }

  async acquireConnection(): Promise<DatabaseConnection> {
    return new MappedConnection(await this.#mapped(this.#inner.acquireConnection()), this.#map);
  }

  releaseConnection(connection: DatabaseConnection): Promise<void> {
    return this.#inner.releaseConnection(unwrap(connection));
  }

  init(): Promise<void> {
    return this.#inner.init();
  }

  beginTransaction(connection: DatabaseConnection, settings: TransactionSettings): Promise<void> {
    return this.#mapped(this.#inner.beginTransaction(unwrap(connection), settings));
  }

  commitTransaction(connection: DatabaseConnection): Promise<void> {
    return this.#mapped(this.#inner.commitTransaction(unwrap(connection)));
  }

  rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    return this.#mapped(this.#inner.rollbackTransaction(unwrap(connection)));
  }

  async savepoint(connection: DatabaseConnection, name: string, compileQuery: CompileQuery): Promise<void> {
    await this.#inner.savepoint?.(unwrap(connection), name, compileQuery);
  }

  async rollbackToSavepoint(connection: DatabaseConnection, name: string, compileQuery: CompileQuery): Promise<void> {
    await this.#inner.rollbackToSavepoint?.(unwrap(connection), name, compileQuery);
  }

  async releaseSavepoint(connection: DatabaseConnection, name: string, compileQuery: CompileQuery): Promise<void> {
    await this.#inner.releaseSavepoint?.(unwrap(connection), name, compileQuery);
  }

  destroy(): Promise<void> {
    return this.#inner.destroy();
  }

  async #mapped<T>(result: Promise<T>): Promise<T> {
    try {
      return await result;
    } catch (error) {
      throw this.#map(error);
    }
  }
}
