/** The SQL of batches that are known from the store alone. */
import { sql } from 'kysely';
import type { Sql, Tx } from '../../../platform/db/port.ts';
import type { ColdHead } from '../../../platform/objects/cold-port.ts';
import type { Manifest } from '../format/manifest.ts';
import { countOf, idOf, packed, sortById, uuidOf } from '../format/records.ts';
import type { Receipt } from '../run/batch.ts';

/** Ids of batches and of those whose rows the database knows. */
export async function knownBatches(db: Sql): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ id: string }>`SELECT id FROM archive_batches`.execute(db);
  return new Set(rows.map(({ id }) => id));
}

export interface Rebuilt {
  readonly manifest: Manifest;
  readonly manifestKey: string;
  readonly manifestText: string;
  readonly manifestSha256: string;
  readonly receipt: Receipt;
  readonly receiptKey: string;
  readonly receiptSha256: string;
  readonly head: ColdHead;
  /** Records of all rows of the object, by their ids: those that are archived, and the others. */
  readonly archived: Buffer;
  readonly kept: Buffer;
}

/** A batch as it was when it was sealed, its manifest and its pointers; and the audit log is told. */
export async function insertRebuilt(tx: Tx, given: Rebuilt, by: string, at: Date): Promise<number> {
  const { manifest, receipt, head, archived, kept } = given;
  const { object } = manifest;
  const hex = (text: string | null | undefined) => sql`decode(${text ?? null}::text, 'hex')`;
  const all = sortById(Buffer.concat([archived, kept]));
  const [lo, hi] = [uuidOf(idOf(all, 0)), uuidOf(idOf(all, countOf(all) - 1))];
  const { rows } = await sql<{ no: number }>`
    INSERT INTO archive_batches (id, table_name, policy_version, way, state, range_from, range_to, claimed_at, changed_at,
      s3_bucket, object_key, storage_class, version_id, codec, row_count, raw_bytes, object_bytes, object_sha256, merkle_root, index_sha256,
      manifest_key, manifest_sha256, previous_manifest_sha256, lo_id, hi_id, stored_bytes, stored_sha256,
      next_seq, archived_rows, kept_rows, committed_at, receipt_key, receipt_sha256)
    VALUES (${manifest.batch}::uuid, ${manifest.table}, ${manifest.policy_version}, 'rows', 'sealed', ${manifest.range.from}, ${manifest.range.to},
      ${manifest.created_at}::text::timestamptz, ${at}, ${object.bucket}, ${object.key}, ${object.storage_class}, ${head.versionId ?? null}, ${object.codec},
      ${manifest.rows}, ${manifest.raw_bytes}, ${object.bytes}, ${hex(object.sha256)}, ${hex(manifest.merkle_root)}, ${hex(manifest.index_sha256)},
      ${given.manifestKey}, ${hex(given.manifestSha256)}, ${hex(manifest.previous_manifest_sha256)}, ${lo}::uuid, ${hi}::uuid,
      ${head.size}, ${hex(head.sha256)}, ${manifest.rows}, ${countOf(archived)}, ${countOf(kept)},
      ${receipt.committed_at}::text::timestamptz, ${given.receiptKey}, ${hex(given.receiptSha256)})
    RETURNING no`.execute(tx);
  const no = rows[0]?.no ?? 0;
  await sql`INSERT INTO archive_manifests (batch, body) VALUES (${no}, ${given.manifestText})`.execute(tx);
  for (const [table, records] of [
    ['archive_pointers', archived],
    ['archive_kept', kept],
  ] as const) {
    for (const some of inHundreds(packed(records))) {
      await sql`
        INSERT INTO ${sql.id(table)} (batch, part, lo, records)
        VALUES ${sql.join(some.map((page) => sql`(${no}::integer, 0, ${page.lo}::uuid, ${page.records}::bytea)`))}`.execute(
        tx,
      );
    }
  }
  const said = {
    batch: manifest.batch,
    table: manifest.table,
    manifest_key: given.manifestKey,
    manifest_sha256: given.manifestSha256,
    by,
  };
  await sql`SELECT audit_capture('archive_manifests', ${object.key}::text, 'rebuild', ${JSON.stringify(said)}::text::jsonb, 'plumbline')`.execute(
    tx,
  );
  return no;
}

function* inHundreds<T>(items: Iterable<T>): Iterable<readonly T[]> {
  let some: T[] = [];
  for (const item of items) {
    some.push(item);
    if (some.length < 100) continue;
    yield some;
    some = [];
  }
  if (some.length > 0) yield some;
}
