/** Proofs of liabilities from a database: made in its snapshot, kept, chained, given to merchants, verified by others. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { sql } from 'kysely';
import { afterAll, expect, it } from 'vitest';
import { padEntry } from '../../src/features/reconciliation/proof/format.ts';
import { HEADER } from '../../src/features/reconciliation/proof/header.ts';
import { packProof, unpackProof } from '../../src/features/reconciliation/proof/proof.ts';
import { readPublication } from '../../src/features/reconciliation/proof/publication.ts';
import type { ProofRow } from '../../src/features/reconciliation/proof/store.ts';
import { verifyChain, verifyProof, verifyPublication } from '../../src/features/reconciliation/proof/verify.ts';
import { DEFAULT_CURRENCIES } from '../../src/kernel/money.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { start } from '../support/child.ts';
import { describeDb } from '../support/databases.ts';
import { BOOK, merchantOf, openProofs, type ProofFixture, proofSecrets } from '../support/liability.ts';

const folder = mkdtempSync(join(tmpdir(), 'plumbline-liability-'));
const cleanups: (() => void)[] = [() => rmSync(folder, { recursive: true })];
afterAll(() => {
  for (const cleanup of cleanups) cleanup();
});

const KEY = proofSecrets.signer.publicKey;
const VND = DEFAULT_CURRENCIES.get('VND');

async function fixture(db: Db, merchants = 600): Promise<ProofFixture> {
  const made = await openProofs(db);
  cleanups.push(() => made.remove());
  await sql`INSERT INTO balances SELECT ('00000000-0000-4000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, n * 1000.25, n % 7, n % 11
    FROM generate_series(1, ${merchants}) AS n`.execute(db.sql);
  return made;
}

const headerOf = ({ header, signature }: ProofRow) => ({ header: HEADER.parse(JSON.parse(header)), signature });

async function text(pieces: AsyncIterable<string>): Promise<string> {
  let all = '';
  for await (const piece of pieces) all += piece;
  return all;
}

async function* bytesOf(all: string): AsyncIterable<Uint8Array> {
  for (let at = 0; at < all.length; at += 1_000) yield Buffer.from(all.slice(at, at + 1_000));
}

describeDb('a proof of liabilities', (open, engine) => {
  it('gives each merchant what verifies, and everybody the total', async () => {
    const { db, proofs, make } = await fixture(await open());
    await sql`INSERT INTO balances VALUES (${merchantOf(10_000)}, -95, 40.5, 0)`.execute(db.sql);
    const row = await make(23);
    const { rows } = await sql<{ readonly total: string }>`
      SELECT sum(greatest(available, 0) + pending + reserved)::text AS total FROM balances`.execute(db.sql);
    expect(Number(row.total)).toBe(Number(rows[0]?.total));
    expect(row).toMatchObject({ seq: 0, leaves: 601n, merchants: 601n, negative_count: 1n, negative_total: '-95.00' });
    expect((await proofs.get(row.id)).negatives).toEqual([
      { merchant: merchantOf(10_000), part: 'available', amount: '-95.00' },
    ]);
    const { header } = headerOf(row);
    expect(header).toMatchObject({
      businessDate: '2026-11-23',
      asset: 'VND',
      cut: null,
      split: 1,
      reportHash: 'ab'.repeat(32),
    });

    for (const n of [1, 17, 599, 600, 10_000]) {
      const proof = await proofs.proofFor(row.id, merchantOf(n));
      const owed = n === 10_000 ? 4_050n : BigInt(n) * 100_025n + BigInt((n % 7) + (n % 11)) * 100n;
      expect(verifyProof(proof, { key: KEY, merchant: merchantOf(n), owed, businessDate: '2026-11-23' })).toMatchObject(
        {
          ok: true,
          owed,
        },
      );
      const run = { tag: Buffer.from(header.runTag, 'hex') };
      const padHash = (level: number): string => Buffer.from(padEntry(run, level).hash).toString('hex');
      expect(unpackProof(packProof(proof), proof, padHash)).toEqual(proof);
    }
    await expect(proofs.proofFor(row.id, merchantOf(99_999))).rejects.toMatchObject({ code: 'proof.no_balance' });

    const published = await text(proofs.publication(row.id));
    expect(published).toBe(
      (await text(proofs.publication(row.id, 0, 100))) + (await text(proofs.publication(row.id, 100))),
    );
    const publication = await readPublication(bytesOf(published));
    expect(
      await verifyPublication(publication.header, publication.signature, publication.entries, { key: KEY }),
    ).toMatchObject({
      ok: true,
      owed: BigInt(header.total),
    });
  });

  it('chains headers, counts who verified, and changes nothing', async () => {
    const { db, proofs, make } = await fixture(await open(), 5);
    const rows = [await make(20), await make(21), await make(22)];
    expect(rows.map(({ seq }) => seq)).toEqual([0, 1, 2]);
    expect(new Set(rows.map((row) => headerOf(row).header.runTag)).size).toBe(3);
    expect(verifyChain(rows.map(headerOf), { key: KEY, book: BOOK })).toBeUndefined();
    expect((await proofs.list(BOOK, 'VND', { limit: 2 })).map(({ seq }) => seq)).toEqual([2, 1]);
    expect((await proofs.getForDate(BOOK, 'VND', headerOf(rows[1] ?? never()).header.businessDate as never)).seq).toBe(
      1,
    );
    const [first = never()] = rows;
    for (const n of [1, 2, 1]) await proofs.markVerified(first.id, merchantOf(n), 'sdk');
    expect(await proofs.verified(first.id)).toEqual({ merchants: 5, verified: 2 });
    await expect(proofs.markVerified(first.id, merchantOf(9), 'sdk')).rejects.toMatchObject({
      code: 'proof.no_balance',
    });

    for (const statement of [
      'UPDATE liability_proofs SET total = 0',
      'DELETE FROM liability_proofs',
      'DELETE FROM proof_verifications',
      'TRUNCATE liability_proofs, proof_verifications',
    ]) {
      await expect(sql.raw(statement).execute(db.sql)).rejects.toMatchObject({ code: '23001' });
    }
    // Another second header after the first, and one that follows nothing.
    const copy = (more: string) =>
      sql
        .raw(`INSERT INTO liability_proofs SELECT (jsonb_populate_record(p, jsonb_build_object('id', gen_random_uuid(), 'asset', 'VND',
          'header_hash', repeat('c', 64)) || ${more})).* FROM liability_proofs p WHERE seq = 1`)
        .execute(db.sql);
    await expect(copy(`'{}'`)).rejects.toMatchObject({ code: '23505' });
    await expect(copy(`jsonb_build_object('seq', 3, 'prev', repeat('d', 64))`)).rejects.toMatchObject({
      code: '23000',
    });

    const said = await sql<{ readonly record: { readonly header_hash: string } }>`SELECT record FROM audit_outbox o
      JOIN audit_streams s ON s.id = o.stream_id WHERE s.name = 'liability_proofs'`.execute(db.sql);
    expect(said.rows.map(({ record }) => record.header_hash).sort()).toEqual(rows.map((row) => row.header_hash).sort());
    expect(said.rows.every(({ record }) => !('negatives' in record))).toBe(true);
  });

  it('answers as of the cut, in split leaves', async () => {
    const { db, proofs, make } = await fixture(await open(), 40);
    await sql`CREATE TABLE entries (merchant_id uuid, amount numeric, created_at timestamptz)`.execute(db.sql);
    await sql`INSERT INTO entries VALUES (${merchantOf(1)}, 1000.25, '2026-11-23T17:00:00Z'), (${merchantOf(1)}, 5, '2026-11-23T16:59:59Z')`.execute(
      db.sql,
    );
    const query = `SELECT b.merchant_id, b.available - coalesce((SELECT sum(e.amount) FROM entries e
      WHERE e.merchant_id = b.merchant_id AND e.created_at >= :cut), 0) AS available, pending, reserved FROM balances b;`;
    const row = await make(23, { query, split: 3 });
    expect(headerOf(row).header).toMatchObject({ cut: '2026-11-23T17:00:00.000Z', split: 3, leaves: 120 });
    const proof = await proofs.proofFor(row.id, merchantOf(1));
    expect(proof.parts.map(({ part }) => part)).toEqual([0, 1, 2]);
    expect(verifyProof(proof, { key: KEY, owed: 200n })).toMatchObject({ ok: true });
  });

  it('names what it refuses, and leaves the transaction to others', async () => {
    const { db, proofs, make } = await fixture(await open(), 3);
    const [one, two] = [merchantOf(1), merchantOf(2)];
    const refused: readonly (readonly [string, string, string])[] = [
      [
        `SELECT '${one}'::uuid AS merchant_id, NULL::numeric AS available, 0::numeric AS pending, 0 AS reserved`,
        'proof.balance_unknown',
        `"available" of merchant ${one} is NULL`,
      ],
      [
        `SELECT '${one}'::uuid AS merchant_id, 0::numeric AS available, 'NaN'::numeric AS pending, 0 AS reserved`,
        'proof.balance_unknown',
        `"pending" of merchant ${one} is not finite`,
      ],
      [
        `SELECT '${one}'::uuid AS merchant_id, 0 AS available, 0 AS pending, 'Infinity'::numeric AS reserved`,
        'proof.balance_unknown',
        `"reserved" of merchant ${one}`,
      ],
      [
        `SELECT '${one}'::uuid AS merchant_id, 1.005 AS available, 0 AS pending, 0 AS reserved`,
        'proof.excess_precision',
        `"available" of merchant ${one} has more than the 2 decimals of VND`,
      ],
      [
        `SELECT '${one}'::uuid AS merchant_id, 1e-30 AS available, 0 AS pending, 0 AS reserved`,
        'proof.excess_precision',
        one,
      ],
      [
        `SELECT '${one}'::uuid AS merchant_id, 1e17 + 0.001 AS available, 0 AS pending, 0 AS reserved`,
        'proof.excess_precision',
        one,
      ],
      [
        `SELECT '${one}'::uuid AS merchant_id, 1e18 AS available, 0 AS pending, 0 AS reserved`,
        'proof.amount_too_large',
        `"available" of merchant ${one}`,
      ],
      [
        `SELECT '${one}'::uuid AS merchant_id, 1::float8 AS available, 0 AS pending, 0 AS reserved`,
        'proof.inexact',
        '"available" of the balances is double precision',
      ],
      [
        'SELECT NULL::uuid AS merchant_id, 0 AS available, 0 AS pending, 0 AS reserved',
        'proof.merchant_unknown',
        'row 1',
      ],
      [
        `SELECT m AS merchant_id, a AS available, 0 AS pending, 0 AS reserved FROM (VALUES ('${two}'::uuid, 1), ('${one}', 2), ('${two}', 3)) AS v (m, a)`,
        'proof.duplicate_merchant',
        two,
      ],
      [
        `SELECT m AS merchant_id, 1 AS available, 0 AS pending, 0 AS reserved FROM (VALUES ('${two}'::uuid), ('${two}')) AS v (m)`,
        'proof.duplicate_merchant',
        two,
      ],
      ['SELECT merchant_id, available FROM balances', 'proof.query_failed', 'pending'],
      [
        'SELECT merchant_id, available / 0 AS available, pending, reserved FROM balances',
        'proof.query_failed',
        'division by zero',
      ],
      [`SELECT 'x' AS merchant_id, 0 AS available, 0 AS pending, 0 AS reserved`, 'proof.query_failed', 'uuid'],
    ];
    for (const [query, code, says] of refused) {
      await expect(make(23, { query }), query).rejects.toMatchObject({ code, message: expect.stringContaining(says) });
    }
    await expect(make(23, { currency: { ...VND, code: 'LONGCODE9' } })).rejects.toMatchObject({
      code: 'proof.asset_too_long',
    });
    await expect(make(23, { split: 17 })).rejects.toMatchObject({ code: 'proof.split' });
    expect(await proofs.list(BOOK, 'VND', { limit: 1 })).toEqual([]);

    const [query = ''] = refused[0] ?? [];
    await db.transaction({ isolation: 'repeatable read', readOnly: true }, async (tx) => {
      const request = {
        query,
        book: BOOK,
        currency: VND,
        cut: new Date(0),
        reportId: one as never,
        businessDate: '2026-11-23' as never,
      };
      await expect(proofs.build(db, tx, request)).rejects.toMatchObject({ code: 'proof.balance_unknown' });
      expect((await sql`SELECT 1`.execute(tx)).rows).toHaveLength(1);
    });
    const last = `SELECT '${one}'::uuid AS merchant_id, 184467440737095516.15 AS available, 0 AS pending, 0::bigint AS reserved`;
    expect(await make(23, { query: last, keep: false })).toMatchObject({
      total: '184467440737095516.15',
      leaf_file: null,
    });
    const empty = await make(24, { query: 'SELECT * FROM balances WHERE false' });
    expect(empty).toMatchObject({ total: '0.00', leaves: 0n });
    await expect(proofs.proofFor(empty.id, one)).rejects.toMatchObject({ code: 'proof.no_balance' });
  });

  // They see no database.
  it.skipIf(engine !== 'PGlite')('is verified by those who verify alone', async () => {
    const { proofs, make } = await fixture(await open(), 300);
    const row = await make(23, { split: 2 });
    const [right, wrong, all] = [join(folder, 'right.json'), join(folder, 'wrong.json'), join(folder, 'all.txt')];
    const proof = await proofs.proofFor(row.id, merchantOf(5));
    writeFileSync(right, JSON.stringify(proof));
    writeFileSync(wrong, JSON.stringify({ ...proof, merchant: merchantOf(6) }));
    writeFileSync(all, await text(proofs.publication(row.id)));
    const owed = { ok: true, merchant: merchantOf(5), asset: 'VND', businessDate: '2026-11-23', owed: '501125' };
    for (const [program, verifier] of [
      [process.execPath, 'verify-liability.mjs'],
      ['python3', 'verify_liability.py'],
    ] as const) {
      const run = (...args: readonly string[]) => start(program, [resolve('docs/verify', verifier), ...args]).exited;
      const good = await run(right, KEY, merchantOf(5));
      expect([verifier, good.code, JSON.parse(good.output)]).toMatchObject([verifier, 0, owed]);
      for (const args of [
        [wrong, KEY],
        [right, KEY, merchantOf(6)],
        [right, Buffer.alloc(32, 1).toString('base64')],
      ]) {
        expect([verifier, (await run(...args)).code]).toEqual([verifier, 1]);
      }
    }
    const total = await start('python3', [resolve('docs/verify/verify_liability.py'), '--total', all, KEY]).exited;
    expect(JSON.parse(total.output)).toMatchObject({ ok: true, leaves: 600, digest: row.digest });
  });
});

function never(): never {
  throw new Error('there is none');
}
