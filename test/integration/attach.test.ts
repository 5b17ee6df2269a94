/** Somebody else's database, as docs/operations/attach.md attaches to it: queries only, by a role that only reads. */
import { readFileSync } from 'node:fs';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { openPostgres } from '../../src/platform/db/pg.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { describePostgres, urlOfDb } from '../support/databases.ts';
import { bookText, reconciliationOver } from '../support/reconciliation.ts';

const MERCHANTS = 1_000_000;

/** The grants of the guide itself, so that it cannot rot. */
function grantsOfTheGuide(): string {
  const guide = readFileSync('docs/operations/attach.md', 'utf8');
  return /```sql\n(CREATE ROLE plumbline_reader[\s\S]*?)```/.exec(guide)?.[1] ?? '';
}

async function foreignPlatform(db: Db): Promise<void> {
  await sql`CREATE SCHEMA gateway`.execute(db.sql);
  await sql`CREATE TABLE gateway.shops (shop bigint PRIMARY KEY, owed_dong bigint NOT NULL, held_dong bigint NOT NULL)`.execute(
    db.sql,
  );
  await sql`INSERT INTO gateway.shops SELECT n, n * 1000, n % 7 FROM generate_series(1, ${MERCHANTS}::int) AS n`.execute(
    db.sql,
  );
  await sql`CREATE TABLE gateway.bank (iban text, balance numeric(30,2))`.execute(db.sql);
  await sql`INSERT INTO gateway.bank SELECT 'VN1', sum(owed_dong + held_dong) + 0.25 FROM gateway.shops`.execute(
    db.sql,
  );
}

const BOOK = bookText(
  [{ id: 'bank', sql: "SELECT sum(balance) AS amount, 'VND' AS currency, count(*) AS accounts FROM bank" }],
  [
    { id: 'owed', sql: 'SELECT sum(owed_dong)::numeric AS amount, count(*) AS merchants FROM shops' },
    { id: 'held', sql: 'SELECT sum(held_dong)::numeric AS amount FROM shops' },
  ],
  { schema: 'gateway' },
);

describePostgres('a foreign platform', (open) => {
  test('a million balances, read by a role that may only read', async () => {
    const [own, platform] = [await open(), await open({ schema: 'empty' })];
    await foreignPlatform(platform);
    await sql.raw(grantsOfTheGuide()).execute(platform.sql);
    const url = new URL(urlOfDb(platform) ?? '');
    url.username = 'plumbline_reader';
    url.password = 'choose-a-password';
    const reader = await openPostgres({ url: url.href, poolSize: 2 });
    try {
      await expect(sql`DELETE FROM gateway.bank`.execute(reader.sql)).rejects.toThrow(/permission denied|read-only/);
      const { service } = reconciliationOver({ db: own, platform: reader, book: BOOK });
      const { row } = await service.performDailyReconciliation({ startedBy: 'test' });
      const owed = (BigInt(MERCHANTS) * (BigInt(MERCHANTS) + 1n) * 1000n) / 2n;
      expect(row).toMatchObject({ status: 'balanced', difference_vnd: '0.25', error_message: null });
      expect(row.report).toMatchObject({
        lines: [{ evidence: { accounts: '1' } }, { amount: `${owed}.00`, evidence: { merchants: '1000000' } }, {}],
      });
    } finally {
      await reader.close();
      await sql`DROP OWNED BY plumbline_reader`.execute(platform.sql);
      await sql`DROP ROLE plumbline_reader`.execute(platform.sql);
    }
  }, 120_000);
});
