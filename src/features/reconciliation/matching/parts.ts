/** Which part of a few amounts adds up to a sum: all answers, or the knowledge that there are too many to trust one. */

export interface PartsOptions {
  readonly least: number;
  readonly most: number;
  /** How many partial sums are looked at. */
  readonly mostSteps?: number;
}

export interface Parts {
  /** Places of the amounts. */
  readonly found: readonly (readonly number[])[];
  /** Whether there are no others. */
  readonly complete: boolean;
}

const MOST_STEPS = 200_000;
/** More answers than this say no more than two do. */
const MOST_FOUND = 64;

const magnitude = (value: bigint): bigint => (value < 0n ? -value : value);

/**
 * The largest amounts first, so that a branch which can no longer reach the sum ends early.
 * @param amounts none of them 0, which would belong to every part
 */
export function findParts(amounts: readonly bigint[], sum: bigint, options: PartsOptions): Parts {
  const order = amounts.map((_, place) => place).sort((a, b) => compare(amounts[a] ?? 0n, amounts[b] ?? 0n) || a - b);
  const values = order.map((place) => amounts[place] ?? 0n);
  // What the amounts from a place on can add at the most, and take away.
  const above = new Array<bigint>(values.length + 1).fill(0n);
  const below = new Array<bigint>(values.length + 1).fill(0n);
  for (let at = values.length - 1; at >= 0; at -= 1) {
    const value = values[at] ?? 0n;
    above[at] = (above[at + 1] ?? 0n) + (value > 0n ? value : 0n);
    below[at] = (below[at + 1] ?? 0n) + (value < 0n ? value : 0n);
  }
  const found: number[][] = [];
  const chosen: number[] = [];
  let steps = options.mostSteps ?? MOST_STEPS;

  /** @returns false where the search is over before its end */
  const search = (at: number, missing: bigint): boolean => {
    steps -= 1;
    if (steps < 0) return false;
    if (missing === 0n && chosen.length >= options.least) {
      if (found.length === MOST_FOUND) return false;
      found.push(chosen.map((place) => order[place] ?? 0).sort((a, b) => a - b));
    }
    if (chosen.length === options.most) return true;
    for (let next = at; next < values.length; next += 1) {
      if (missing > (above[next] ?? 0n) || missing < (below[next] ?? 0n)) return true;
      chosen.push(next);
      const whole = search(next + 1, missing - (values[next] ?? 0n));
      chosen.pop();
      if (!whole) return false;
    }
    return true;
  };
  const complete = search(0, sum);
  return { found, complete };
}

function compare(a: bigint, b: bigint): number {
  const [left, right] = [magnitude(a), magnitude(b)];
  if (left === right) return 0;
  return left > right ? -1 : 1;
}
