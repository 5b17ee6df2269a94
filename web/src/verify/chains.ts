/** The order within each stream: a leaf names the one before it, and the first one the stream itself. */
import { sha256, toHex } from './sha256.ts';

const FORMAT = 'plumbline/audit@v1';
const LEAF = new RegExp(
  `^${FORMAT}\\n([a-z][a-z0-9_.]{0,63}) (0|[1-9]\\d*)\\n[^\\n]+ [a-z][a-z0-9_-]{0,31}\\n[0-9a-f]{64} ([0-9a-f]{64})(?: bare)?\\n[1-9]\\d* [^\\n]+\\n$`,
);

interface Head {
  readonly seq: number;
  readonly hash: string;
}

export class Chains {
  readonly #origin: string;
  readonly #heads = new Map<string, Head>();

  constructor(origin: string) {
    this.#origin = origin;
  }

  get streams(): number {
    return this.#heads.size;
  }

  /**
   * @param text of the leaf, one byte a character: what is compared here is ASCII
   * @param hash of the leaf
   * @returns what is wrong with it
   */
  append(text: string, hash: Uint8Array): 'leaf' | 'chain' | undefined {
    const [, stream, seq, previous] = LEAF.exec(text) ?? [];
    if (stream === undefined || seq === undefined || previous === undefined) return 'leaf';
    const head = this.#heads.get(stream);
    const expected = head?.hash ?? this.#genesis(stream);
    if (Number(seq) !== (head?.seq ?? -1) + 1 || previous !== expected) return 'chain';
    this.#heads.set(stream, { seq: Number(seq), hash: toHex(hash) });
    return undefined;
  }

  #genesis(stream: string): string {
    return toHex(sha256(new TextEncoder().encode(`${FORMAT}\ngenesis ${this.#origin} ${stream}\n`)));
  }
}
