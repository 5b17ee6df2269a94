/** A merchant's leaves and their paths, from the leaf file: a few reads of some kilobytes each. */
import { PlumblineError } from '../../../kernel/errors.ts';
import type { ObjectStore } from '../../../platform/objects/port.ts';
import { ENTRY, type Entry, entryBytes, heightOf, leafEntry, type Run, saltOf, uintOf } from './format.ts';
import { hasherOf, type RunHasher } from './hasher/hasher.ts';
import type { Header } from './header.ts';
import { bucketOf, FIND, placesOf } from './leaf-file.ts';
import type { ProofPart } from './proof.ts';
import { GROUP, pathInGroup, STRIDE } from './tree.ts';

export interface LeafFile {
  readonly objects: ObjectStore;
  readonly key: string;
  readonly header: Header;
}

/**
 * @throws `proof.no_balance` (missing) where the merchant is not in it; `proof.file_corrupt` (integrity)
 *   where the file does not lead to the signed root
 */
export async function proveBalance(
  file: LeafFile,
  runKey: Uint8Array,
  merchant: string,
): Promise<{ readonly salt: string; readonly parts: readonly ProofPart[] }> {
  const { header } = file;
  const run: Run = { tag: Buffer.from(header.runTag, 'hex'), asset: header.asset };
  const salt = saltOf(runKey, merchant);
  const hasher = hasherOf(run);
  const parts: ProofPart[] = [];
  for (const find of await findsOf(file, salt)) {
    const leaf = { merchant, ...find };
    const path = await pathOf(file, run, hasher, find.index, leafEntry(run, leaf, salt));
    if (path === undefined) continue; // another merchant's, whose salt begins alike
    parts.push({
      part: find.part,
      index: find.index,
      available: find.available.toString(),
      pending: find.pending.toString(),
      reserved: find.reserved.toString(),
      path: path.map(({ hash, sum }) => [Buffer.from(hash).toString('hex'), sum.toString()]),
    });
  }
  if (parts.length === 0) {
    throw new PlumblineError(
      'missing',
      'proof.no_balance',
      `merchant ${merchant} had no balance in book ${header.book} on ${header.businessDate}`,
      { details: { merchant } },
    );
  }
  return { salt: salt.toString('hex'), parts };
}

interface Find {
  readonly part: number;
  readonly index: number;
  readonly available: bigint;
  readonly pending: bigint;
  readonly reserved: bigint;
}

async function findsOf({ objects, key, header }: LeafFile, salt: Uint8Array): Promise<readonly Find[]> {
  const { finds, directory } = placesOf(header.leaves);
  const bounds = Buffer.from(await objects.getRange(key, directory + bucketOf(salt) * 4, 8));
  const [from, end] = [bounds.readUInt32BE(0), bounds.readUInt32BE(4)];
  if (end < from || end > header.leaves) throw corrupt(key, 'its directory does not ascend');
  if (end === from) return [];
  const bucket = Buffer.from(await objects.getRange(key, finds + from * FIND, (end - from) * FIND));
  const found: Find[] = [];
  for (let at = 0; at < bucket.length; at += FIND) {
    if (bucket.compare(salt, 0, 7, at, at + 7) !== 0) continue;
    found.push({
      part: bucket[at + 7] ?? 0,
      index: bucket.readUInt32BE(at + 8),
      available: uintOf(bucket.subarray(at + 12, at + 20)),
      pending: uintOf(bucket.subarray(at + 20, at + 28)),
      reserved: uintOf(bucket.subarray(at + 28, at + 36)),
    });
  }
  return found;
}

/** Undefined where another leaf stands at that place. */
async function pathOf(
  { objects, key, header }: LeafFile,
  run: Run,
  hasher: RunHasher,
  index: number,
  leaf: Entry,
): Promise<readonly Entry[] | undefined> {
  const path: Entry[] = [];
  const height = heightOf(header.leaves);
  let expected = entryBytes(leaf);
  for (const { level, offset, count } of placesOf(header.leaves).levels) {
    const at = Math.floor(index / 2 ** level);
    const first = at - (at % GROUP);
    const length = Math.min(GROUP, count - first);
    if (length <= 0) throw corrupt(key, `leaf ${index} lies beyond its end`);
    const group = await objects.getRange(key, offset + first * ENTRY, length * ENTRY);
    const here = Buffer.from(group.subarray((at - first) * ENTRY, (at - first + 1) * ENTRY));
    if (!here.equals(expected)) {
      if (level === 0) return undefined;
      throw corrupt(key, `level ${level} is not what the levels below lead to`);
    }
    const levels = Math.min(STRIDE, height - level);
    const step = pathInGroup(hasher, run, group, { index: at - first, level, levels });
    path.push(...step.path);
    expected = entryBytes(step.top);
  }
  if (expected.subarray(0, 32).toString('hex') !== header.digest)
    throw corrupt(key, 'it does not lead to the signed root');
  return path;
}

const corrupt = (key: string, why: string): PlumblineError =>
  new PlumblineError('integrity', 'proof.file_corrupt', `the leaf file ${key} is not what was signed: ${why}`, {
    details: { key },
  });
