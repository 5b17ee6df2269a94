/** Pointers of a batch against its manifest, without the object: each row once, and each frame's checksum. */
import { crc32 } from 'node:zlib';
import { sha256Hex } from '../../../kernel/hash.ts';
import { framesOf, type Manifest } from '../format/manifest.ts';
import { countOf, idOf, RECORD, recordAt, seqOf, uuidOf } from '../format/records.ts';

export interface PointerDamage {
  /** A row without its pointer, with two of them, with one that is not of this object; records that were changed. */
  readonly kind: 'missing' | 'doubled' | 'foreign' | 'changed';
  /** From, included, to, not included. */
  readonly rows: readonly [number, number];
  readonly frame: number | undefined;
}

/**
 * @param pointers of archived rows, and @param kept of those that live on; in any order
 * @param unknown how many kept rows have no record: their spool was lost
 */
export function checkPointers(
  manifest: Manifest,
  { pointers, kept, unknown }: { readonly pointers: Buffer; readonly kept: Buffer; readonly unknown: number },
): { readonly damages: readonly PointerDamage[]; readonly proven: number } {
  const index = Buffer.alloc(manifest.rows * RECORD);
  const seen = new Uint8Array(manifest.rows);
  const damages: PointerDamage[] = [];
  for (const records of [pointers, kept]) {
    for (let at = 0; at < countOf(records); at += 1) {
      const seq = seqOf(records, at);
      if (seq >= manifest.rows) damages.push({ kind: 'foreign', rows: [seq, seq + 1], frame: undefined });
      else if (seen[seq] === 1) damages.push({ kind: 'doubled', rows: [seq, seq + 1], frame: undefined });
      else {
        seen[seq] = 1;
        recordAt(records, at).copy(index, seq * RECORD);
      }
    }
  }
  // Rows whose records are lost with their spool are the last of the object, and not archived.
  const known = manifest.rows - unknown;
  const missing: number[] = [];
  for (let seq = 0; seq < known; seq += 1) if (seen[seq] === 0) missing.push(seq);
  for (const seq of missing) damages.push({ kind: 'missing', rows: [seq, seq + 1], frame: undefined });
  let proven = 0;
  for (const { index: frame, first, rows, indexCrc } of framesOf(manifest)) {
    if (first + rows > known) break;
    if (missing.some((seq) => seq >= first && seq < first + rows)) continue; // named above
    if (crc32(index.subarray(first * RECORD, (first + rows) * RECORD)) === indexCrc) proven += rows;
    else damages.push({ kind: 'changed', rows: [first, first + rows], frame });
  }
  if (damages.length === 0 && unknown === 0 && sha256Hex(index) !== manifest.index_sha256) {
    damages.push({ kind: 'changed', rows: [0, manifest.rows], frame: undefined });
  }
  return { damages, proven };
}

/**
 * Whether a look-up meets each of the pointers, which it finds by halves.
 * @param pointers of a committed batch as they are stored, page after page; @param lo, @param hi what the batch says
 * @returns what is not in its place, for people
 */
export function misplaced(pointers: Buffer, lo: string, hi: string): readonly string[] {
  const found: string[] = [];
  for (let at = 1; at < countOf(pointers); at += 1) {
    if (idOf(pointers, at - 1).compare(idOf(pointers, at)) < 0) continue;
    found.push(`the pointer of row ${seqOf(pointers, at)} stands after that of row ${seqOf(pointers, at - 1)}`);
  }
  const ends = pointers.length === 0 || found.length > 0 ? [] : [0, countOf(pointers) - 1];
  for (const id of ends.map((at) => uuidOf(idOf(pointers, at)))) {
    if (id < lo || id > hi) found.push(`the batch says that its ids go from ${lo} to ${hi}, and it has ${id}`);
  }
  return found;
}
