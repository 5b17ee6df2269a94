/** From rows to an object in the spool and its manifest, in one snapshot. */

import { PlumblineError } from '../../../kernel/errors.ts';
import { sha256Hex } from '../../../kernel/hash.ts';
import type { ColdStore } from '../../../platform/objects/cold-port.ts';
import { encodeManifest, FORMAT, fingerprintOf, framesToManifest, type Manifest } from '../format/manifest.ts';
import { folderOf, manifestKey, objectKey } from '../format/names.ts';
import { ObjectWriter, type WrittenObject } from '../format/object-writer.ts';
import { doubledInOrder, uuidOf } from '../format/records.ts';
import { underHolds } from '../holds/store-holds.ts';
import type { Subject } from '../plan/subject.ts';
import type { Policy } from '../policies/policy.ts';
import type { Batch, BatchObject } from './batch.ts';
import { orderedRecords } from './ordered-records.ts';
import { MOST_BYTES, type ReadingDeps, readRange } from './reading.ts';
import type { Spool } from './spool.ts';
import { isGivenUp } from './store-batches.ts';
import * as rows from './store-rows.ts';
import { type Seen, seenBy } from './store-versions.ts';

export interface ExportDeps extends ReadingDeps {
  readonly cold: Pick<ColdStore, 'bucket' | 'keyId'>;
  readonly spool: Spool;
  readonly now: () => number;
}

export interface Exported {
  readonly object: BatchObject;
  readonly manifest: { readonly text: string; readonly sha256: string };
  /** The last row, in the order of the archive. */
  readonly last: rows.Cursor;
  /** The range may have more rows. */
  readonly more: boolean;
  /** Of the snapshot in which they were read. */
  readonly seen: Seen | undefined;
}

export interface ExportRequest {
  readonly batch: Batch;
  readonly subject: Subject;
  /** The table, or the partition. */
  readonly place: { readonly schema: string; readonly name: string };
  readonly policy: Policy;
  readonly limit: number;
  readonly cursor: rows.Cursor | undefined;
  readonly previous: string | null;
}

/** @returns undefined where the range has no row. @throws `archive.key_doubled` (integrity), as the throttle */
export async function exportRows(deps: ExportDeps, request: ExportRequest): Promise<Exported | undefined> {
  const { db, spool } = deps;
  const { batch, subject, place, policy } = request;
  await spool.make(batch.id);
  const written = await db.transaction({ isolation: 'repeatable read', readOnly: true }, async (tx) => {
    await rows.pin(tx);
    await rows.steer(tx, subject);
    const seen = await seenBy(tx);
    const held = await underHolds(tx, subject);
    const writer = await ObjectWriter.open(policy.format, spool.objectPath(batch.id), spool.indexPath(batch.id));
    try {
      const ends = await readRange(deps, tx, writer, { ...request, subject: held });
      const object = await writer.finish();
      if (object === undefined || ends === undefined) return undefined;
      const mark = async (id: Buffer) => rows.markOf(tx, subject, place, batch.range, id);
      const marks = { from: await mark(ends.first), to: await mark(ends.last) };
      return { object, seen, first: ends.first, last: ends.last, ...marks };
    } finally {
      await writer.close();
    }
  });
  if (written === undefined || written.from === undefined || written.to === undefined) return undefined;
  const { object } = written;
  if (!subject.uniqueAlone) await assertDistinct(deps, request, object);
  const marks = {
    first: { id: uuidOf(written.first), at: written.from.at },
    last: { id: uuidOf(written.last), at: written.to.at },
  };
  const key = await keyOf(deps, request, object);
  const manifest = manifestOf(request, {
    cold: deps.cold,
    ...{ object, key },
    ...marks,
    postgres: await db.version(),
    now: deps.now(),
  });
  const encoded = encodeManifest(manifest);
  return {
    manifest: encoded,
    object: toBatchObject(manifest, object, encoded.sha256),
    last: written.to,
    more: object.rows >= request.limit || object.bytes >= MOST_BYTES,
    seen: written.seen,
  };
}

function manifestOf(
  { batch, subject, policy, previous }: ExportRequest,
  of: {
    readonly cold: ExportDeps['cold'];
    readonly object: WrittenObject;
    readonly key: string;
    readonly first: Manifest['first'];
    readonly last: Manifest['last'];
    readonly postgres: string;
    readonly now: number;
  },
): Manifest {
  const { object, now } = of;
  const { retention } = policy;
  return {
    format: FORMAT,
    batch: batch.id,
    created_at: new Date(now).toISOString(),
    table: subject.table,
    key: { column: subject.key.column, kind: subject.key.kind },
    archive_column: subject.column,
    columns: [...subject.columns],
    fingerprint: fingerprintOf(subject.columns),
    settings: rows.SETTINGS,
    postgres: of.postgres,
    policy_version: batch.policyVersion,
    range: batch.range,
    first: of.first,
    last: of.last,
    rows: object.rows,
    raw_bytes: object.rawBytes,
    merkle_root: object.merkleRoot,
    index_sha256: object.indexSha256,
    object: {
      bucket: of.cold.bucket,
      key: of.key,
      sha256: object.sha256,
      bytes: object.bytes,
      storage_class: policy.storage_class,
      codec: object.codec,
      legal_hold: policy.legal_hold,
      retain_until: retention === null ? null : new Date(now + retention.days * 86_400_000).toISOString(),
    },
    frames: framesToManifest(object.frames),
    previous_manifest_sha256: previous,
  };
}

/**
 * Where the object will be. A batch that was given up leaves its key alone for ever: whoever began to remove its object,
 * and was then taken over from, may still do so.
 */
async function keyOf(
  { db, cold }: ExportDeps,
  { batch, subject, policy }: ExportRequest,
  { sha256, codec }: WrittenObject,
): Promise<string> {
  const named = (name: string): string =>
    objectKey(folderOf(subject), batch.range.from, name, codec, {
      storageClass: policy.storage_class,
      keyId: cold.keyId,
    });
  const key = named(sha256);
  return (await isGivenUp(db.sql, key)) ? named(sha256Hex(`${sha256} ${batch.id}`)) : key;
}

const toBatchObject = (manifest: Manifest, object: WrittenObject, manifestSha256: string): BatchObject => ({
  ...{ bucket: manifest.object.bucket, key: manifest.object.key, storageClass: manifest.object.storage_class },
  ...{ codec: object.codec, rows: object.rows, rawBytes: object.rawBytes, bytes: object.bytes, sha256: object.sha256 },
  ...{ merkleRoot: object.merkleRoot, indexSha256: object.indexSha256, lo: object.lo, hi: object.hi },
  ...{ manifestKey: manifestKey(manifest.object.key, manifestSha256), manifestSha256 },
  previousManifestSha256: manifest.previous_manifest_sha256,
});

/** Where the database does not promise it: an id that stands twice would have two pointers. */
async function assertDistinct(
  { spool }: ExportDeps,
  { batch, subject }: ExportRequest,
  { rows: count, lo, hi }: WrittenObject,
): Promise<void> {
  for await (const records of orderedRecords({ path: spool.indexPath(batch.id), lo, hi })) {
    const twice = doubledInOrder(records);
    if (twice === undefined) continue;
    throw new PlumblineError(
      'integrity',
      'archive.key_doubled',
      `${subject.table} has the ${subject.key.column} ${uuidOf(twice)} twice between ${batch.range.from} and ${batch.range.to} (of ${count} rows); a pointer names one row: correct it first`,
    );
  }
}
