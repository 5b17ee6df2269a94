/**
 * Copies full tiles, bundles of entries and checkpoints to an object store: a copy that the database's
 * owner cannot reach where the store locks its objects. What is there already is compared, never replaced.
 */
import { PlumblineError } from '../../../kernel/errors.ts';
import { sha256Hex } from '../../../kernel/hash.ts';
import type { ObjectStore } from '../../../platform/objects/port.ts';
import { parseCheckpoint } from '../tlog/checkpoint.ts';
import { leafHash, perfectRoot } from '../tlog/hashing.ts';
import { parseNote } from '../tlog/note.ts';
import { type NodeReader, rootAt } from '../tlog/proofs.ts';
import { decodeEntries, TILE_WIDTH, type TileName, tilePath } from '../tlog/tiles.ts';

export interface PublicationDeps {
  readonly objects: ObjectStore;
  /** Of all keys, without a slash at its end, such as audit */
  readonly prefix: string;
  /** Bytes of a full tile or bundle. */
  readonly tile: (name: TileName) => Promise<Uint8Array>;
  /** Nodes of the tree of a size. */
  readonly nodes: (size: number) => NodeReader;
}

const TILE_HEIGHT = 8;

/** What lies beside a checkpoint, by the end of its name: `tsr` of an authority, `ots` of calendars. */
export type AnchorKind = 'tsr' | 'ots';

export interface Publication {
  /**
   * Puts the tiles that the checkpoint's tree has filled, and then the checkpoint.
   * @returns its key
   * @throws `audit.root_mismatch`, `audit.published_differs` (integrity)
   */
  publish(note: string): Promise<string>;
  /** Puts what anchors the checkpoint beside it. */
  anchor(checkpointKey: string, kind: AnchorKind, bytes: Uint8Array): Promise<void>;
}

export function createPublication({ objects, prefix, tile, nodes }: PublicationDeps): Publication {
  const keyOf = (name: TileName): string => `${prefix}/${tilePath(name)}`;
  const full = (level: TileName['level'], index: number): TileName => ({ level, index, width: TILE_WIDTH });
  /** Bundles 0 to this - 1 are there, with all tiles that they fill; undefined: not looked for yet. */
  let done: number | undefined;

  const put = async (key: string, bytes: Uint8Array): Promise<void> => {
    const there = await objects.head(key);
    if (there === undefined) {
      await objects.put(key, bytes);
    } else if (there.sha256 !== sha256Hex(bytes)) {
      throw differs(key, there.sha256, sha256Hex(bytes));
    }
  };

  /** A bundle, the tiles above that it fills, and its own tile of leaf hashes last: where that is, all is. */
  const putBundle = async (index: number, reader: NodeReader): Promise<void> => {
    const [entries, leaves] = [await tile(full('entries', index)), await tile(full(0, index))];
    if (!Buffer.concat(decodeEntries(entries).map(leafHash)).equals(leaves))
      throw mismatch(keyOf(full('entries', index)));
    await put(keyOf(full('entries', index)), entries);
    let at = index;
    for (let level = 1; (at + 1) % TILE_WIDTH === 0; level += 1) {
      at = (at + 1) / TILE_WIDTH - 1;
      const bytes = await tile(full(level, at));
      await demandRoot(reader, level, at, bytes);
      await put(keyOf(full(level, at)), bytes);
    }
    await demandRoot(reader, 0, index, leaves);
    await put(keyOf(full(0, index)), leaves);
  };

  const demandRoot = async (reader: NodeReader, level: number, index: number, bytes: Uint8Array): Promise<void> => {
    const [root] = await reader.nodes([{ level: TILE_HEIGHT * (level + 1), index }]);
    if (root === undefined || !perfectRoot(bytes).equals(root)) throw mismatch(keyOf(full(level, index)));
  };

  /** The first bundle whose tile is missing, by halving: tiles are put in order. */
  const firstMissing = async (bundles: number): Promise<number> => {
    let [from, to] = [0, bundles];
    while (from < to) {
      const middle = Math.floor((from + to) / 2);
      if ((await objects.head(keyOf(full(0, middle)))) === undefined) to = middle;
      else from = middle + 1;
    }
    return from;
  };

  return {
    async publish(note) {
      const { size, root } = parseCheckpoint(parseNote(note).text);
      const reader = nodes(size);
      if (!(await rootAt(reader, size)).equals(root)) throw mismatch(`the checkpoint of size ${size}`);
      const bundles = Math.floor(size / TILE_WIDTH);
      done ??= await firstMissing(bundles);
      for (; done < bundles; done += 1) await putBundle(done, reader);
      const bytes = Buffer.from(note);
      // One size may have several: they differ in who has cosigned.
      const key = `${prefix}/checkpoints/${String(size).padStart(16, '0')}-${sha256Hex(bytes).slice(0, 16)}`;
      await put(key, bytes);
      return key;
    },
    async anchor(checkpointKey, kind, bytes) {
      await put(`${checkpointKey}.${sha256Hex(bytes).slice(0, 16)}.${kind}`, bytes);
    },
  };
}

const mismatch = (what: string): PlumblineError =>
  new PlumblineError(
    'integrity',
    'audit.root_mismatch',
    `${what} does not fit the stored hashes above it, so nothing of it is published: find what is damaged with plumbline audit verify`,
    { details: { what } },
  );

const differs = (key: string, there: string, ours: string): PlumblineError =>
  new PlumblineError(
    'integrity',
    'audit.published_differs',
    `the object ${key} was published with SHA-256 ${there}, and the database now gives ${ours}: the log's past was changed, or another log publishes there`,
    { details: { key, there, ours } },
  );
