/** Proofs of liabilities for tests: secrets that are the same in every run, and balances in a database. */
import { createPrivateKey } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { type BuildOptions, Leaves } from '../../src/features/reconciliation/proof/build.ts';
import type { Entry } from '../../src/features/reconciliation/proof/format.ts';
import type { ProofSecrets } from '../../src/features/reconciliation/proof/secrets.ts';
import { ProofOfLiabilities, type ProofRequest } from '../../src/features/reconciliation/proof/service.ts';
import { pemSigner } from '../../src/features/reconciliation/proof/signing.ts';
import type { ProofRow } from '../../src/features/reconciliation/proof/store.ts';
import { parseBusinessDate } from '../../src/kernel/business-date.ts';
import { parseId } from '../../src/kernel/ids.ts';
import { DEFAULT_CURRENCIES } from '../../src/kernel/money.ts';
import { systemClock, systemRandom } from '../../src/platform/clock/system.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { openFolderStore } from '../../src/platform/objects/folder.ts';

/** A private key whose seed is that byte, 32 times. */
export const keyOf = (byte: number): string =>
  createPrivateKey({
    key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.alloc(32, byte)]),
    format: 'der',
    type: 'pkcs8',
  })
    .export({ type: 'pkcs8', format: 'pem' })
    .toString();

export const proofSecrets: ProofSecrets = {
  signer: pemSigner(keyOf(7), 'the key of the tests'),
  secret: Buffer.alloc(32, 9),
};

/** `00000000-0000-4000-8000-00000000002a` of 42. */
export const merchantOf = (n: number): string => `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;

export interface Balance {
  readonly merchant: string;
  readonly available: bigint;
  readonly pending: bigint;
  readonly reserved: bigint;
}

/** A numeric without digits after the point, as PostgreSQL sends it. */
function numeric(value: bigint): Buffer {
  const text = (value < 0n ? -value : value).toString();
  const padded = text.padStart(Math.ceil(text.length / 4) * 4, '0');
  const words =
    value === 0n ? [] : Array.from({ length: padded.length / 4 }, (_, n) => Number(padded.slice(4 * n, 4 * n + 4)));
  const weight = words.length - 1;
  while (words.at(-1) === 0) words.pop();
  const bytes = Buffer.alloc(12 + 2 * words.length);
  bytes.writeInt32BE(8 + 2 * words.length, 0);
  bytes.writeUInt16BE(words.length, 4);
  bytes.writeInt16BE(Math.max(0, weight), 6);
  bytes.writeUInt16BE(value < 0n ? 0x4000 : 0, 8);
  for (const [n, word] of words.entries()) bytes.writeUInt16BE(word, 12 + 2 * n);
  return bytes;
}

/** The binary COPY of balances in whole units, in pieces of that length. */
export async function* copyOf(balances: readonly Balance[], piece = 1_000): AsyncIterable<Uint8Array> {
  const bytes = Buffer.concat([
    Buffer.from('5047434f50590aff0d0a000000000000000000', 'hex'),
    ...balances.flatMap(({ merchant, available, pending, reserved }) => [
      Buffer.from(`000400000010${merchant.replaceAll('-', '')}`, 'hex'),
      ...[available, pending, reserved].map(numeric),
    ]),
    Buffer.from('ffff', 'hex'),
  ]);
  for (let at = 0; at < bytes.length; at += piece) yield bytes.subarray(at, at + piece);
}

export interface Built {
  readonly leaves: Leaves;
  readonly root: Entry;
  readonly file: Buffer;
}

/** The tree over balances, without a database. */
export async function buildTree(balances: readonly Balance[], options: Partial<BuildOptions> = {}): Promise<Built> {
  const scratch = mkdtempSync(join(tmpdir(), 'plumbline-leaves-'));
  const leaves = new Leaves({
    run: { tag: Buffer.alloc(8, 5), asset: 'VND' },
    runKey: Buffer.alloc(32, 3),
    currency: { code: 'VND', decimals: 0 },
    split: 1,
    scratch,
    ...options,
  });
  try {
    await leaves.read(copyOf(balances));
    const pieces: Uint8Array[] = [];
    let root: Entry | undefined;
    for await (const piece of leaves.file((found) => {
      root = found;
    })) {
      pieces.push(Buffer.from(piece));
    }
    if (root === undefined) throw new Error('no root');
    return { leaves, root, file: Buffer.concat(pieces) };
  } finally {
    await leaves.close();
    rmSync(scratch, { recursive: true });
  }
}

export const BOOK = 'test';
export const QUERY = 'SELECT merchant_id, available, pending, reserved FROM balances';

export interface ProofFixture {
  readonly db: Db;
  readonly proofs: ProofOfLiabilities;
  /** Makes the proof of a day with the balances that stand in the table now. */
  make(day: number, request?: Partial<ProofRequest>): Promise<ProofRow>;
  remove(): void;
}

/** A platform with a table of balances, and proofs over it. */
export async function openProofs(db: Db, secrets: ProofSecrets = proofSecrets): Promise<ProofFixture> {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-proofs-'));
  const proofs = new ProofOfLiabilities({
    ...{ db, secrets, clock: systemClock, random: systemRandom },
    objects: openFolderStore({ folder: join(folder, 'objects') }),
    scratch: join(folder, 'scratch'),
  });
  await sql`CREATE TABLE balances (merchant_id uuid, available numeric, pending numeric, reserved numeric)`.execute(
    db.sql,
  );
  return {
    db,
    proofs,
    make: async (day, more = {}) => {
      const date = `2026-11-${String(day).padStart(2, '0')}`;
      const reportId = parseId('reconciliation', `0193a000-0000-7000-8000-${String(day).padStart(12, '0')}`);
      const request: ProofRequest = {
        ...{ reportId, book: BOOK, businessDate: parseBusinessDate(date), query: QUERY },
        cut: new Date(`${date}T17:00:00Z`),
        currency: DEFAULT_CURRENCIES.get('VND'),
        ...more,
      };
      const built = await db.transaction({ isolation: 'repeatable read', readOnly: true }, (tx) =>
        proofs.build(db, tx, request),
      );
      return db.transaction({}, async (tx) => {
        await sql`INSERT INTO reconciliation_logs (id, book, business_date, attempt, started_by, status, tolerance_vnd, error_message, started_at, reconciled_at)
          VALUES (${reportId}, ${BOOK}, ${date}, 1, 'test', 'error', 0, 'of a test', now(), now()) ON CONFLICT DO NOTHING`.execute(
          tx,
        );
        return proofs.record(tx, built, { ratesHash: null, reportHash: 'ab'.repeat(32) });
      });
    },
    remove: () => rmSync(folder, { recursive: true }),
  };
}
