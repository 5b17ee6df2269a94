/** What is wrong with a log, where, and since when: data, never an error. */

export type DamageKind =
  // Leaves
  | 'leaf-altered'
  | 'leaf-missing'
  | 'leaf-inserted'
  | 'leaf-moved'
  | 'leaf-malformed'
  | 'link-broken'
  | 'time-back'
  // The tree over them
  | 'tile-altered'
  | 'tile-missing'
  | 'root-differs'
  | 'log-altered'
  | 'stream-altered'
  | 'day-altered'
  | 'day-missing'
  // What was signed
  | 'checkpoint-differs'
  | 'rollback'
  | 'fork'
  // What was recorded, and what it was recorded of
  | 'payload-altered'
  | 'payload-missing'
  | 'redaction-unproved'
  | 'row-altered'
  | 'row-missing'
  | 'row-unrecorded'
  | 'watch-disabled';

export interface Damage {
  readonly kind: DamageKind;
  /** The first leaf that is, or may be, not what it was. */
  readonly index?: number;
  /** Of the tree in which it shows, where it shows in a tree alone. */
  readonly size?: number;
  readonly message: string;
}

/** A signed checkpoint that the log still agrees with. */
export interface GoodCheckpoint {
  readonly size: number;
  /** Lower-case hex. */
  readonly root: string;
  /** ISO 8601, where it is known. */
  readonly signedAt?: string;
}

export interface Verification {
  readonly size: number;
  /** Recomputed from the leaves, lower-case hex. */
  readonly root: string;
  readonly ok: boolean;
  /** The first one first. */
  readonly damage: readonly Damage[];
  /** How many more there are: one cause has many consequences. */
  readonly more: number;
  readonly lastGood: {
    /** Of the last leaf before all damage; -1: there is none. */
    readonly index: number;
    readonly checkpoint?: GoodCheckpoint;
  };
  /** How much was looked at. */
  readonly checked: Readonly<Record<string, number>>;
}

const KEPT = 200;

/** Collects damage. All of it is counted; of each kind only the first are kept. */
export class Findings {
  readonly #kept: Damage[] = [];
  readonly #counts = new Map<DamageKind, number>();

  add(damage: Damage): void {
    const count = (this.#counts.get(damage.kind) ?? 0) + 1;
    this.#counts.set(damage.kind, count);
    if (count <= KEPT) this.#kept.push(damage);
  }

  get count(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
  }

  has(kind: DamageKind): boolean {
    return this.#counts.has(kind);
  }

  /** By index, what has none last. */
  sorted(): readonly Damage[] {
    const exact = this.#kept.filter(({ kind, size }) => size === undefined && OF_LEAVES.has(kind));
    const leaves = exact.flatMap(({ index }) => index ?? []).sort((a, b) => a - b);
    const roots = this.#kept.filter(({ kind }) => kind === 'root-differs' || kind === 'fork');
    const located = this.#kept.map((damage): Damage => {
      const { index, size, kind } = damage;
      if (index === undefined) return damage;
      if (size === undefined) {
        // Where the tree has another root as well, the tile is right and the leaf is not.
        const isLeaf = kind === 'tile-altered' && roots.some((root) => covers(root, index));
        return isLeaf ? { ...damage, kind: 'leaf-altered' } : damage;
      }
      // What shows in a tree is located by the leaf that is wrong under it, where one is.
      return { ...damage, index: leaves.find((leaf) => covers(damage, leaf)) ?? index };
    });
    const at = ({ index, size }: Damage): number => index ?? size ?? Number.POSITIVE_INFINITY;
    return located.toSorted((a, b) => at(a) - at(b) || rank(a) - rank(b));
  }
}

const covers = ({ index = 0, size = 0 }: Damage, leaf: number): boolean => leaf >= index && leaf < size;

const OF_LEAVES: ReadonlySet<DamageKind> = new Set([
  'leaf-altered',
  'leaf-missing',
  'leaf-inserted',
  'leaf-moved',
  'leaf-malformed',
  'link-broken',
  'time-back',
  'tile-altered',
]);

/** What names a leaf says more than what shows in a tree. */
const rank = ({ size }: Damage): number => (size === undefined ? 0 : 1);

export function conclude(
  of: { readonly size: number; readonly root: Uint8Array; readonly checked: Readonly<Record<string, number>> },
  findings: Findings,
  good: readonly GoodCheckpoint[],
): Verification {
  const damage = findings.sorted();
  const first = damage[0]?.index ?? damage[0]?.size ?? of.size;
  const checkpoint = good.filter(({ size }) => size <= first).toSorted((a, b) => b.size - a.size)[0];
  return {
    size: of.size,
    root: Buffer.from(of.root).toString('hex'),
    ok: damage.length === 0,
    damage,
    more: findings.count - damage.length,
    lastGood: {
      index: Math.min(first, of.size) - 1,
      ...(checkpoint === undefined ? {} : { checkpoint }),
    },
    checked: of.checked,
  };
}
