/** One frame or one row of an object, by a range of its bytes: what is answered was verified against the manifest. */
import { hash } from 'node:crypto';
import { PlumblineError } from '../../../kernel/errors.ts';
import type { ColdStore } from '../../../platform/objects/cold-port.ts';
import { decompress } from './codec.ts';
import { framesOf, type Manifest, type PlacedFrame } from './manifest.ts';
import { inclusionPath, leafHash, rootOf } from './merkle.ts';
import { subtreesOf } from './object-writer.ts';

export interface ProvenRow {
  /** Its canonical bytes. */
  readonly row: Buffer;
  /** From 0. */
  readonly seq: number;
  /** SHA-256 of the row, hex. */
  readonly dataHash: string;
  /** From the leaf to the manifest's `merkle_root`, hex, nearest first. */
  readonly path: readonly string[];
  /** What was read of the object. */
  readonly bytesRead: number;
}

/** The frame that has the row. @throws `archive.row_unknown` (missing) */
export function frameWith(manifest: Manifest, seq: number): PlacedFrame {
  const frame = framesOf(manifest).find(({ first, rows }) => seq >= first && seq < first + rows);
  if (frame !== undefined) return frame;
  throw new PlumblineError(
    'missing',
    'archive.row_unknown',
    `${manifest.object.key} has ${manifest.rows} rows, from 0 on, and no row ${seq}`,
  );
}

/**
 * The rows of a frame, each without its line end, and their data hashes.
 * @returns undefined where the bytes are not those that the manifest is of
 */
export async function openFrame(
  manifest: Manifest,
  frame: PlacedFrame,
  bytes: Uint8Array,
): Promise<{ readonly rows: readonly Buffer[]; readonly hashes: readonly Buffer[] } | undefined> {
  const raw = await decompress(manifest.object.codec, bytes, frame.rawBytes);
  const rows = raw && linesOf(raw);
  if (rows?.length !== frame.rows) return undefined;
  const hashes = rows.map((row) => Buffer.from(hash('sha256', row, 'binary'), 'binary'));
  return rootOf(hashes.map(leafHash)).toString('hex') === frame.root ? { rows, hashes } : undefined;
}

/** @returns undefined where the last line does not end */
function linesOf(raw: Buffer): readonly Buffer[] | undefined {
  const lines: Buffer[] = [];
  let from = 0;
  for (let end = raw.indexOf(0x0a); end >= 0; end = raw.indexOf(0x0a, from)) {
    lines.push(raw.subarray(from, end));
    from = end + 1;
  }
  return from === raw.length ? lines : undefined;
}

/**
 * A row with the proof that it is in the object: one range is read.
 * @throws `archive.row_unknown` (missing); `archive.object_damaged` (integrity) where the frame is not what the
 *   manifest says; `objects.cold` (conflict) when the object must be restored first, and as the store
 */
export async function readRow(store: Pick<ColdStore, 'getRange'>, manifest: Manifest, seq: number): Promise<ProvenRow> {
  const frame = frameWith(manifest, seq);
  const bytes = await store.getRange(manifest.object.key, frame.offset, frame.bytes);
  const opened = await openFrame(manifest, frame, bytes);
  const place = seq - frame.first;
  const [row, dataHash] = [opened?.rows[place], opened?.hashes[place]];
  if (opened === undefined || row === undefined || dataHash === undefined) {
    throw new PlumblineError(
      'integrity',
      'archive.object_damaged',
      `frame ${frame.index} of ${manifest.object.key} (bytes ${frame.offset} to ${frame.offset + frame.bytes - 1}, rows ${frame.first} to ${frame.first + frame.rows - 1}) is not what its manifest says`,
      { details: { key: manifest.object.key, frame: frame.index } },
    );
  }
  const path = inclusionPath(seq, subtreesOf(framesOf(manifest)), opened.hashes.map(leafHash));
  return {
    row: Buffer.from(row),
    seq,
    dataHash: dataHash.toString('hex'),
    path: path.map((each) => each.toString('hex')),
    bytesRead: bytes.length,
  };
}
