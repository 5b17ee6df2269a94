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
import type { Lines, Side } from './lines.ts';
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
    key: rule.key === 'none' ? () => 0 : (line) => keys[line] ?? EMPTY,
    keyRange: rule.key === 'none' ? 1 : board.dictionary.references.size,
    counterparty: rule.counterparty,
    value: (line) => countedAs(board, rule, lines.amounts[line] ?? 0),
    valueRange: 2 * amounts.currencies.length,
    ordinal: board.ordinals(rule.lag.business),
  });
}

/** The currency; without a key its sign as well, for nothing else says that a fee belongs to a payment. */
function countedAs({ dictionary: { amounts } }: Board, rule: GroupRule, amount: number): number {
  const negative = rule.key === 'none' && amounts.of(amount) < 0n;
  return 2 * (amounts.currencyOf[amount] ?? 0) + (negative ? 1 : 0);
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
    const within = rule.tolerance.get(amounts.currencies[amounts.currencyOf[amount] ?? 0]?.code ?? '') ?? 0n;
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
  const amountOf = (lines: Lines, line: number): bigint => amounts.of(lines.amounts[line] ?? 0);
  const claims: Claim[] = [];
  for (const { line, runs } of windows(board, rule, sides, index)) {
    const sum = amountOf(board.lines(sides.one), line);
    if (sum === 0n) continue; // whatever cancels out would be a part of it
    const answers: (readonly number[])[] = [];
    let complete = true;
    let searched = true;
    for (const [from, to] of runs) {
      // Among lines of one sign, one that is larger than the sum is no part of it.
      const usable = (each: number): boolean => {
        const amount = amountOf(many, each);
        return amount !== 0n && (rule.key !== 'none' || (sum < 0n ? amount >= sum : amount <= sum));
      };
      const candidates = few(index.order.subarray(from, to), usable, rule.mostCandidates);
      if (candidates === undefined) {
        searched = false;
        continue;
      }
      const least = rule.key === 'none' ? 2 : 1;
      const part = findParts(
        candidates.map((each) => amountOf(many, each)),
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

/** Undefined where more than `most` are usable. In the order of their ids, whatever order the index has. */
function few(places: Int32Array, usable: (line: number) => boolean, most: number): readonly number[] | undefined {
  const found: number[] = [];
  for (const line of places) {
    if (!usable(line)) continue;
    if (found.length === most) return undefined;
    found.push(line);
  }
  return found.sort((a, b) => a - b);
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
    const one = own.map((claim) => claim.one).sort((a, b) => a - b);
    const many = [...new Set(own.flatMap(({ answers }) => answers.flat()))].sort((a, b) => a - b);
    const [external, ledger] = sides.one === 'external' ? [one, many] : [many, one];
    board.hold({ rule: number, reason: 'equally_good', external, ledger });
  }
}
