/**
 * A database that is opened when it is first needed, and again after a failure: a process whose own
 * database answers starts, and says what it cannot do, while somebody else's does not.
 */
import type { Kysely } from 'kysely';
import { PlumblineError } from '../../kernel/errors.ts';
import type { Db, NoTables } from './port.ts';

export function lazyDb(engine: Db['engine'], open: () => Promise<Db>): Db {
  let opening: Promise<Db> | undefined;
  const db = (): Promise<Db> => {
    opening ??= open().catch((error: unknown) => {
      opening = undefined;
      throw error;
    });
    return opening;
  };
  const refused = (): never => {
    throw new PlumblineError(
      'internal',
      'db.lazy',
      'a database that is opened on demand is used by transactions alone',
    );
  };
  return {
    engine,
    get sql(): Kysely<NoTables> {
      return refused();
    },
    get inOrder(): Kysely<NoTables> {
      return refused();
    },
    transaction: async (mode, work) => (await db()).transaction(mode, work),
    exclusive: async (name, work, options) => (await db()).exclusive(name, work, options),
    async *copyOut(tx, query, columns) {
      yield* (await db()).copyOut(tx, query, columns);
    },
    version: async () => (await db()).version(),
    close: async () => (await opening?.catch(() => undefined))?.close(),
  };
}
