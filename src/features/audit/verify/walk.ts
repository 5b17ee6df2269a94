/**
 * The leaves of a database, one after the other: each is hashed again from its content and from the
 * leaf before it in its stream, as this walk has computed it, and compared with what is stored and with
 * its place in the tile. Where one is wrong the walk goes on with what the others agree on, so that one
 * change is one finding.
 */
import { genesisHash, isBare, leafText } from '../log/leaf.ts';
import { leafHash } from '../tlog/hashing.ts';
import type { Findings } from './damage.ts';
import type { StoredLeaf } from './store.ts';

/** Where a stream stands. */
export interface Head {
  readonly size: number;
  /** Lower-case hex. */
  readonly head: string;
  /** Of its newest leaf; -1: it has none. */
  readonly index: number;
  /** What that leaf's content hashes to, where it is not what is stored: the next one tells which of them it was. */
  readonly other?: string;
}

export interface WalkState {
  readonly streams: readonly (readonly [name: string, head: Head])[];
  readonly atUs: number;
}

export class Walk {
  readonly #origin: string;
  readonly #names: ReadonlyMap<number, string>;
  readonly #findings: Findings;
  readonly #streams: Map<string, Head>;
  /** Leaves that are wrong, and those that they follow, which may be: which of them the whole tree's root tells. */
  readonly #doubtful = new Map<number, number>();
  #atUs: number;
  #missing: { readonly first: number; end: number } | undefined;

  /** @param names of the streams, by their id */
  constructor(origin: string, names: ReadonlyMap<number, string>, findings: Findings, state?: WalkState) {
    this.#origin = origin;
    this.#names = names;
    this.#findings = findings;
    this.#streams = new Map(state?.streams);
    this.#atUs = state?.atUs ?? 0;
  }

  state(): WalkState {
    return { streams: [...this.#streams], atUs: this.#atUs };
  }

  /** How a stream stands, as its leaves say. */
  headOf(name: string): Head {
    return this.#streams.get(name) ?? { size: 0, head: genesisHash(this.#origin, name), index: -1 };
  }

  get atUs(): number {
    return this.#atUs;
  }

  /** A place without a leaf. @returns the hash that the tree has there */
  missing(index: number, tileHash: string | undefined): string {
    if (this.#missing?.end === index) this.#missing.end += 1;
    else {
      this.#sayMissing();
      this.#missing = { first: index, end: index + 1 };
    }
    return tileHash ?? '0'.repeat(64);
  }

  /**
   * @returns the hash that the tree has there, lower-case hex, and whether it is one of a leaf that says
   * that its record was never kept
   */
  take(leaf: StoredLeaf, tileHash: string | undefined): { readonly hash: string; readonly bare: boolean } {
    this.#sayMissing();
    const stream = this.#names.get(leaf.streamId);
    if (stream === undefined) {
      this.#findings.add({
        kind: 'leaf-altered',
        index: leaf.index,
        message: `leaf ${leaf.index} is of a stream that does not exist, number ${leaf.streamId}`,
      });
      return { hash: leaf.leafHash, bare: false };
    }
    const before = this.headOf(stream);
    const hashAfter = (previousHash: string, bare: boolean): string =>
      leafHash(leafText({ ...leaf, stream, previousHash, bare })).toString('hex');
    let bare = false;
    let computed = hashAfter(before.head, bare);
    if (computed !== leaf.leafHash) {
      const links = new Set([before.head, before.other ?? before.head]);
      bare = [...links].some((previousHash) => {
        return isBare({ ...leaf, stream, previousHash }, leaf.leafHash, tileHash);
      });
      if (bare) computed = hashAfter(before.head, bare);
    }
    if (computed !== leaf.leafHash && before.other !== undefined && hashAfter(before.other, bare) === leaf.leafHash) {
      computed = leaf.leafHash;
      this.#doubtful.delete(before.index); // its hash alone was changed
    }
    const hash = computed === tileHash ? computed : leaf.leafHash;
    if (leaf.seq !== before.size) this.#sayGap(leaf, stream, before);
    else if (computed !== leaf.leafHash) this.#sayAltered(leaf, stream, before);
    if (leaf.atUs < this.#atUs) {
      this.#findings.add({
        kind: 'time-back',
        index: leaf.index,
        message: `leaf ${leaf.index} is of an earlier time than the leaf before it: ${leaf.atUs} after ${this.#atUs}`,
      });
    }
    this.#atUs = Math.max(this.#atUs, leaf.atUs);
    const other = computed === hash ? {} : { other: computed };
    this.#streams.set(stream, { size: leaf.seq + 1, head: hash, index: leaf.index, ...other });
    return { hash, bare };
  }

  /** @param treeIsRight whether the stored hashes are those of the tree that the log says it is */
  conclude(treeIsRight: boolean): void {
    this.#sayMissing();
    if (treeIsRight) return;
    for (const [index, before] of this.#doubtful) {
      if (before < 0) continue;
      this.#findings.add({
        kind: 'leaf-altered',
        index: before,
        message: `leaf ${before} was hashed again after a change, or leaf ${index}, which follows it in its stream, was changed`,
      });
    }
  }

  #sayAltered({ index, recordId, leafHash: stored }: StoredLeaf, stream: string, before: Head): void {
    this.#doubtful.set(index, before.index);
    this.#findings.add({
      kind: 'leaf-altered',
      index,
      message: `leaf ${index}, of ${recordId.slice(0, 80)} in ${stream}: its content does not hash to ${stored}`,
    });
  }

  #sayGap({ index, seq }: StoredLeaf, stream: string, before: Head): void {
    this.#findings.add({
      kind: 'link-broken',
      index,
      message: `leaf ${index} is number ${seq} of the stream ${stream}, where number ${before.size} comes next`,
    });
  }

  #sayMissing(): void {
    if (this.#missing === undefined) return;
    const { first, end } = this.#missing;
    const which = end - first === 1 ? `leaf ${first} is` : `leaves ${first} to ${end - 1} are`;
    this.#findings.add({ kind: 'leaf-missing', index: first, message: `${which} missing` });
    this.#missing = undefined;
  }
}
