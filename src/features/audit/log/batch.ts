/** The next leaves of a log, made of what is to be recorded and of where the log stands. No I/O. */
import type { BusinessDate } from '../../../kernel/business-date.ts';
import { HASH_BYTES, leafHash } from '../tlog/hashing.ts';
import { TILE_HEIGHT } from '../tlog/tiles.ts';
import type { Frontier } from '../tlog/tree.ts';
import { dataHash, genesisHash, type LeafFields, leafText } from './leaf.ts';

/** What somebody wants recorded, checked and in canonical form. */
export interface Entry {
  readonly stream: string;
  readonly recordId: string;
  readonly op: string;
  readonly actor: string;
  /** The canonical record, which is kept apart from the leaf; or the hash of one that is kept elsewhere. */
  readonly content:
    | { readonly kind: 'record'; readonly record: string; readonly salt?: Uint8Array }
    | { readonly kind: 'hash'; readonly dataHash: string };
  /** Of the key under which it is appended once: the 32 hexadecimal digits of a UUID. */
  readonly idem?: string;
}

export interface StreamHead {
  readonly id: number;
  readonly name: string;
  readonly salted: boolean;
  /** Leaves so far: the next one's `seq`. */
  readonly size: number;
  /** Lower-case hex; undefined before the first leaf. */
  readonly head: string | undefined;
}

/** Where the log stands. */
export interface LogState {
  readonly origin: string;
  readonly zone: string;
  readonly frontier: Frontier;
  readonly atUs: number;
  /** Days before this one are closed. */
  readonly openDate: BusinessDate;
  readonly streams: ReadonlyMap<string, StreamHead>;
}

/** One leaf, where it stands. */
export interface Leaf extends LeafFields {
  readonly index: number;
  readonly leafHash: string;
}

export interface Batch {
  /** Of the log that it is made for. */
  readonly root: Buffer;
  readonly entries: readonly Entry[];
  readonly leaves: readonly Leaf[];
  readonly streamIds: readonly number[];
  /** Of each leaf the place in the batch, from 1, of the one before it in its stream; 0: the stream's head. */
  readonly follows: readonly number[];
  readonly dataHashes: Buffer;
  readonly leafHashes: Buffer;
  /** Of the tiles that it fills, the lowest level first. */
  readonly tileRoots: Buffer;
  /** The state after it. */
  readonly next: LogState;
}

/** @param nowUs epoch microseconds; the log's time never goes back. Every stream is in the state. */
export function buildBatch(state: LogState, entries: readonly Entry[], nowUs: number): Batch {
  const atUs = Math.max(nowUs, state.atUs);
  const frontier = state.frontier.clone();
  const streams = new Map(state.streams);
  const dataHashes = Buffer.allocUnsafe(entries.length * HASH_BYTES);
  const leafHashes = Buffer.allocUnsafe(entries.length * HASH_BYTES);
  const streamIds: number[] = [];
  const follows: number[] = [];
  const places = new Map<string, number>();
  const tileRoots: Buffer[][] = [];
  const onSubtree = (level: number, root: Buffer): void => {
    if (level % TILE_HEIGHT !== 0) return;
    tileRoots[level / TILE_HEIGHT - 1] = [...(tileRoots[level / TILE_HEIGHT - 1] ?? []), root];
  };
  const leaves = entries.map((entry, at): Leaf => {
    const stream = streams.get(entry.stream);
    if (stream === undefined) throw new RangeError(`no stream ${entry.stream}`);
    const fields: LeafFields = {
      stream: stream.name,
      seq: stream.size,
      recordId: entry.recordId,
      op: entry.op,
      dataHash: hashOf(entry),
      previousHash: stream.head ?? genesisHash(state.origin, stream.name),
      atUs,
      actor: entry.actor,
      bare: entry.content.kind === 'hash',
    };
    const hash = leafHash(leafText(fields));
    const hex = hash.toString('hex');
    const index = frontier.size;
    frontier.append(hash, onSubtree);
    dataHashes.write(fields.dataHash, at * HASH_BYTES, 'hex');
    hash.copy(leafHashes, at * HASH_BYTES);
    streamIds.push(stream.id);
    follows.push(places.get(stream.name) ?? 0);
    places.set(stream.name, at + 1);
    streams.set(stream.name, { ...stream, size: stream.size + 1, head: hex });
    return { ...fields, index, leafHash: hex };
  });
  return {
    root: state.frontier.root(),
    entries,
    leaves,
    streamIds,
    follows,
    dataHashes,
    leafHashes,
    tileRoots: Buffer.concat(tileRoots.flat()),
    next: { ...state, frontier, atUs, streams },
  };
}

const hashOf = ({ content }: Entry): string =>
  content.kind === 'hash' ? content.dataHash : dataHash(content.salt, content.record);
