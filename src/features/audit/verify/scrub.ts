/** Some bundles of what was verified before, looked at again: content, payloads, tiles, days and what was signed. */
import { isPlumblineError } from '../../../kernel/errors.ts';
import type { Tx } from '../../../platform/db/port.ts';
import { leafText } from '../log/leaf.ts';
import { nodesOf } from '../log/tile-reader.ts';
import { readCheckpoints, readLeaves } from '../store.ts';
import { HASH_BYTES, leafHash } from '../tlog/hashing.ts';
import { inclusionProof, rootAt, verifyInclusion } from '../tlog/proofs.ts';
import { TILE_WIDTH } from '../tlog/tiles.ts';
import type { Damage, Findings } from './damage.ts';
import type { DatabaseOptions } from './database.ts';
import { dayMarks } from './days.ts';
import { Marks, readMark } from './marks.ts';
import { checkPayload } from './payloads.ts';
import * as store from './store.ts';
import { compareLeaves } from './tile-check.ts';

export interface ScrubRange {
  readonly origin: string;
  /** First leaves of a bundle. */
  readonly first: number;
  readonly end: number;
  /** Of the tree that was verified. */
  readonly size: number;
  readonly root: Uint8Array;
}

export async function scrub(tx: Tx, range: ScrubRange, options: DatabaseOptions, findings: Findings): Promise<void> {
  const { first, end } = range;
  const tiles = await store.readStoredTiles(tx, 0, first / TILE_WIDTH, end / TILE_WIDTH);
  const leaves = await readLeaves(tx, first, end);
  for (let start = first; start < end; start += TILE_WIDTH) {
    const hashes = Buffer.alloc(TILE_WIDTH * HASH_BYTES);
    for (const leaf of leaves.filter(({ index }) => index >= start && index < start + TILE_WIDTH)) {
      leafHash(leafText(leaf)).copy(hashes, (leaf.index - start) * HASH_BYTES);
    }
    const tile = tiles.get(start / TILE_WIDTH)?.hashes ?? Buffer.alloc(0);
    const damage = compareLeaves(start, hashes, tile);
    if (damage !== undefined) findings.add(await decided(tx, damage, start, tile, range));
    else if (!(await isInTree(tx, hashes.subarray(0, HASH_BYTES), start, range))) {
      findings.add({
        kind: 'leaf-altered',
        index: start,
        message: `leaf ${start}, or one of its bundle, is not in the log that was verified`,
      });
    }
  }
  const bare = new Set(leaves.filter((leaf) => leaf.bare).map(({ index }) => index));
  await scrubPayloads(tx, range, bare, options, findings);
  await scrubMarks(tx, range, options, findings);
}

/** Where the tile is in the tree that was verified, it is the leaf that is not what it was. */
async function decided(tx: Tx, damage: Damage, start: number, tile: Uint8Array, range: ScrubRange): Promise<Damage> {
  const { kind, index = start } = damage;
  const at = (index - start) * HASH_BYTES;
  const kept = tile.subarray(at, at + HASH_BYTES);
  const isLeaf = kind === 'tile-altered' && (await isInTree(tx, kept, index, range));
  return isLeaf ? { ...damage, kind: 'leaf-altered' } : damage;
}

/** @returns false as well where a tile that the proof needs is missing */
async function isInTree(tx: Tx, leaf: Uint8Array, index: number, { size, root }: ScrubRange): Promise<boolean> {
  try {
    return verifyInclusion(leaf, index, size, root, await inclusionProof(nodesOf(tx, size), index, size));
  } catch (error) {
    if (isPlumblineError(error) && error.kind === 'integrity') return false;
    throw error;
  }
}

async function scrubPayloads(
  tx: Tx,
  { first, end, size }: ScrubRange,
  bare: ReadonlySet<number>,
  options: DatabaseOptions,
  findings: Findings,
): Promise<void> {
  const redactions = await store.readStoredRedactions(tx, first, end);
  const names = new Map((await store.readStoredStreams(tx)).map(({ id, name }) => [id, name]));
  const counts = { payloads: 0, redacted: 0, bare: 0 };
  for (const stored of await store.readStored(tx, first, end)) {
    const leaf = { ...stored, bare: bare.has(stored.index) };
    const stream = names.get(leaf.streamId);
    if (stream !== undefined) checkPayload(leaf, stream, redactions.get(leaf.index), options, counts, size, findings);
  }
}

/** Days and checkpoints that end in the range, against the tree as its tiles have it. */
async function scrubMarks(
  tx: Tx,
  { origin, first, end, size }: ScrubRange,
  options: DatabaseOptions,
  findings: Findings,
): Promise<void> {
  const isHere = (of: { readonly size: number }): boolean => of.size > first && of.size <= end;
  const days = dayMarks((await store.readStoredDays(tx)).filter(isHere));
  const notes = (await readCheckpoints(tx, first, 1_000)).filter(isHere);
  const trust = { origin, keys: options.keys ?? [] };
  const kept = notes.flatMap(({ note, kind, size: at }) => {
    return readMark(note, { source: 'kept', name: `the ${kind} checkpoint of size ${at}` }, trust, findings) ?? [];
  });
  const marks = new Marks([...days, ...kept]);
  for (const at of marks.within(first, end)) marks.check(at, await rootAt(nodesOf(tx, size), at));
  marks.conclude(size, findings);
}
