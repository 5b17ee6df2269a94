/** What an archive is for, after all that was done to it: questions, a lost database, and every row back in its table. */
import { sql } from 'kysely';
import { systemClock } from '../../src/platform/clock/system.ts';
import { openPostgres } from '../../src/platform/db/pg.ts';
import type { Db } from '../../src/platform/db/port.ts';
import type { ColdStore } from '../../src/platform/objects/cold-port.ts';
import type { ColdBench } from '../support/cold-stores.ts';
import { applyMigrations } from '../support/migrations.ts';
import { administer, urlOf } from '../support/postgres.ts';
import { restorable } from '../support/restores.ts';
import type { Ledger } from './archival-ledger.ts';

const texts = async (db: Db, query: string): Promise<readonly string[]> =>
  (await sql<{ text: string }>`${sql.raw(query)}`.execute(db.sql)).rows.map(({ text }) => text);

const RECORDS = `SELECT concat_ws(' ', original_id, data_hash, archive_path, row_number, batch_id) AS text FROM archived_records ORDER BY 1`;

/** Objects of STANDARD, all rows of the table archived. @returns what is not as it must be */
export async function afterwards(db: Db, cold: ColdStore, url: string, ledger: Ledger): Promise<readonly string[]> {
  const violations: string[] = [];
  const bench: ColdBench = {
    ...{ name: 'soak', lacks: new Set(), open: () => cold, close: () => Promise.resolve() },
    ...{ now: () => systemClock.now(), advance: () => undefined },
  };
  const bed = restorable(db, bench, cold);
  try {
    const asked = await bed.service.query({
      statement: `SELECT count(*), count(DISTINCT id) FROM ${ledger.table}`,
      ...{ limit: 1, maxBytes: 2 ** 34 },
    });
    if (String(asked.rows[0]) !== `${ledger.size},${ledger.size}`)
      violations.push(`a question counts ${String(asked.rows[0])} of ${ledger.size} rows`);
    violations.push(...(await rebuilt(cold, url, await texts(db, RECORDS), bench)));

    const what = { kind: 'range', from: '1980-01-01', to: '2100-01-01' };
    const { restore } = await bed.ask({ table: ledger.table, what, purpose: 'return' });
    await bed.service.restores.advance();
    const { objects } = await bed.service.restores.view(restore.id);
    for (const { batch, state, error } of objects)
      if (state !== 'landed') violations.push(`batch ${batch} is ${state} and not back: ${error?.message ?? ''}`);
    if ((await ledger.inTable()).join() !== ledger.hashes().join())
      violations.push('the rows that came back are not those that were written');
  } finally {
    bed.remove();
  }
  return violations;
}

/** The same catalogue from the store alone, in a database that knows nothing. */
async function rebuilt(
  cold: ColdStore,
  url: string,
  records: readonly string[],
  bench: ColdBench,
): Promise<readonly string[]> {
  await administer(url, 'CREATE DATABASE rebuilt');
  const other = await openPostgres({ url: urlOf(url, 'rebuilt') });
  const bed = restorable(other, bench, cold);
  try {
    await applyMigrations(other);
    const violations: string[] = [];
    const began = performance.now();
    for await (const { state, message, archivePath } of bed.service.rebuild('soak')) {
      // Of a batch that was abandoned only the manifest may be left, since a later one names it.
      if (state !== 'rebuilt' && (await cold.head(archivePath)) !== undefined)
        violations.push(`${archivePath} is ${state} in the rebuilding: ${message}`);
    }
    console.log(`archival: ${records.length} records rebuilt in ${Math.round(performance.now() - began)} ms`);
    const found = await texts(other, RECORDS);
    if (found.join('\n') !== records.join('\n'))
      violations.push(`${found.length} records were rebuilt, and they are not the ${records.length} that there were`);
    return violations;
  } finally {
    bed.remove();
    await other.close();
  }
}
