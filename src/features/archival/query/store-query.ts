/** Which tables have archived rows. */
import { sql } from 'kysely';
import type { Sql } from '../../../platform/db/port.ts';

export async function archivedTables(db: Sql): Promise<readonly string[]> {
  const { rows } = await sql<{ table_name: string }>`
    SELECT DISTINCT table_name FROM archive_batches WHERE state IN ('committing', 'committed', 'sealed') AND archived_rows > 0 AND way <> 'purge' ORDER BY 1`.execute(
    db,
  );
  return rows.map(({ table_name }) => table_name);
}
