/** Makes bundles of a log's entries, and verifies them offline. */
import { isPlumblineError, PlumblineError } from '../../../kernel/errors.ts';
import type { Db, Tx } from '../../../platform/db/port.ts';
import { dataHash, genesisHash, leafText, parseLeaf } from '../log/leaf.ts';
import { tileBytes } from '../log/tile-reader.ts';
import {
  findLeaves,
  type LoggedLeaf,
  readDays,
  readLeaves,
  readLeavesAt,
  readPayloads,
  readPublished,
} from '../store.ts';
import { parseCheckpoint } from '../tlog/checkpoint.ts';
import { leafHash } from '../tlog/hashing.ts';
import type { Verifier } from '../tlog/keys.ts';
import { parseNote } from '../tlog/note.ts';
import { inclusionProof, verifyInclusion } from '../tlog/proofs.ts';
import { type TileName, tilePath, tileReader } from '../tlog/tiles.ts';
import { BUNDLE_FORMAT, type Bundle, type BundleEntry } from './bundle-format.ts';
import { type Damage, Findings } from './damage.ts';
import { readMark } from './marks.ts';

export type BundleQuery =
  | { readonly kind: 'range'; readonly first: number; readonly end: number }
  | { readonly kind: 'entries'; readonly indices: readonly number[] }
  | { readonly kind: 'record'; readonly stream: string; readonly recordId: string }
  | { readonly kind: 'day'; readonly date: string };

const MAX_ENTRIES = 10_000;

/**
 * What the newest signed checkpoint covers of what is asked for.
 * @param vkeys of the log's signer
 * @throws `audit.not_signed` (busy): no checkpoint covers it yet; `audit.bundle_empty` (missing); `audit.bundle_too_large` (invalid)
 */
export const exportBundle = (db: Db, query: BundleQuery, vkeys: readonly string[]): Promise<Bundle> =>
  db.transaction({ isolation: 'repeatable read', readOnly: true }, async (tx) => {
    const published = await readPublished(tx);
    const all = await select(tx, query);
    if (all.length > MAX_ENTRIES) throw tooLarge();
    if (all.length === 0) throw new PlumblineError('missing', 'audit.bundle_empty', 'the log has no such entry');
    const checkpoint = published && parseCheckpoint(parseNote(published.note).text);
    const leaves = all.filter(({ index }) => index < (checkpoint?.size ?? 0));
    if (published === undefined || checkpoint === undefined || leaves.length === 0) {
      throw new PlumblineError(
        'busy',
        'audit.not_signed',
        'no signed checkpoint covers these entries yet; ask again in a moment',
      );
    }
    const { kind, ...asked } = query;
    const about = 'indices' in asked ? { entries: asked.indices.length } : asked;
    const entries = await entriesOf(tx, leaves, checkpoint.size);
    return {
      format: BUNDLE_FORMAT,
      origin: checkpoint.origin,
      vkeys: [...vkeys],
      checkpoint: published.note,
      about: { kind, ...about },
      entries: [...entries],
    };
  });

async function select(tx: Tx, query: BundleQuery): Promise<readonly LoggedLeaf[]> {
  const limit = MAX_ENTRIES + 1;
  switch (query.kind) {
    case 'range':
      return await readLeaves(tx, query.first, Math.min(query.end, query.first + limit));
    case 'entries':
      if (query.indices.length > MAX_ENTRIES) throw tooLarge();
      return await readLeavesAt(tx, query.indices);
    case 'record':
      return (await findLeaves(tx, { stream: query.stream, recordId: query.recordId, limit })).toReversed();
    case 'day': {
      const [day] = await readDays(tx, { date: query.date, limit: 1 });
      return day === undefined ? [] : await readLeaves(tx, day.firstIndex, Math.min(day.size, day.firstIndex + limit));
    }
  }
}

async function entriesOf(tx: Tx, leaves: readonly LoggedLeaf[], size: number): Promise<readonly BundleEntry[]> {
  const tiles = new Map<string, Promise<Uint8Array>>();
  const read = (tile: TileName): Promise<Uint8Array> => {
    const path = tilePath(tile);
    const bytes = tiles.get(path) ?? tileBytes(tx, tile);
    tiles.set(path, bytes);
    return bytes;
  };
  const reader = tileReader(read, size);
  const payloads = await readPayloads(
    tx,
    leaves.map(({ index }) => index),
  );
  const entries: BundleEntry[] = [];
  for (const leaf of leaves) {
    const payload = payloads.get(leaf.index);
    const proof = await inclusionProof(reader, leaf.index, size);
    entries.push({
      index: leaf.index,
      leaf: leafText(leaf),
      ...(payload?.salt == null ? {} : { salt: Buffer.from(payload.salt).toString('hex') }),
      ...(payload === undefined ? {} : { record: payload.record }),
      proof: proof.map((hash) => Buffer.from(hash).toString('base64')),
    });
  }
  return entries;
}

const tooLarge = (): PlumblineError =>
  new PlumblineError(
    'invalid',
    'audit.bundle_too_large',
    `a bundle has ${MAX_ENTRIES} entries at the most; ask for fewer at once`,
  );

export interface BundleVerdict {
  readonly ok: boolean;
  /** Of the log that the entries are in. */
  readonly size: number;
  readonly entries: number;
  /** Entries whose records are here and are what was recorded. */
  readonly records: number;
  readonly damage: readonly Damage[];
}

/** Offline. @param trust the log's name and keys, as they are known from elsewhere */
export function verifyBundle(
  bundle: Bundle,
  trust: { readonly origin: string; readonly keys: readonly [Verifier, ...Verifier[]] },
): BundleVerdict {
  const findings = new Findings();
  const head = readMark(bundle.checkpoint, { source: 'kept', name: 'the checkpoint' }, trust, findings);
  let records = 0;
  const newest = new Map<string, { readonly seq: number; readonly hash: string }>();
  for (const entry of bundle.entries) {
    const { index, leaf: text, record } = entry;
    const hash = leafHash(text);
    const proof = entry.proof.map((each) => Buffer.from(each, 'base64'));
    if (head !== undefined && !verifyInclusion(hash, index, head.size, head.root, proof)) {
      findings.add({
        kind: 'leaf-altered',
        index,
        message: `entry ${index} is not in the log that the checkpoint is of`,
      });
    }
    const leaf = parsed(text, index, findings);
    if (leaf === undefined) continue;
    const before = newest.get(leaf.stream);
    const follows =
      leaf.seq === 0 ? genesisHash(trust.origin, leaf.stream) : before?.seq === leaf.seq - 1 ? before.hash : undefined;
    if (follows !== undefined && follows !== leaf.previousHash) {
      findings.add({
        kind: 'link-broken',
        index,
        message: `entry ${index} does not follow the one before it in its stream`,
      });
    }
    newest.set(leaf.stream, { seq: leaf.seq, hash: hash.toString('hex') });
    if (record === undefined) continue;
    const salt = entry.salt === undefined ? undefined : Buffer.from(entry.salt, 'hex');
    if (dataHash(salt, record) === leaf.dataHash) records += 1;
    else
      findings.add({
        kind: 'payload-altered',
        index,
        message: `the record of entry ${index} is not what was recorded`,
      });
  }
  const damage = findings.sorted();
  return { ok: damage.length === 0, size: head?.size ?? 0, entries: bundle.entries.length, records, damage };
}

function parsed(text: string, index: number, findings: Findings) {
  try {
    return parseLeaf(text);
  } catch (error) {
    if (!isPlumblineError(error)) throw error;
    findings.add({ kind: 'leaf-malformed', index, message: error.message });
    return undefined;
  }
}
