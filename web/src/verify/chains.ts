/** The order within each stream: a leaf names the one before it, and the first one the stream itself. */
import { LeafReader } from './leaf.ts';
import { sha256 } from './sha256.ts';

interface Stream {
  readonly name: Uint8Array;
  /** Of its newest leaf; -1: it has none. */
  seq: number;
  /** Of its newest leaf, or what stands for it before the first. */
  hash: Uint8Array;
}

export class Chains {
  readonly #origin: string;
  readonly #leaf = new LeafReader();
  /** By a number made of their names. */
  readonly #streams = new Map<number, readonly Stream[]>();

  constructor(origin: string) {
    this.#origin = origin;
  }

  get streams(): number {
    return [...this.#streams.values()].flat().filter(({ seq }) => seq >= 0).length;
  }

  /**
   * @param bytes among which the leaf stands
   * @param hash of the leaf
   * @returns what is wrong with it
   */
  append(bytes: Uint8Array, from: number, to: number, hash: Uint8Array): 'leaf' | 'chain' | undefined {
    const leaf = this.#leaf;
    if (!leaf.read(bytes, from, to)) return 'leaf';
    const stream = this.#stream(bytes, leaf.name, leaf.nameEnd);
    if (leaf.seq !== stream.seq + 1 || !isHexOf(bytes, leaf.previous, stream.hash)) return 'chain';
    stream.seq = leaf.seq;
    stream.hash = hash;
    return undefined;
  }

  #stream(bytes: Uint8Array, from: number, to: number): Stream {
    let key = 0;
    for (let at = from; at < to; at += 1) key = (key * 31 + (bytes[at] ?? 0)) | 0;
    const streams = this.#streams.get(key) ?? [];
    for (const stream of streams) if (isName(bytes, from, to, stream.name)) return stream;
    const name = bytes.slice(from, to);
    const genesis = `plumbline/audit@v1\ngenesis ${this.#origin} ${new TextDecoder().decode(name)}\n`;
    const stream: Stream = { name, seq: -1, hash: sha256(new TextEncoder().encode(genesis)) };
    this.#streams.set(key, [...streams, stream]);
    return stream;
  }
}

function isName(bytes: Uint8Array, from: number, to: number, name: Uint8Array): boolean {
  if (to - from !== name.length) return false;
  for (let n = 0; n < name.length; n += 1) if (bytes[from + n] !== name[n]) return false;
  return true;
}

/** What a lower-case digit is worth; far too much where it is none. */
const DIGITS = new Uint16Array(256).fill(0xffff);
for (let value = 0; value < 16; value += 1) DIGITS[value.toString(16).charCodeAt(0)] = value;

function isHexOf(bytes: Uint8Array, from: number, hash: Uint8Array): boolean {
  for (let n = 0; n < hash.length; n += 1) {
    const high = DIGITS[bytes[from + 2 * n] ?? 0] ?? 0;
    const low = DIGITS[bytes[from + 2 * n + 1] ?? 0] ?? 0;
    if (high * 16 + low !== hash[n]) return false;
  }
  return true;
}
