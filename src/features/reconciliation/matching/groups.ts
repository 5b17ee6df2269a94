/**
 * One line against several: a bank books a batch in one line, a settlement comes in several. First the
 * whole of what shares a key with the one line, within its tolerance; then, where the policy asks for it,
 * the one part of it that adds up exactly. An answer counts where it is the line's only one and shares no
 * line with another's; otherwise all lines concerned are held as ambiguous.
 */
import type { Board } from './board.ts';
import { DisjointSets } from './disjoint-sets.ts';
import { keysIn } from './keys.ts';
import { LineIndex } from './line-index.ts';
import type { Side } from './lines.ts';
import { EMPTY } from './numbers.ts';
import { findParts } from './parts.ts';
import type { GroupRule } from './policy.ts';

/** What one line could consist of. */
interface Claim {
  readonly one: number;
  /** Several only where it is not known which. */
  readonly answers: readonly (readonly number[])[];
  /** Whether there are no other answers. */
  readonly complete: boolean;
}

interface Sides {
  readonly one: Side;
  readonly many: Side;
}

export function matchGroups(board: Board, rule: GroupRule, number: number): void {
  const sides: Sides = rule.kind === '1:n' ? { one: 'external', many: 'ledger' } : { one: 'ledger', many: 'external' };
  if (rule.key !== 'none') settle(board, number, sides, wholes(board, rule, sides));
  if (rule.parts) settle(board, number, sides, parts(board, rule, sides));
}

function indexOf(board: Board, rule: GroupRule, { many }: Sides): LineIndex {
  const { amounts } = board.dictionary;
  const lines = board.lines(many);
  const keys = rule.key === 'batch' ? lines.batches : lines.references;
  return new LineIndex(board, {
    side: many,
    keys: rule.key === 'none' ? undefined : keys,
    keyRange: rule.key === 'none' ? 1 : board.dictionary.references.size,
    counterparty: rule.counterparty,
    value: (line) => countedAs(board, rule, lines.amounts[line] ?? 0),
    valueRange: 2 * amounts.currencies.length,
    business: rule.lag.business,
  });
}

/** The currency; without a key its sign as well, for nothing else says that a fee belongs to a payment. */
function countedAs({ dictionary: { amounts } }: Board, rule: GroupRule, amount: number): number {
  const negative = rule.key === 'none' && amounts.isNegative(amount);
  return 2 * amounts.currencyOf(amount) + (negative ? 1 : 0);
}

/** For each open line of the one side, the places of the index whose lines it could consist of, key by key. */
function* windows(
  board: Board,
  rule: GroupRule,
  { one }: Sides,
  index: LineIndex,
): Iterable<{ readonly line: number; readonly runs: readonly (readonly [number, number])[] }> {
  const lines = board.lines(one);
  const ordinal = board.ordinals(rule.lag.business);
  const { before, after } = rule.lag;
  // A lag is the statement's day less the ledger's, whichever of them is the one line.
  const [back, ahead] = one === 'external' ? [after, before] : [before, after];
  const keysOf = keysIn(board, one, rule.key === 'none' ? 'any' : rule.reference, index.keys());
  for (const line of board.openLines(one)) {
    const value = countedAs(board, rule, lines.amounts[line] ?? 0);
    const day = ordinal(lines.days[line] ?? 0);
    const runs: (readonly [number, number])[] = [];
    for (const key of keysOf(line)) {
      const ofKey = index.ofKey(key, lines.counterparties[line] ?? EMPTY);
      const run = index.ofDays(...index.ofValues(...ofKey, value, value), day - back, day + ahead);
      if (run[0] < run[1]) runs.push(run);
    }
    if (runs.length > 0) yield { line, runs };
  }
}

function wholes(board: Board, rule: GroupRule, sides: Sides): readonly Claim[] {
  const { amounts } = board.dictionary;
  const index = indexOf(board, rule, sides);
  const many = board.lines(sides.many);
  const sums: bigint[] = [0n];
  let sum = 0n;
  for (const line of index.order) {
    sum += amounts.of(many.amounts[line] ?? 0);
    sums.push(sum);
  }
  const claims: Claim[] = [];
  for (const { line, runs } of windows(board, rule, sides, index)) {
    const amount = board.lines(sides.one).amounts[line] ?? 0;
    const within = rule.tolerance.get(amounts.currencies[amounts.currencyOf(amount)]?.code ?? '') ?? 0n;
    const answers = runs
      .filter(([from, to]) => {
        const difference = (sums[to] ?? 0n) - (sums[from] ?? 0n) - amounts.of(amount);
        return difference <= within && difference >= -within;
      })
      .map(([from, to]) => Array.from(index.order.subarray(from, to)));
    if (answers.length > 0) claims.push({ one: line, answers, complete: true });
  }
  return claims;
}

function parts(board: Board, rule: GroupRule, sides: Sides): readonly Claim[] {
  const { amounts } = board.dictionary;
  const many = board.lines(sides.many);
  const index = indexOf(board, rule, sides);
  const magnitudes = Float64Array.from(index.order, (line) => amounts.magnitude(many.amounts[line] ?? 0));
  const claims: Claim[] = [];
  for (const { line, runs } of windows(board, rule, sides, index)) {
    const amount = board.lines(sides.one).amounts[line] ?? 0;
    const sum = amounts.of(amount);
    if (sum === 0n) continue; // whatever cancels out would be a part of it
    // Without a key the lines are of one sign: one that is larger than the sum is no part of it.
    const largest = rule.key === 'none' ? amounts.magnitude(amount) : Number.POSITIVE_INFINITY;
    const answers: (readonly number[])[] = [];
    let complete = true;
    let searched = true;
    for (const [from, to] of runs) {
      const few = fewIn(index.order, magnitudes, [from, to], largest, rule.mostCandidates);

      if (few === undefined) {
        searched = false;
        continue;
      }
      const candidates = board.inOrder(sides.many, few);
      const least = rule.key === 'none' ? 2 : 1;
      const part = findParts(
        candidates.map((each) => amounts.of(many.amounts[each] ?? 0)),
        sum,
        { least, most: rule.mostLines },
      );
      answers.push(...part.found.map((places) => places.map((place) => candidates[place] ?? 0)));
      if (part.complete) continue;
      if (part.found.length < 2) searched = false;
      else answers.push(candidates); // there are more answers than were counted, with whichever of these lines
      complete = false;
    }
    if (!searched) board.giveUp(sides.one, line);
    else if (answers.length > 0) claims.push({ one: line, answers, complete });
  }
  return claims;
}

/**
 * The lines between two places that are not of 0 and not larger than `largest`. Undefined where there are more
 * than `most`.
 * @param magnitudes by place
 */
function fewIn(
  order: Int32Array,
  magnitudes: Float64Array,
  [from, to]: readonly [number, number],
  largest: number,
  most: number,
): readonly number[] | undefined {
  const found: number[] = [];
  for (let place = from; place < to; place += 1) {
    const magnitude = magnitudes[place] ?? 0;
    if (magnitude === 0 || magnitude > largest) continue;
    if (found.length === most) return undefined;
    found.push(order[place] ?? 0);
  }
  return found;
}

function settle(board: Board, number: number, sides: Sides, claims: readonly Claim[]): void {
  const sets = new DisjointSets(claims.length);
  const claimedBy = new Map<number, number>();
  claims.forEach(({ answers }, claim) => {
    for (const line of answers.flat()) {
      const other = claimedBy.get(line);
      if (other === undefined) claimedBy.set(line, claim);
      else sets.join(other, claim);
    }
  });
  const bySet = Map.groupBy(claims.keys(), (claim) => sets.find(claim));
  for (const members of bySet.values()) {
    const own = members.flatMap((claim) => claims[claim] ?? []);
    const [only] = own;
    const [answer, another] = only?.answers ?? [];
    if (own.length === 1 && only !== undefined && answer !== undefined && another === undefined && only.complete) {
      const [external, ledger] = sides.one === 'external' ? [[only.one], answer] : [answer, [only.one]];
      board.match(number, external, ledger);
      continue;
    }
    const one = board.inOrder(
      sides.one,
      own.map((claim) => claim.one),
    );
    const many = board.inOrder(
      sides.many,
      own.flatMap(({ answers }) => answers.flat()),
    );
    const [external, ledger] = sides.one === 'external' ? [one, many] : [many, one];
    board.hold({ rule: number, reason: 'equally_good', external, ledger });
  }
}
