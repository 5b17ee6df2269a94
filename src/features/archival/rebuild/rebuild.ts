/**
 * Batches and pointers from the store alone, after the database was lost: the manifest says what an object is,
 * the receipt which of its rows are archived, and the object itself has the ids and the hashes.
 */
import { PlumblineError } from '../../../kernel/errors.ts';
import { sha256Hex } from '../../../kernel/hash.ts';
import type { Db } from '../../../platform/db/port.ts';
import type { ColdHead, ColdListed, ColdStore } from '../../../platform/objects/cold-port.ts';
import { type Manifest, parseManifest } from '../format/manifest.ts';
import { receiptKey } from '../format/names.ts';
import { countOf, doubled, idOfUuid, RECORD } from '../format/records.ts';
import { pointerId } from '../pointers/key.ts';
import { openFrames } from '../restore/land.ts';
import { RECEIPT, type Receipt } from '../run/batch.ts';
import { readAll } from '../run/steps.ts';
import * as store from './store-rebuild.ts';

export interface Rebuilding {
  readonly batch: string;
  readonly table: string;
  readonly archivePath: string;
  readonly state: /** The database has it now. */
    | 'rebuilt'
    /** It had it. */
    | 'known'
    /** The object has to be restored before its rows can be told. */
    | 'pending'
    /** Without a receipt: some of its rows may live in their table. */
    | 'unfinished'
    /** Something of it is missing, or not what it was. */
    | 'damaged';
  readonly message: string;
}

const MANIFEST = /\.([0-9a-f]{16})\.manifest\.json$/;

export interface RebuildDeps {
  readonly db: Db;
  readonly cold: ColdStore;
  readonly now: () => number;
}

/** Each manifest in the store, in the order of their keys. What is known already is left as it is. */
export async function* rebuildCatalogue({ db, cold, now }: RebuildDeps, by: string): AsyncIterable<Rebuilding> {
  const known = await store.knownBatches(db.sql);
  const seen = new Map<string, ColdListed>();
  for await (const listed of cold.list('')) seen.set(listed.key, listed);
  for (const key of seen.keys()) {
    const prefix = MANIFEST.exec(key)?.[1];
    if (prefix === undefined) continue;
    const text = (await readAll(cold, key)).toString('utf8');
    const sha256 = sha256Hex(text);
    const manifest = manifestIn(text, key, sha256, prefix);
    const said = (state: Rebuilding['state'], message: string): Rebuilding =>
      'batch' in manifest
        ? { batch: manifest.batch, table: manifest.table, archivePath: manifest.object.key, state, message }
        : { batch: '', table: '', archivePath: key, state, message };
    if (!('batch' in manifest)) {
      yield said('damaged', manifest.message);
      continue;
    }
    if (known.has(manifest.batch)) {
      yield said('known', 'the database knows it');
      continue;
    }
    const object = seen.get(manifest.object.key);
    const receiptAt = receiptKey(manifest.object.key, sha256);
    if (object === undefined) {
      yield said('damaged', `the store has its manifest and not ${manifest.object.key}`);
    } else if (!seen.has(receiptAt)) {
      yield said(
        'unfinished',
        `it has no receipt: its rows had not all left ${manifest.table} when it was made. Do not delete it: compare its rows with the table`,
      );
    } else if (object.readability.state === 'archived' || object.readability.state === 'restoring') {
      yield said(
        'pending',
        `${manifest.object.key} is in ${object.storageClass}; its rows can be told once it is restored`,
      );
    } else {
      try {
        const receiptText = (await readAll(cold, receiptAt)).toString('utf8');
        const receipt = receiptIn(receiptText, manifest, sha256);
        const head = await cold.head(manifest.object.key);
        const records = await recordsOf(cold, manifest, receipt);
        const paths = { manifestKey: key, manifestText: text, manifestSha256: sha256, receiptKey: receiptAt };
        const whole = {
          manifest,
          receipt,
          receiptSha256: sha256Hex(receiptText),
          head: headOf(head, manifest),
          ...records,
          ...paths,
        };
        const no = await db.transaction({}, (tx) => store.insertRebuilt(tx, whole, by, new Date(now())));
        yield said('rebuilt', `batch ${no}, ${countOf(records.archived)} archived rows`);
      } catch (error) {
        if (!(error instanceof PlumblineError && (error.kind === 'integrity' || error.kind === 'missing'))) throw error;
        yield said('damaged', error.message);
      }
    }
  }
}

function manifestIn(
  text: string,
  key: string,
  sha256: string,
  prefix: string,
): Manifest | { readonly message: string } {
  if (!sha256.startsWith(prefix)) return { message: `${key} does not have the hash that its name says` };
  try {
    return parseManifest(text, key);
  } catch (error) {
    if (error instanceof PlumblineError) return { message: error.message };
    throw error;
  }
}

const damaged = (message: string): PlumblineError =>
  new PlumblineError('integrity', 'archive.rebuild_damaged', message);

function headOf(head: ColdHead | undefined, { object }: Manifest): ColdHead {
  if (head !== undefined) return head;
  throw damaged(`the store does not have ${object.key} any more`);
}

function receiptIn(text: string, manifest: Manifest, sha256: string): Receipt {
  let receipt: Receipt;
  try {
    receipt = RECEIPT.parse(JSON.parse(text));
  } catch {
    throw damaged(`the receipt of ${manifest.object.key} is damaged`);
  }
  if (receipt.batch === manifest.batch && receipt.manifest_sha256 === sha256) return receipt;
  throw damaged(`the receipt of ${manifest.object.key} is of another manifest`);
}

/** Ids out of the rows, hashes of their bytes, and the manifest's word that they are those of the export. */
async function recordsOf(
  cold: ColdStore,
  manifest: Manifest,
  receipt: Receipt,
): Promise<{ readonly archived: Buffer; readonly kept: Buffer }> {
  const index = Buffer.alloc(manifest.rows * RECORD);
  for await (const { frame, rows, hashes } of openFrames(manifest, await cold.get(manifest.object.key))) {
    for (const [at, row] of rows.entries()) {
      const seq = frame.first + at;
      idOfUuid(idIn(row, manifest)).copy(index, seq * RECORD);
      index.writeUInt32BE(seq, seq * RECORD + 16);
      hashes[at]?.copy(index, seq * RECORD + 20);
    }
  }
  if (sha256Hex(index) !== manifest.index_sha256) {
    throw damaged(`the rows of ${manifest.object.key} do not have the ids and hashes that its manifest is of`);
  }
  const archived: Buffer[] = [];
  const kept: Buffer[] = [];
  let next = 0;
  for (const [first, last] of receipt.archived) {
    if (first < next || last < first || last >= manifest.rows)
      throw damaged(`the receipt of ${manifest.object.key} names rows that it does not have`);
    kept.push(index.subarray(next * RECORD, first * RECORD));
    archived.push(index.subarray(first * RECORD, (last + 1) * RECORD));
    next = last + 1;
  }
  kept.push(index.subarray(next * RECORD));
  const found = { archived: Buffer.concat(archived), kept: Buffer.concat(kept) };
  if (countOf(found.archived) !== receipt.archived_rows)
    throw damaged(`the receipt of ${manifest.object.key} does not count its own rows`);
  if (doubled(index) !== undefined) throw damaged(`${manifest.object.key} has two rows of one id`);
  return found;
}

/** The original_id of a row. A number may be more than a double holds, so its own digits are taken. */
function idIn(row: Buffer, { key, object }: Manifest): string {
  const text = row.toString('utf8');
  const value: unknown = (JSON.parse(text) as Readonly<Record<string, unknown>>)[key.column];
  if (key.kind === 'uuid' && typeof value === 'string') return value;
  if (typeof value === 'number') {
    if (Number.isSafeInteger(value)) return pointerId(String(value));
    const digits = new RegExp(`[{,]${escaped(JSON.stringify(key.column))}:(-?\\d+)`).exec(text)?.[1];
    if (digits !== undefined) return pointerId(digits);
  }
  throw damaged(`a row of ${object.key} has no key "${key.column}"`);
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
