/**
 * RFC 6962, section 2.1, word by word, in bigints and as slow as it reads: what the real thing is held
 * against. Its tree has leaves of its own where a test wants them, and the same one everywhere else, so
 * that it may be larger than any memory.
 */
import { createHash } from 'node:crypto';
import type { NodeReader } from '../../src/features/audit/tlog/proofs.ts';

const sha256 = (...parts: readonly Uint8Array[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest();

const FILLER = sha256(Buffer.from('\0'));

export class ModelTree {
  readonly #own: ReadonlyMap<bigint, Buffer>;
  /** Of leaves that are not the filler, in order. */
  readonly #indices: readonly bigint[];
  readonly #known = new Map<string, Buffer>();

  /** @param entries by index; all others are empty */
  constructor(entries: ReadonlyMap<bigint, string>) {
    this.#own = new Map([...entries].map(([index, text]) => [index, sha256(Buffer.from(`\0${text}`))]));
    this.#indices = [...entries.keys()].sort((a, b) => (a < b ? -1 : 1));
  }

  /** MTH(D[start:end]) */
  root(start: bigint, end: bigint): Buffer {
    const count = end - start;
    if (count === 0n) return sha256();
    if (count === 1n) return this.#own.get(start) ?? FILLER;
    // Ranges of fillers alone are alike wherever they are.
    const isFiller = !this.#indices.some((index) => index >= start && index < end);
    const name = isFiller ? `${count}` : `${start} ${end}`;
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const middle = start + split(count);
    const root = sha256(Buffer.of(1), this.root(start, middle), this.root(middle, end));
    this.#known.set(name, root);
    return root;
  }

  /** PATH(m, D[start:end]) */
  path(m: bigint, end: bigint, start = 0n): readonly Buffer[] {
    if (end - start === 1n) return [];
    const middle = start + split(end - start);
    return m < middle
      ? [...this.path(m, middle, start), this.root(middle, end)]
      : [...this.path(m, end, middle), this.root(start, middle)];
  }

  /** SUBPROOF(m, D[start:end], b) */
  proof(m: bigint, end: bigint, start = 0n, b = true): readonly Buffer[] {
    if (m === end) return b ? [] : [this.root(start, end)];
    const middle = start + split(end - start);
    return m <= middle
      ? [...this.proof(m, middle, start, b), this.root(middle, end)]
      : [...this.proof(m, end, middle, false), this.root(start, middle)];
  }

  reader(): NodeReader {
    return {
      nodes: async (wanted) =>
        wanted.map(({ level, index }) => {
          const leaves = 2n ** BigInt(level);
          return this.root(BigInt(index) * leaves, (BigInt(index) + 1n) * leaves);
        }),
    };
  }
}

/** On which side of the leaf its siblings are, from the leaf up: two of one shape are computed alike. */
export function inclusionShape(m: bigint, end: bigint, start = 0n): string {
  if (end - start === 1n) return '';
  const middle = start + split(end - start);
  return m < middle ? `${inclusionShape(m, middle, start)}r` : `${inclusionShape(m, end, middle)}l`;
}

/** The same of a consistency proof; `+`: it begins with a hash of its own. */
export function consistencyShape(m: bigint, end: bigint, start = 0n, b = true): string {
  if (m === end) return b ? '' : '+';
  const middle = start + split(end - start);
  return m <= middle ? `${consistencyShape(m, middle, start, b)}r` : `${consistencyShape(m, end, middle, false)}l`;
}

/** The largest power of two below n. */
function split(n: bigint): bigint {
  let k = 1n;
  while (k * 2n < n) k *= 2n;
  return k;
}
