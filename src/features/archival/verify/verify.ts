/** One batch held against everything that is known of it: the database, the store, and the object's own bytes. */
import { isPlumblineError } from '../../../kernel/errors.ts';
import { sha256Hex } from '../../../kernel/hash.ts';
import type { Db } from '../../../platform/db/port.ts';
import type { ColdStore } from '../../../platform/objects/cold-port.ts';
import { type Manifest, parseManifest } from '../format/manifest.ts';
import { verifyObject } from '../format/object-verify.ts';
import { countOf, hashOf, seqOf } from '../format/records.ts';
import { type Batch, type BatchObject, RECEIPT, stretches } from '../run/batch.ts';
import { readAll } from '../run/steps.ts';
import * as store from '../run/store-batches.ts';
import { readMisnamed, readPacked } from '../run/store-pointers.ts';
import { checkPointers, misplaced } from './pointers.ts';

export interface Finding {
  readonly kind: 'object' | 'manifest' | 'receipt' | 'pointers' | 'batch';
  /** Where: a key, or `database`. */
  readonly where: string;
  readonly message: string;
}

export interface BatchVerdict {
  readonly batch: Batch;
  readonly findings: readonly Finding[];
  /** What could be said of the object: by the store's checksum, by its bytes, or that it must be restored first. */
  readonly object: 'bytes' | 'checksum' | 'not readable' | 'damaged';
  readonly rows: number;
  readonly bytesRead: number;
}

export interface VerifyDeps {
  readonly db: Db;
  readonly cold: ColdStore;
}

/** @param options `bytes`: the object is read where it is readable */
export async function verifyBatch(
  { db, cold }: VerifyDeps,
  batch: Batch,
  options: { readonly bytes: boolean },
): Promise<BatchVerdict> {
  const findings: Finding[] = [];
  const find = (kind: Finding['kind'], where: string, message: string): void => {
    findings.push({ kind, where, message });
  };
  const { object } = batch;
  if (object === undefined) {
    find('batch', 'database', `batch ${batch.no} names no object`);
    return { batch, findings, object: 'damaged', rows: 0, bytesRead: 0 };
  }
  const manifest = await readManifest(db, batch, object, find);
  await checkCopies(cold, batch, object, find);
  const pointers = await readPacked(db.sql, 'archive_all_pointers', batch.no);
  const kept = await readPacked(db.sql, 'archive_kept', batch.no);
  if (manifest !== undefined) {
    const unknown = batch.keptRows - countOf(kept) + (object.rows - batch.nextSeq);
    const { damages } = checkPointers(manifest, { pointers, kept, unknown });
    for (const { kind, rows, frame } of damages) {
      find(
        'pointers',
        'database',
        `batch ${batch.no}: ${said(kind, rows)}${frame === undefined ? '' : ` (frame ${frame})`}`,
      );
    }
    if (countOf(pointers) !== batch.archivedRows) {
      find(
        'pointers',
        'database',
        `batch ${batch.no} has ${countOf(pointers)} pointers of ${batch.archivedRows} archived rows`,
      );
    }
  }
  await checkPlaces(db, batch, pointers, find);
  await checkReceipt(cold, batch, pointers, find);
  const seen = await checkObject(cold, {
    object,
    stored: batch.stored ?? object,
    manifest,
    pointers,
    bytes: options.bytes,
    find,
  });
  return { batch, findings, ...seen };
}

/** Pointers that are there, and would not be found. */
async function checkPlaces(db: Db, batch: Batch, pointers: Buffer, find: Find): Promise<void> {
  const say = (what: string): void =>
    find('pointers', 'database', `batch ${batch.no}: ${what}; look-ups may not find it`);
  for (const records of await readMisnamed(db.sql, batch.no)) {
    say(`the pointers of row ${seqOf(records, 0)} and ${countOf(records) - 1} more stand under another id`);
  }
  if (batch.parts > 0 || batch.object === undefined) return; // each part has an order of its own
  for (const what of misplaced(pointers, batch.object.lo, batch.object.hi)) say(what);
}

type Find = (kind: Finding['kind'], where: string, message: string) => void;

const said = (kind: 'missing' | 'doubled' | 'foreign' | 'changed', [from, to]: readonly [number, number]): string =>
  ({
    missing: `row ${from} of the object has no pointer`,
    doubled: `row ${from} of the object has two pointers`,
    foreign: `a pointer names row ${from}, which the object does not have`,
    changed: `pointers of rows ${from} to ${to - 1} are not those that were written`,
  })[kind];

async function readManifest(db: Db, batch: Batch, object: BatchObject, find: Find): Promise<Manifest | undefined> {
  const text = await store.readManifestText(db.sql, batch.no);
  if (text === undefined) {
    find('manifest', 'database', `batch ${batch.no} has no manifest in the database`);
    return undefined;
  }
  try {
    const manifest = parseManifest(text, `of batch ${batch.no} in the database`);
    if (sha256Hex(text) !== object.manifestSha256) {
      find('manifest', 'database', `batch ${batch.no}: its manifest does not have the hash that the batch names`);
    }
    const told: readonly (readonly [string, unknown, unknown])[] = [
      ['object_key', object.key, manifest.object.key],
      ['object_sha256', object.sha256, manifest.object.sha256],
      ['object_bytes', object.bytes, manifest.object.bytes],
      ['row_count', object.rows, manifest.rows],
      ['merkle_root', object.merkleRoot, manifest.merkle_root],
      ['index_sha256', object.indexSha256, manifest.index_sha256],
    ];
    for (const [name, ours, its] of told) {
      if (ours !== its)
        find('batch', 'database', `batch ${batch.no}: ${name} is ${String(ours)}, and ${String(its)} in its manifest`);
    }
    return manifest;
  } catch (error) {
    if (!isPlumblineError(error)) throw error;
    find('manifest', 'database', error.message);
    return undefined;
  }
}

/** The manifest as it stands beside the object. */
async function checkCopies(cold: ColdStore, batch: Batch, object: BatchObject, find: Find): Promise<void> {
  if (batch.state === 'exported' || batch.state === 'uploaded') return;
  const bytes = await read(cold, object.manifestKey);
  if (bytes === undefined)
    find('manifest', object.manifestKey, `the manifest ${object.manifestKey} is not in the store`);
  else if (sha256Hex(bytes) !== object.manifestSha256) {
    find('manifest', object.manifestKey, `the manifest ${object.manifestKey} is not the one that was stored`);
  }
}

async function checkReceipt(cold: ColdStore, batch: Batch, pointers: Buffer, find: Find): Promise<void> {
  if (batch.receiptKey === null) return;
  const bytes = await read(cold, batch.receiptKey);
  if (bytes === undefined) {
    find('receipt', batch.receiptKey, `the receipt ${batch.receiptKey} is not in the store`);
    return;
  }
  if (sha256Hex(bytes) !== batch.receiptSha256) {
    find('receipt', batch.receiptKey, `the receipt ${batch.receiptKey} is not the one that was stored`);
    return;
  }
  const receipt = RECEIPT.parse(JSON.parse(bytes.toString('utf8')));
  const seqs = Uint32Array.from({ length: countOf(pointers) }, (_, at) => seqOf(pointers, at)).sort();
  if (JSON.stringify(receipt.archived) !== JSON.stringify(stretches(seqs))) {
    find('pointers', 'database', `batch ${batch.no}: the receipt names other rows than the pointers do`);
  }
}

/** @returns undefined where there is none */
async function read(cold: ColdStore, key: string): Promise<Buffer | undefined> {
  try {
    return await readAll(cold, key);
  } catch (error) {
    if (isPlumblineError(error) && error.code === 'objects.missing') return undefined;
    throw error;
  }
}

async function checkObject(
  cold: ColdStore,
  {
    object,
    stored,
    manifest,
    pointers,
    bytes,
    find,
  }: {
    readonly object: BatchObject;
    readonly stored: { readonly bytes: number; readonly sha256: string | undefined };
    readonly manifest: Manifest | undefined;
    readonly pointers: Buffer;
    readonly bytes: boolean;
    readonly find: Find;
  },
): Promise<Pick<BatchVerdict, 'object' | 'rows' | 'bytesRead'>> {
  const head = await cold.head(object.key);
  if (head === undefined) {
    find('object', object.key, `the object ${object.key} is not in the store`);
    return { object: 'damaged', rows: 0, bytesRead: 0 };
  }
  let sound = true;
  if (
    head.size !== stored.bytes ||
    (head.sha256 !== undefined && stored.sha256 !== undefined && head.sha256 !== stored.sha256)
  ) {
    find(
      'object',
      object.key,
      `the store has ${object.key} with ${head.size} bytes and SHA-256 ${head.sha256 ?? 'unknown'}; it was stored with ${stored.bytes} and ${stored.sha256 ?? 'none'}`,
    );
    sound = false;
  }
  const readable = head.readability.state === 'readable' || head.readability.state === 'restored';
  if (!bytes || !readable || manifest === undefined) {
    const known = head.sha256 === undefined ? 'not readable' : 'checksum';
    return { object: sound ? known : 'damaged', rows: 0, bytesRead: 0 };
  }
  const byRow = new Map<number, Buffer>();
  for (let at = 0; at < countOf(pointers); at += 1) byRow.set(seqOf(pointers, at), hashOf(pointers, at));
  const verdict = await verifyObject(manifest, await cold.get(object.key), (frame, hashes) => {
    for (const [place, hash] of hashes.entries()) {
      const pointed = byRow.get(frame.first + place);
      if (pointed !== undefined && !pointed.equals(hash)) {
        find(
          'pointers',
          'database',
          `the pointer of row ${frame.first + place} of ${object.key} has another data_hash than the row`,
        );
      }
    }
  });
  for (const { message } of verdict.damages) find('object', object.key, message);
  return {
    object: sound && verdict.damages.length === 0 ? 'bytes' : 'damaged',
    rows: verdict.rows,
    bytesRead: verdict.bytes,
  };
}
