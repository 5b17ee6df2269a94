import { type Kysely, sql } from 'kysely';
import type { NoTables, Tx, TxMode } from './port.ts';

/** `ISOLATION LEVEL REPEATABLE READ READ ONLY`, or nothing where the mode asks for nothing. */
function modeSql({ isolation, readOnly }: TxMode): string {
  const level = isolation === undefined ? '' : `ISOLATION LEVEL ${isolation.toUpperCase()}`;
  return `${level} ${readOnly === true ? 'READ ONLY' : ''}`.trim();
}

/**
 * One transaction, begun in its mode by a statement of its own: Kysely's dialect for PGlite ignores
 * the mode that its builder is given. What `work` threw is what the caller gets, even where the
 * connection was lost so thoroughly that rolling back failed as well.
 */
export async function runTransaction<T>(
  kysely: Kysely<NoTables>,
  mode: TxMode,
  work: (tx: Tx) => Promise<T>,
): Promise<T> {
  const set = modeSql(mode);
  let failure: { readonly error: unknown } | undefined;
  try {
    return await kysely.transaction().execute(async (tx) => {
      try {
        if (set !== '') await sql.raw(`SET TRANSACTION ${set}`).execute(tx);
        return await work(tx);
      } catch (error) {
        failure = { error };
        throw error;
      }
    });
  } catch (error) {
    throw failure === undefined ? error : failure.error;
  }
}
