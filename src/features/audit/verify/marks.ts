/** The sizes at which a log's root is known: what was signed, what a day ended with, what others kept. */
import { isPlumblineError } from '../../../kernel/errors.ts';
import { parseCheckpoint } from '../tlog/checkpoint.ts';
import type { Verifier } from '../tlog/keys.ts';
import { parseNote, verifiedBy } from '../tlog/note.ts';
import type { Findings, GoodCheckpoint } from './damage.ts';

export interface Mark {
  readonly size: number;
  readonly root: Uint8Array;
  /** `kept`: a signed checkpoint of the log's own; `known`: one that somebody else has held; `day`, `log`: what the database says. */
  readonly source: 'kept' | 'known' | 'day' | 'log';
  /** For messages: `the checkpoint of size 10`. */
  readonly name: string;
  readonly signedAt?: string;
}

/** Whose log it is. */
export interface Trust {
  readonly origin: string;
  /** One of them has to have signed each checkpoint; where there are none, signatures are not checked. */
  readonly keys: readonly Verifier[];
}

/** What a signed note says; damage where it is no checkpoint of this log. */
export function readMark(
  note: string,
  mark: Pick<Mark, 'source' | 'name' | 'signedAt'>,
  { origin, keys }: Trust,
  findings: Findings,
): Mark | undefined {
  const wrong = (why: string, size?: number): undefined => {
    findings.add({
      kind: 'checkpoint-differs',
      ...(size === undefined ? {} : { size }),
      message: `${mark.name}: ${why}`,
    });
    return undefined;
  };
  try {
    const signed = parseNote(note);
    const { size, root, origin: own } = parseCheckpoint(signed.text);
    if (own !== origin) return wrong(`it is of the log "${own.slice(0, 80)}", not of "${origin}"`, size);
    if (keys.length > 0 && verifiedBy(signed, keys).length === 0) return wrong('no key of the log has signed it', size);
    return { ...mark, size, root };
  } catch (error) {
    if (isPlumblineError(error)) return wrong(error.message);
    throw error;
  }
}

export class Marks {
  readonly #bySize = new Map<number, Mark[]>();
  readonly #sizes: number[] = [];
  readonly #good: Mark[] = [];
  readonly #bad: Mark[] = [];

  constructor(marks: readonly Mark[]) {
    for (const mark of marks) {
      const same = this.#bySize.get(mark.size);
      if (same === undefined) this.#bySize.set(mark.size, [mark]);
      else same.push(mark);
    }
    this.#sizes = [...this.#bySize.keys()].sort((a, b) => a - b);
  }

  get count(): number {
    return this.#sizes.length;
  }

  /** Sizes after `first` up to `last`, which is among them, ascending. */
  within(first: number, last: number): readonly number[] {
    const from = firstAbove(this.#sizes, first);
    return this.#sizes.slice(from, firstAbove(this.#sizes, last));
  }

  check(size: number, root: Uint8Array): void {
    for (const mark of this.#bySize.get(size) ?? []) {
      (Buffer.compare(mark.root, root) === 0 ? this.#good : this.#bad).push(mark);
    }
  }

  /** The signed ones that the log agrees with. */
  good(): readonly GoodCheckpoint[] {
    return this.#signed().map(({ size, root, signedAt }) => ({
      size,
      root: Buffer.from(root).toString('hex'),
      ...(signedAt === undefined ? {} : { signedAt }),
    }));
  }

  /** What else a database says about itself is believed by nobody. */
  #signed(): readonly Mark[] {
    return this.#good.filter(({ source }) => source === 'kept' || source === 'known');
  }

  /** Says what did not agree. @param size of the log */
  conclude(size: number, findings: Findings): void {
    const goodSizes = this.#signed()
      .map((mark) => mark.size)
      .sort((a, b) => a - b);
    const treeIsWrong = this.#bad.some(({ source }) => source !== 'day');
    for (const mark of this.#bad) {
      const from = goodSizes[firstAbove(goodSizes, mark.size) - 1] ?? 0;
      const since = `the root of the first ${mark.size} leaves is another one than ${mark.name} says; what differs is among the leaves from ${from} on`;
      if (mark.source === 'day' && !treeIsWrong) {
        findings.add({
          kind: 'day-altered',
          size: mark.size,
          message: `${mark.name}: its root is not the one of its ${mark.size} leaves`,
        });
      } else {
        findings.add({
          kind: mark.source === 'known' ? 'fork' : 'root-differs',
          index: from,
          size: mark.size,
          message: since,
        });
      }
    }
    for (const [markSize, marks] of this.#bySize) {
      if (markSize <= size) continue;
      for (const { name, source } of marks) {
        findings.add({
          kind: source === 'day' ? 'day-altered' : 'rollback',
          index: size,
          size: markSize,
          message: `${name} is of ${markSize} leaves, and the log has ${size}`,
        });
      }
    }
  }
}

/** Where the first value above a bound stands in an ascending list. */
function firstAbove(sorted: readonly number[], bound: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if ((sorted[middle] ?? Number.POSITIVE_INFINITY) <= bound) low = middle + 1;
    else high = middle;
  }
  return low;
}
