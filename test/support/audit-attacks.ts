/** What a superuser with triggers switched off can do to a log, each in a transaction that is rolled back after it was looked at. */
import { type RawBuilder, sql } from 'kysely';
import { genesisHash, leafText } from '../../src/features/audit/log/leaf.ts';
import { leafHash, perfectRoot } from '../../src/features/audit/tlog/hashing.ts';
import { Frontier } from '../../src/features/audit/tlog/tree.ts';
import type { Damage, DamageKind } from '../../src/features/audit/verify/damage.ts';
import { readStored, readStoredStreams } from '../../src/features/audit/verify/store.ts';
import type { Db, Tx } from '../../src/platform/db/port.ts';

export interface Attack {
  readonly name: string;
  readonly attack: (tx: Tx) => Promise<unknown>;
  /** Of the first damage that is found. */
  readonly kind: DamageKind;
  /** Where; undefined: it is in no leaf. */
  readonly index?: number | undefined;
  /** One of several where the attack leaves no more than a range to be named. */
  readonly from?: number;
}

const ROLLBACK = Symbol('rolled back');

/** Runs `look` on the database as the attack leaves it. */
export async function attacked<T>(
  db: Db,
  attack: (tx: Tx) => Promise<unknown>,
  look: (db: Db) => Promise<T>,
): Promise<T> {
  const seen: T[] = [];
  const all = db.transaction({}, async (tx) => {
    await sql`SELECT set_config('session_replication_role', 'replica', true)`.execute(tx);
    await attack(tx);
    seen.push(await look({ ...db, sql: tx, inOrder: tx, transaction: (_mode, work) => work(tx) }));
    throw ROLLBACK;
  });
  await all.catch((error: unknown) => {
    if (error !== ROLLBACK) throw error;
  });
  const [result] = seen;
  if (result === undefined) throw new Error('nothing was looked at');
  return result;
}

export const run =
  (...statements: readonly RawBuilder<unknown>[]) =>
  async (tx: Tx): Promise<void> => {
    for (const statement of statements) await statement.execute(tx);
  };

/** After an attack: every leaf is hashed again, and tiles, heads, root and days are made to fit. */
export const andRehash =
  (attack: (tx: Tx) => Promise<unknown>) =>
  async (tx: Tx): Promise<void> => {
    await attack(tx);
    await rehash(tx);
  };

async function rehash(tx: Tx): Promise<void> {
  const names = new Map((await readStoredStreams(tx)).map(({ id, name }) => [id, name]));
  const { rows } = await sql<{ origin: string }>`SELECT origin FROM audit_log`.execute(tx);
  const origin = rows[0]?.origin ?? '';
  const heads = new Map<number, { seq: number; hash: string }>();
  const frontier = Frontier.empty();
  const hashes: Buffer[] = [];
  const { rows: days } = await sql<{ size: bigint }>`SELECT size FROM audit_days`.execute(tx);
  const daySizes = new Set(days.map(({ size }) => Number(size)));
  await sql`ALTER TABLE audit_leaves DROP CONSTRAINT audit_leaves_stream`.execute(tx);
  for (const leaf of await readStored(tx, 0, Number.MAX_SAFE_INTEGER)) {
    const stream = names.get(leaf.streamId) ?? '';
    const head = heads.get(leaf.streamId) ?? { seq: -1, hash: genesisHash(origin, stream) };
    const seq = head.seq + 1;
    const hash = leafHash(leafText({ ...leaf, stream, seq, previousHash: head.hash, bare: false }));
    heads.set(leaf.streamId, { seq, hash: hash.toString('hex') });
    await sql`UPDATE audit_leaves SET seq = ${seq}, leaf_hash = ${hash}, idx = ${frontier.size} WHERE idx = ${leaf.index}`.execute(
      tx,
    );
    hashes.push(hash);
    frontier.append(hash);
    if (daySizes.has(frontier.size)) {
      await sql`UPDATE audit_days SET root = ${Buffer.from(frontier.root())} WHERE size = ${frontier.size}`.execute(tx);
    }
  }
  for (let n = 0; (n + 1) * 256 <= hashes.length; n += 1) {
    const tile = Buffer.concat(hashes.slice(n * 256, (n + 1) * 256));
    await sql`UPDATE audit_tiles SET hashes = ${tile}, root = ${perfectRoot(tile)} WHERE level = 0 AND n = ${n}`.execute(
      tx,
    );
  }
  await sql`DELETE FROM audit_tiles WHERE (n + 1) * 256 > ${hashes.length}`.execute(tx);
  for (const id of names.keys()) {
    const head = heads.get(id);
    await sql`UPDATE audit_streams SET size = ${(head?.seq ?? -1) + 1}, head = ${head === undefined ? null : Buffer.from(head.hash, 'hex')} WHERE id = ${id}`.execute(
      tx,
    );
  }
  await sql`UPDATE audit_log SET size = ${hashes.length}, root = ${Buffer.from(frontier.root())}, frontier = ${frontier.encode()},
    at_us = (SELECT max(at_us) FROM audit_leaves)`.execute(tx);
}

/** What is wrong with what was found, for a message; undefined: it is what the attack did. */
export function verdict({ kind, index, from }: Attack, damage: readonly Damage[]): string | undefined {
  const [first] = damage;
  if (first === undefined) return 'it was not detected';
  const isThere =
    from === undefined
      ? first.index === index
      : first.index !== undefined && first.index >= from && first.index <= (index ?? from);
  return first.kind === kind && isThere ? undefined : `it was found as ${JSON.stringify(damage.slice(0, 3))}`;
}
