/**
 * The whole log again, from what anybody may read of it: every entry hashed, every stream's order
 * followed, the tree built, and its root held against the signed checkpoint and against what this browser
 * verified before. The service is asked for bytes, and for no opinion.
 */
import { Chains } from './chains.ts';
import { entryPaths, leavesOf } from './entry-tiles.ts';
import { isSignedBy, parseCheckpoint } from './note.ts';
import { sha256, toHex } from './sha256.ts';
import { GrowingTree } from './tree.ts';

export interface Earlier {
  readonly size: number;
  /** Lower-case hex. */
  readonly root: string;
}

/** `checkpoint`: it is none. `signature`: the key has not signed it. `shrunk`, `fork`: it is another log than before. */
export type Fault = 'checkpoint' | 'signature' | 'bundle' | 'leaf' | 'chain' | 'root' | 'shrunk' | 'fork';

export type Verdict =
  | {
      readonly kind: 'holds';
      readonly origin: string;
      readonly size: number;
      readonly root: string;
      readonly streams: number;
    }
  | { readonly kind: 'broken'; readonly fault: Fault; readonly index: number | undefined };

export interface VerifyOptions {
  readonly vkey: string;
  readonly earlier: Earlier | undefined;
  /**
   * @param path below the log's prefix: `checkpoint`, `tile/entries/000`
   * @returns bytes that are the caller's no more: they are written into
   */
  readonly read: (path: string) => Promise<Uint8Array>;
  readonly onProgress: (done: number, size: number) => void;
}

/** Bundles that are on their way while one is hashed. */
const AHEAD = 8;

/** @throws what `read` throws */
export async function verifyLog({ vkey, earlier, read, onProgress }: VerifyOptions): Promise<Verdict> {
  const note = new TextDecoder().decode(await read('checkpoint'));
  const checkpoint = parseCheckpoint(note);
  if (checkpoint === undefined) return broken('checkpoint');
  if (!(await isSignedBy(note, vkey))) return broken('signature');
  const { origin, size, root } = checkpoint;
  if (earlier !== undefined && earlier.size > size) return broken('shrunk');

  const tree = new GrowingTree();
  const chains = new Chains(origin);
  const isFork = (): boolean =>
    earlier !== undefined && tree.size === earlier.size && toHex(tree.root()) !== earlier.root;
  for await (const bundle of inOrder(entryPaths(size), read)) {
    const places = leavesOf(bundle);
    const count = Math.min(256, size - tree.size);
    if (places === undefined || places.length !== 2 * count) return broken('bundle', tree.size);
    for (let n = 0; n < count; n += 1) {
      const [start, end] = [places[2 * n] ?? 0, places[2 * n + 1] ?? 0];
      const hash = sha256(bundle, start, end);
      const fault = chains.append(bundle, start + 1, end, hash);
      if (fault !== undefined) return broken(fault, tree.size);
      tree.append(hash);
      if (isFork()) return broken('fork', tree.size);
    }
    onProgress(tree.size, size);
  }
  const found = toHex(tree.root());
  return found === root ? { kind: 'holds', origin, size, root, streams: chains.streams } : broken('root');
}

const broken = (fault: Fault, index?: number): Verdict => ({ kind: 'broken', fault, index });

/** In their order, some of them asked for ahead. */
async function* inOrder(
  paths: readonly string[],
  read: (path: string) => Promise<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const waiting: Promise<Uint8Array>[] = [];
  let next = 0;
  const ask = (): void => {
    const path = paths[next];
    if (path === undefined) return;
    next += 1;
    const asked = read(path);
    asked.catch(() => undefined); // it is met where it is awaited
    waiting.push(asked);
  };
  for (let at = 0; at < AHEAD; at += 1) ask();
  for (let first = waiting.shift(); first !== undefined; first = waiting.shift()) {
    yield await first;
    ask();
  }
}
