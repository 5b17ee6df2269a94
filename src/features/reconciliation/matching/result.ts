/** What a matching found: matches, what is left of both sides, what is ambiguous, and sums that add up. */
import { createHash } from 'node:crypto';
import type { BusinessDate } from '../../../kernel/business-date.ts';
import { canonicalJson, type Json } from '../../../kernel/canonical.ts';
import { PlumblineError } from '../../../kernel/errors.ts';
import type { Money } from '../../../kernel/money.ts';
import type { Ambiguity, Board } from './board.ts';
import { dateOfDay } from './calendar.ts';
import { hashLines, moneyOf, type Side } from './lines.ts';
import { sortedBy } from './sorting.ts';
import { type CurrencyTotals, totalsOf, totalsToJson } from './totals.ts';

export interface ResultLine {
  readonly side: Side;
  readonly id: string;
  readonly bookedOn: BusinessDate;
  readonly amount: Money;
  readonly reference: string;
  readonly counterparty: string;
}

export interface Match {
  /** From 1, in the order of the statement lines' ids. */
  readonly number: number;
  readonly rule: string;
  readonly kind: '1:1' | '1:n' | 'n:1';
  readonly external: readonly ResultLine[];
  readonly ledger: readonly ResultLine[];
  /** Statement less ledger; beyond 0 only as far as the rule tolerates. */
  readonly difference: Money;
  /** The statement's day less the ledger's, in days as the rule counts them: the least and the greatest. */
  readonly lag: { readonly least: number; readonly greatest: number };
}

export interface UnmatchedLine extends ResultLine {
  /** `not_searched`: more lines could belong to it than the policy lets be searched. */
  readonly reason: 'no_partner' | 'not_searched';
}

export interface AmbiguousSet {
  readonly number: number;
  readonly rule: string;
  readonly reason: 'equally_good' | 'crowded';
  readonly external: readonly ResultLine[];
  readonly ledger: readonly ResultLine[];
}

/** Counts up with every change of what is matched, so that two results can be compared. */
export const ENGINE = 2;

export class Result {
  readonly #board: Board;
  /** By match in the order of the statement: the number it had on the board. */
  readonly #numbers: Int32Array;
  readonly totals: readonly CurrencyTotals[];

  /** @throws `matching.not_reconciled` (integrity): what came out is not what went in */
  constructor(board: Board) {
    this.#board = board;
    this.#numbers = numbersOf(board);
    this.totals = totalsOf(board);
  }

  get matchCount(): number {
    return this.#numbers.length;
  }

  /** Whether nothing is left on either side. */
  get complete(): boolean {
    return this.totals.every((each) =>
      [each.external, each.ledger].every(({ all, matched }) => all.lines === matched.lines),
    );
  }

  count(side: Side, what: 'all' | 'matched' | 'ambiguous' | 'unmatched'): number {
    return this.totals.reduce((sum, each) => sum + each[side][what].lines, 0);
  }

  *matches(): Iterable<Match> {
    const external = this.#members('external');
    const ledger = this.#members('ledger');
    for (let at = 0; at < this.#numbers.length; at += 1) yield this.#match(at, external(at), ledger(at));
  }

  /** In the order of their days, then of their ids. */
  *unmatched(side: Side): Iterable<UnmatchedLine> {
    const board = this.#board;
    const open = board.lines(side).order.filter((line) => board.isOpen(side, line));
    for (const line of sortedBy(open, board.dayIndexes(side), board.dayRange)) {
      yield { ...this.#line(side, line), reason: board.wasGivenUp(side, line) ? 'not_searched' : 'no_partner' };
    }
  }

  /** In the order of their statement lines' ids. */
  *ambiguous(): Iterable<AmbiguousSet> {
    const { ambiguities, policy, external: statement } = this.#board;
    const rank = ({ external }: Ambiguity): number => statement.ranks[external[0] ?? 0] ?? 0;
    const inOrder = [...ambiguities].sort((a, b) => rank(a) - rank(b));
    for (const [at, { rule, reason, external, ledger }] of inOrder.entries()) {
      yield {
        number: at + 1,
        rule: policy.rules[rule]?.id ?? '',
        reason,
        external: external.map((line) => this.#line('external', line)),
        ledger: ledger.map((line) => this.#line('ledger', line)),
      };
    }
  }

  /** SHA-256 of one side's lines, whatever came of them. */
  inputHash(side: Side): string {
    return hashLines(this.#board.lines(side), this.#board.dictionary);
  }

  /** SHA-256 of all that came out, one line of canonical JSON each: totals, matches, ambiguous sets, what is left. */
  hash(): string {
    const hash = createHash('sha256');
    const add = (value: Json): void => void hash.update(`${canonicalJson(value)}\n`);
    add([ENGINE, this.#board.policy.hash, totalsToJson(this.totals)]);
    for (const { rule, kind, external, ledger } of this.matches())
      add(['match', rule, kind, idsOf(external), idsOf(ledger)]);
    for (const { rule, reason, external, ledger } of this.ambiguous()) {
      add(['ambiguous', rule, reason, idsOf(external), idsOf(ledger)]);
    }
    for (const side of ['external', 'ledger'] as const) {
      for (const { id, reason } of this.unmatched(side)) add(['unmatched', side, id, reason]);
    }
    return hash.digest('hex');
  }

  #line(side: Side, line: number): ResultLine {
    const { days, texts } = this.#board.lines(side);
    return {
      side,
      id: texts.id(line),
      bookedOn: dateOfDay(days[line] ?? 0),
      amount: moneyOf(this.#board.lines(side), this.#board.dictionary, line),
      reference: texts.reference(line),
      counterparty: texts.counterparty(line),
    };
  }

  #match(at: number, external: Int32Array, ledger: Int32Array): Match {
    const board = this.#board;
    const rule = board.policy.rules[board.rules[this.#numbers[at] ?? 0] ?? 0];
    if (rule === undefined) throw new PlumblineError('internal', 'matching.no_rule', `match ${at} has no rule`);
    const sum = (side: Side, lines: Int32Array): bigint =>
      lines.reduce((total, line) => total + moneyOf(board.lines(side), board.dictionary, line).minor, 0n);
    const ordinal = board.ordinals(rule.lag.business);
    const daysOf = (side: Side, lines: Int32Array): readonly number[] =>
      Array.from(lines, (line) => ordinal(board.lines(side).days[line] ?? 0));
    const [outer, inner] = [daysOf('external', external), daysOf('ledger', ledger)];
    const { currency } = moneyOf(board.external, board.dictionary, external[0] ?? 0);
    return {
      number: at + 1,
      rule: rule.id,
      kind: external.length > 1 ? 'n:1' : ledger.length > 1 ? '1:n' : '1:1',
      external: Array.from(external, (line) => this.#line('external', line)),
      ledger: Array.from(ledger, (line) => this.#line('ledger', line)),
      difference: { currency, minor: sum('external', external) - sum('ledger', ledger) },
      lag: {
        least: Math.min(...outer) - Math.max(...inner),
        greatest: Math.max(...outer) - Math.min(...inner),
      },
    };
  }

  /** The lines of each match, by its place in the order. */
  #members(side: Side): (at: number) => Int32Array {
    const board = this.#board;
    const placeOf = new Int32Array(board.rules.length);
    this.#numbers.forEach((number, place) => {
      placeOf[number] = place;
    });
    const places = new Int32Array(board.lines(side).size); // by line
    const matched: number[] = [];
    const starts = new Int32Array(this.#numbers.length + 1);
    for (const line of board.lines(side).order) {
      const match = board.matchOf(side, line);
      if (match === undefined) continue;
      const place = placeOf[match] ?? 0;
      places[line] = place;
      matched.push(line);
      starts[place + 1] = (starts[place + 1] ?? 0) + 1;
    }
    for (let at = 1; at < starts.length; at += 1) starts[at] = (starts[at] ?? 0) + (starts[at - 1] ?? 0);
    const order = sortedBy(Int32Array.from(matched), places, this.#numbers.length);
    return (at) => order.subarray(starts[at], starts[at + 1]);
  }
}

const idsOf = (lines: readonly ResultLine[]): readonly string[] => lines.map(({ id }) => id);

/** The board numbers matches as they are found; here they have the order of the statement's lines. */
function numbersOf(board: Board): Int32Array {
  const numbers = new Int32Array(board.rules.length);
  const seen = new Uint8Array(board.rules.length);
  let count = 0;
  for (const line of board.external.order) {
    const number = board.matchOf('external', line);
    if (number === undefined || seen[number] === 1) continue;
    seen[number] = 1;
    numbers[count] = number;
    count += 1;
  }
  return numbers.slice(0, count);
}
