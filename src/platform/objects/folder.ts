/**
 * Objects in a folder. Each is a folder of its own, `<key>@`, with the bytes and their SHA-256 in the
 * form that `sha256sum -c` reads. It is written aside, synced to the disk and then renamed into place:
 * a rename refuses a name that is taken, so an object appears whole or not at all and is never replaced.
 */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { messageOf, PlumblineError } from '../../kernel/errors.ts';
import { sha256Hex } from '../../kernel/hash.ts';
import { isSystemError, syncFolder, unlessMissing } from '../files/fs.ts';
import { sweepLeftovers } from '../files/leftovers.ts';
import { corrupt, exists, missing, unavailable } from './faults.ts';
import { assertKey } from './key.ts';
import type { ObjectHead, ObjectStore } from './port.ts';

const BYTES = 'bytes';
const DIGEST = 'sha256';
/** In no key, so no key is in the way of another's files. */
const MARK = '@';
const ASIDE = '@unfinished';

/** Short texts that stand in the object's folder beside its bytes, by file name. */
export type Beside = Readonly<Record<string, string>>;

export interface FolderStore extends ObjectStore {
  /** As `put` of the port. What `beside` holds appears with the bytes, or not at all. */
  put(key: string, bytes: Pieces | Uint8Array, beside?: Beside): Promise<ObjectHead>;
  /** The bytes piece by piece, not compared with their digest. @throws `objects.missing` (missing) */
  stream(key: string): Promise<AsyncIterable<Uint8Array>>;
  /** Undefined when there is no such text, or no such object. */
  beside(key: string, name: string): Promise<string | undefined>;
  /** Replaces one text, whole and durably. @throws `objects.missing` (missing) */
  setBeside(key: string, name: string, text: string): Promise<void>;
  /** Takes the whole object away at once; one that is absent is no fault. */
  remove(key: string): Promise<void>;
  /** As of the port; and what processes that were killed left unfinished is taken away. */
  check(): Promise<void>;
}

export function openFolderStore(options: { readonly folder: string }): FolderStore {
  const folder = path.resolve(options.folder);
  const placeOf = (key: string): string => {
    assertKey(key);
    return path.join(folder, ...key.split('/')) + MARK;
  };

  const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      if (error instanceof FromPieces) throw error.cause;
      throw error instanceof PlumblineError ? error : folderUnavailable(folder, error);
    }
  };

  /** Writes and syncs a folder with the bytes and their digest, outside the tree of keys. */
  const writeAside = async (bytes: Pieces, beside: Beside = {}): Promise<Aside> => {
    const aside = path.join(folder, ASIDE, randomUUID());
    await mkdir(aside, { recursive: true });
    try {
      const written = await writeSynced(path.join(aside, BYTES), bytes);
      await writeSynced(path.join(aside, DIGEST), [Buffer.from(`${written.sha256}  ${BYTES}\n`)]);
      for (const [name, text] of Object.entries(beside)) await writeSynced(path.join(aside, name), [Buffer.from(text)]);
      await syncFolder(aside);
      return { place: aside, ...written };
    } catch (error) {
      await rm(aside, { recursive: true, force: true });
      throw error;
    }
  };

  /** The digest that was stored with the bytes; undefined when there is no such object. */
  const storedDigest = async (key: string, place: string): Promise<string | undefined> => {
    const text = await unlessMissing(readFile(path.join(place, DIGEST), 'utf8'));
    if (text === undefined && (await unlessMissing(stat(place))) === undefined) return undefined;
    const digest = /^[0-9a-f]{64}(?= {2}bytes\n$)/.exec(text ?? '')?.[0];
    if (digest === undefined) throw corrupt(key, 'its digest is missing or damaged');
    return digest;
  };

  return {
    kind: 'folder',

    put: (key, bytes, beside) =>
      guarded(async () => {
        const place = placeOf(key);
        if ((await unlessMissing(stat(place))) !== undefined) throw exists(key);
        const aside = await writeAside(bytes instanceof Uint8Array ? [bytes] : guardedPieces(bytes), beside);
        try {
          await mkdir(path.dirname(place), { recursive: true });
          await rename(aside.place, place);
        } catch (error) {
          await rm(aside.place, { recursive: true, force: true });
          throw isSystemError(error, 'ENOTEMPTY', 'EEXIST') ? exists(key) : error;
        }
        // The new names have to reach the disk as well: the object's, and those of folders made for it.
        for (let at = path.dirname(place); at.startsWith(path.dirname(folder)); at = path.dirname(at)) {
          await syncFolder(at);
          if (at === path.dirname(at)) break;
        }
        return { key, size: aside.size, sha256: aside.sha256 };
      }),

    get: (key) =>
      guarded(async () => {
        const place = placeOf(key);
        const expected = await storedDigest(key, place);
        if (expected === undefined) throw missing(key);
        const bytes = await unlessMissing(readFile(path.join(place, BYTES)));
        if (bytes === undefined) throw await withoutBytes(key, place);
        const actual = sha256Hex(bytes);
        if (actual !== expected) throw corrupt(key, `its bytes hash to ${actual}, and ${expected} was stored`);
        return bytes;
      }),

    getRange: (key, offset, length) =>
      guarded(async () => {
        const file = await unlessMissing(open(path.join(placeOf(key), BYTES), 'r'));
        if (file === undefined) throw missing(key);
        try {
          const part = Buffer.allocUnsafe(length);
          const { bytesRead } = await file.read(part, 0, length, offset);
          if (bytesRead < length) throw corrupt(key, `it ends before byte ${offset + length}`);
          return part;
        } finally {
          await file.close();
        }
      }),

    head: (key) =>
      guarded(async () => {
        const place = placeOf(key);
        const sha256 = await storedDigest(key, place);
        if (sha256 === undefined) return undefined;
        const bytes = await unlessMissing(stat(path.join(place, BYTES)));
        if (bytes === undefined) {
          const error = await withoutBytes(key, place);
          if (error.kind === 'missing') return undefined;
          throw error;
        }
        return { key, size: bytes.size, sha256 };
      }),

    list: (prefix) => walk(folder, '', prefix),

    stream: (key) =>
      guarded(async () => {
        const file = await unlessMissing(open(path.join(placeOf(key), BYTES), 'r'));
        if (file === undefined) throw missing(key);
        return createReadStream('', { fd: file, highWaterMark: 256 * 1024 });
      }),

    beside: (key, name) => guarded(() => unlessMissing(readFile(path.join(placeOf(key), name), 'utf8'))),

    setBeside: (key, name, text) =>
      guarded(async () => {
        const place = placeOf(key);
        if ((await unlessMissing(stat(place))) === undefined) throw missing(key);
        await mkdir(path.join(folder, ASIDE), { recursive: true });
        const aside = path.join(folder, ASIDE, randomUUID());
        try {
          await writeSynced(aside, [Buffer.from(text)]);
          await rename(aside, path.join(place, name));
        } catch (error) {
          await rm(aside, { force: true });
          throw isSystemError(error, 'ENOENT') ? missing(key) : error;
        }
        await syncFolder(place);
      }),

    remove: (key) =>
      guarded(async () => {
        const place = placeOf(key);
        await mkdir(path.join(folder, ASIDE), { recursive: true });
        const aside = path.join(folder, ASIDE, randomUUID());
        try {
          await rename(place, aside);
        } catch (error) {
          if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return;
          throw error;
        }
        await syncFolder(path.dirname(place));
        await rm(aside, { recursive: true, force: true });
      }),

    check: () =>
      guarded(async () => {
        await sweepLeftovers(path.join(folder, ASIDE));
        const aside = await writeAside([Buffer.from('check')]);
        await rm(aside.place, { recursive: true });
      }),
  };
}

export type Pieces = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

interface Aside {
  readonly place: string;
  readonly size: number;
  readonly sha256: string;
}

/** What went wrong where the pieces come from is not the folder's fault. */
class FromPieces extends Error {}

async function* guardedPieces(pieces: Pieces): AsyncIterable<Uint8Array> {
  try {
    yield* pieces;
  } catch (cause) {
    throw new FromPieces('', { cause });
  }
}

/** Bytes: a database on the same disk waits for them when it commits, and should not for a whole object. */
const SYNCED_AT_ONCE = 2 << 20;

async function writeSynced(place: string, pieces: Pieces): Promise<Omit<Aside, 'place'>> {
  const file = await open(place, 'wx');
  try {
    const hash = createHash('sha256');
    let size = 0;
    let unsynced = 0;
    for await (const piece of pieces) {
      hash.update(piece);
      await file.writeFile(piece);
      size += piece.byteLength;
      unsynced += piece.byteLength;
      if (unsynced >= SYNCED_AT_ONCE) {
        await file.datasync();
        unsynced = 0;
      }
    }
    await file.sync();
    return { size, sha256: hash.digest('hex') };
  } finally {
    await file.close();
  }
}

/**
 * Keys below one folder, ascending. An object sorts as its name, a folder as its name and a slash, and so
 * the order of the names is the order of the whole keys.
 */
async function* walk(folder: string, base: string, prefix: string): AsyncIterable<string> {
  let names: readonly string[];
  try {
    names = (await unlessMissing(readdir(path.join(folder, base)))) ?? [];
  } catch (error) {
    throw folderUnavailable(folder, error);
  }
  const sorted = names
    .filter((name) => !name.startsWith(MARK))
    .map((name) => base + (name.endsWith(MARK) ? name.slice(0, -MARK.length) : `${name}/`))
    .sort((a, b) => (a < b ? -1 : 1));
  for (const name of sorted) {
    if (!name.endsWith('/')) {
      if (name.startsWith(prefix)) yield name;
    } else if (name.startsWith(prefix) || prefix.startsWith(name)) {
      yield* walk(folder, name, prefix);
    }
  }
}

/** Damaged, unless the whole object was taken away since its digest was read. */
async function withoutBytes(key: string, place: string): Promise<PlumblineError> {
  const stands = (await unlessMissing(stat(place))) !== undefined;
  return stands ? corrupt(key, 'its bytes are missing') : missing(key);
}

const folderUnavailable = (folder: string, cause: unknown): PlumblineError =>
  unavailable(`the object folder ${folder} cannot be used: ${messageOf(cause)}; check its owner and its free space`, {
    details: { folder },
    cause,
  });
