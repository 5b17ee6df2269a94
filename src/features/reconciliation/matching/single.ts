/**
 * One line against one. Most lines have one candidate that has no other: they are matched at once. The
 * others hang together in sets, by who could belong to whom, and of each set what is certain is matched,
 * what could be otherwise is held as ambiguous, and what no best assignment uses stays open.
 */
import { decide, type Edge } from './assignment.ts';
import type { Board } from './board.ts';
import { DisjointSets } from './disjoint-sets.ts';
import { keysIn } from './keys.ts';
import { LineIndex } from './line-index.ts';
import { EMPTY, Numbers } from './numbers.ts';
import type { SingleRule } from './policy.ts';

/** In a set of more lines than this on both sides together it is not worked out which belong together. */
export const MOST_LINES_OF_A_SET = 400;

/** Amounts within a tolerance are looked at one by one up to this many; beyond, all between are one set. */
const MOST_AMOUNTS = 4_096;

/** Runs of places of the index, each with the statement line whose candidates stand there. */
class Runs {
  readonly #lines = new Numbers();
  readonly #from = new Numbers();
  readonly #to = new Numbers();

  get count(): number {
    return this.#lines.length;
  }

  add(line: number, [from, to]: readonly [number, number]): void {
    if (from >= to) return;
    this.#lines.push(line);
    this.#from.push(from);
    this.#to.push(to);
  }

  line(run: number): number {
    return this.#lines.at(run);
  }

  from(run: number): number {
    return this.#from.at(run);
  }

  /** One past the last. */
  to(run: number): number {
    return this.#to.at(run);
  }
}

export function matchSingles(board: Board, rule: SingleRule, number: number): void {
  const index = indexOf(board, rule);
  const runs = candidates(board, rule, index);
  const rest = matchLonely(board, index, runs, number);
  for (const set of setsOf(board, index, runs, rest)) decideSet(board, rule, number, set);
}

const exactOnly = (rule: SingleRule): boolean => [...rule.tolerance.values()].every((minor) => minor === 0n);

function indexOf(board: Board, rule: SingleRule): LineIndex {
  const { ledger, dictionary } = board;
  const { references, amounts } = ledger;
  const ranks = exactOnly(rule) ? undefined : dictionary.amounts.ranks;
  return new LineIndex(board, {
    side: 'ledger',
    keys: rule.reference === 'any' ? undefined : references,
    keyRange: rule.reference === 'any' ? 1 : dictionary.references.size,
    counterparty: rule.counterparty,
    value: ranks === undefined ? (line) => amounts[line] ?? 0 : (line) => ranks[amounts[line] ?? 0] ?? 0,
    valueRange: dictionary.amounts.size,
    business: rule.lag.business,
  });
}

function candidates(board: Board, rule: SingleRule, index: LineIndex): Runs {
  const { external, dictionary } = board;
  const { lag, tolerance } = rule;
  const exact = exactOnly(rule);
  const ordinal = board.ordinals(lag.business);
  const keysOf = keysIn(board, 'external', rule.reference, index.keys());
  const runs = new Runs();
  for (const line of board.openLines('external')) {
    const day = ordinal(external.days[line] ?? 0);
    const amount = external.amounts[line] ?? 0;
    for (const key of keysOf(line)) {
      const [from, to] = index.ofKey(key, external.counterparties[line] ?? EMPTY);
      if (from === to) continue;
      if (exact) {
        const [first, last] = index.ofValues(from, to, amount, amount);
        runs.add(line, index.ofDays(first, last, day - lag.after, day + lag.before));
        continue;
      }
      const currency = dictionary.amounts.currencyOf(amount);
      const within = tolerance.get(dictionary.amounts.currencies[currency]?.code ?? '') ?? 0n;
      const minor = dictionary.amounts.of(amount);
      const [low, high] = dictionary.amounts.rankRange(currency, minor - within, minor + within);
      const [first, last] = index.ofValues(from, to, low, high - 1);
      if (last - first > MOST_AMOUNTS) {
        runs.add(line, [first, last]);
        continue;
      }
      for (let at = first; at < last; ) {
        const value = index.valueAt(at);
        const [, end] = index.ofValues(at, last, value, value);
        runs.add(line, index.ofDays(at, end, day - lag.after, day + lag.before));
        at = end;
      }
    }
  }
  return runs;
}

/** Matches pairs that have nobody else. @returns the runs that are left */
function matchLonely(board: Board, index: LineIndex, runs: Runs, number: number): readonly number[] {
  const places = index.order.length;
  const starts = new Int32Array(places + 1);
  const runsOf = new Uint8Array(board.external.size); // 0, 1, or 2 for more
  for (let run = 0; run < runs.count; run += 1) {
    const [line, from, to] = [runs.line(run), runs.from(run), runs.to(run)];
    starts[from] = (starts[from] ?? 0) + 1;
    starts[to] = (starts[to] ?? 0) - 1;
    runsOf[line] = Math.min((runsOf[line] ?? 0) + 1, 2);
  }
  for (let place = 1; place <= places; place += 1) starts[place] = (starts[place] ?? 0) + (starts[place - 1] ?? 0);
  const rest: number[] = [];
  for (let run = 0; run < runs.count; run += 1) {
    const [line, from] = [runs.line(run), runs.from(run)];
    const lonely = runs.to(run) === from + 1 && starts[from] === 1 && runsOf[line] === 1;
    if (lonely) board.pair(number, line, index.order[from] ?? 0);
    else rest.push(run);
  }
  return rest;
}

interface LineSet {
  readonly external: readonly number[];
  readonly ledger: readonly number[];
  /** By statement line: the candidates. Undefined where the set is crowded. */
  readonly candidates: ReadonlyMap<number, readonly number[]> | undefined;
}

function* setsOf(board: Board, index: LineIndex, runs: Runs, rest: readonly number[]): Iterable<LineSet> {
  if (rest.length === 0) return;
  const places = index.order.length;
  const sets = new DisjointSets(places);
  const lastOf = new Map<number, number>(); // a place of each statement line's last run
  const joined = new DisjointSets(places); // with its right neighbours: each is joined once
  const rightEnd = Int32Array.from({ length: places }, (_, place) => place);
  const endOf = (place: number): number => rightEnd[joined.find(place)] ?? place;
  for (const run of rest) {
    const [line, from, to] = [runs.line(run), runs.from(run), runs.to(run)];
    for (let place = endOf(from); place < to - 1; place = endOf(place)) {
      const end = endOf(place + 1);
      sets.join(place, place + 1);
      joined.join(place, place + 1);
      rightEnd[joined.find(place)] = end;
    }
    const before = lastOf.get(line);
    if (before !== undefined) sets.join(before, from);
    lastOf.set(line, from);
  }
  for (const members of Map.groupBy(rest, (run) => sets.find(runs.from(run))).values())
    yield setOf(board, index, runs, members);
}

function setOf(board: Board, index: LineIndex, runs: Runs, members: readonly number[]): LineSet {
  const external = board.inOrder(
    'external',
    members.map((run) => runs.line(run)),
  );
  const ledger = new Set<number>();
  let seenTo = -1;
  const byPlace = [...members].sort((a, b) => runs.from(a) - runs.from(b));
  for (const run of byPlace) {
    const to = runs.to(run);
    for (let place = Math.max(runs.from(run), seenTo); place < to; place += 1) ledger.add(index.order[place] ?? 0);
    seenTo = Math.max(seenTo, to);
  }
  const all = board.inOrder('ledger', ledger);
  if (external.length + all.length > MOST_LINES_OF_A_SET) return { external, ledger: all, candidates: undefined };
  const candidatesOf = new Map<number, number[]>();
  for (const run of members) {
    const line = runs.line(run);
    const found = candidatesOf.get(line) ?? [];
    for (let place = runs.from(run); place < runs.to(run); place += 1) found.push(index.order[place] ?? 0);
    candidatesOf.set(line, found);
  }
  return { external, ledger: all, candidates: candidatesOf };
}

const magnitude = (value: bigint): bigint => (value < 0n ? -value : value);

function decideSet(board: Board, rule: SingleRule, number: number, set: LineSet): void {
  const decision = set.candidates && decide(set.external.length, set.ledger.length, edgesOf(board, rule, set));
  if (decision === undefined) {
    board.hold({ rule: number, reason: 'crowded', external: set.external, ledger: set.ledger });
    return;
  }
  const externalAt = (row: number): number => set.external[row] ?? 0;
  const ledgerAt = (column: number): number => set.ledger[column] ?? 0;
  for (const { row, column } of decision.pairs) board.pair(number, externalAt(row), ledgerAt(column));
  for (const { rows, columns } of decision.ambiguous) {
    board.hold({ rule: number, reason: 'equally_good', external: rows.map(externalAt), ledger: columns.map(ledgerAt) });
  }
}

/** The nearer amount is better, whatever the day; of equal amounts the nearer day. */
function edgesOf(board: Board, { lag }: SingleRule, set: LineSet): readonly Edge[] {
  const { external, ledger, dictionary } = board;
  const ordinal = board.ordinals(lag.business);
  const columnOf = new Map(set.ledger.map((line, column) => [line, column]));
  const allDays = 1n + BigInt(set.external.length * Math.max(lag.before, lag.after));
  return set.external.flatMap((line, row) =>
    (set.candidates?.get(line) ?? []).map((candidate) => {
      const apart = ordinal(external.days[line] ?? 0) - ordinal(ledger.days[candidate] ?? 0);
      const difference =
        dictionary.amounts.of(external.amounts[line] ?? 0) - dictionary.amounts.of(ledger.amounts[candidate] ?? 0);
      return {
        row,
        column: columnOf.get(candidate) ?? 0,
        cost: magnitude(difference) * allDays + BigInt(Math.abs(apart)),
      };
    }),
  );
}
