/** A matching under way: both sides' lines, and what was decided of each. A line is decided once. */
import { PlumblineError } from '../../../kernel/errors.ts';
import { businessDays } from './calendar.ts';
import type { Dictionary } from './dictionary.ts';
import type { Lines, Side } from './lines.ts';
import type { Policy } from './policy.ts';

/** Lines that could be paired in more than one way, or too many to tell. */
export interface Ambiguity {
  /** Which rule, by its place in the policy. */
  readonly rule: number;
  /** `crowded`: so many lines could belong together that it was not worked out which do. */
  readonly reason: 'equally_good' | 'crowded';
  /** In the order of their ids, as the ledger's. */
  readonly external: readonly number[];
  readonly ledger: readonly number[];
}

const OPEN = -1;
const HELD = -2;

export class Board {
  readonly external: Lines;
  readonly ledger: Lines;
  readonly dictionary: Dictionary;
  readonly policy: Policy;
  readonly ambiguities: Ambiguity[] = [];
  /** By match: its rule's place in the policy. */
  readonly rules: number[] = [];
  /** By line: the number of its match. */
  readonly #decided: Readonly<Record<Side, Int32Array>>;
  /** By line: whether a search for it was given up at its bound. */
  readonly #unsearched: Readonly<Record<Side, Uint8Array>>;
  readonly #firstDay: number;
  readonly #lastDay: number;
  #business: Int32Array | undefined;

  constructor(external: Lines, ledger: Lines, dictionary: Dictionary, policy: Policy) {
    this.external = external;
    this.ledger = ledger;
    this.dictionary = dictionary;
    this.policy = policy;
    this.#decided = {
      external: new Int32Array(external.size).fill(OPEN),
      ledger: new Int32Array(ledger.size).fill(OPEN),
    };
    this.#unsearched = { external: new Uint8Array(external.size), ledger: new Uint8Array(ledger.size) };
    let first = Number.MAX_SAFE_INTEGER;
    let last = 0;
    for (const days of [external.days, ledger.days]) {
      for (const day of days) {
        if (day < first) first = day;
        if (day > last) last = day;
      }
    }
    this.#firstDay = Math.min(first, last);
    this.#lastDay = last;
  }

  lines(side: Side): Lines {
    return side === 'external' ? this.external : this.ledger;
  }

  isOpen(side: Side, line: number): boolean {
    return this.#decided[side][line] === OPEN;
  }

  isHeld(side: Side, line: number): boolean {
    return this.#decided[side][line] === HELD;
  }

  /** Undefined where the line is in no match. */
  matchOf(side: Side, line: number): number | undefined {
    const decided = this.#decided[side][line] ?? OPEN;
    return decided >= 0 ? decided : undefined;
  }

  openLines(side: Side): Int32Array<ArrayBuffer> {
    const decided = this.#decided[side];
    const open = new Int32Array(decided.length);
    let count = 0;
    for (let line = 0; line < decided.length; line += 1) {
      if (decided[line] === OPEN) {
        open[count] = line;
        count += 1;
      }
    }
    return open.slice(0, count);
  }

  /** Each once, in the order of their ids. */
  inOrder(side: Side, lines: Iterable<number>): readonly number[] {
    const { ranks } = this.lines(side);
    return [...new Set(lines)].sort((a, b) => (ranks[a] ?? 0) - (ranks[b] ?? 0));
  }

  /** One line against one. */
  pair(rule: number, external: number, ledger: number): void {
    const number = this.rules.push(rule) - 1;
    this.#decide('external', external, number);
    this.#decide('ledger', ledger, number);
  }

  match(rule: number, external: readonly number[], ledger: readonly number[]): void {
    const number = this.rules.push(rule) - 1;
    for (const line of external) this.#decide('external', line, number);
    for (const line of ledger) this.#decide('ledger', line, number);
  }

  hold(ambiguity: Ambiguity): void {
    for (const line of ambiguity.external) this.#decide('external', line, HELD);
    for (const line of ambiguity.ledger) this.#decide('ledger', line, HELD);
    this.ambiguities.push(ambiguity);
  }

  giveUp(side: Side, line: number): void {
    this.#unsearched[side][line] = 1;
  }

  wasGivenUp(side: Side, line: number): boolean {
    return this.#unsearched[side][line] === 1;
  }

  /** How many days lie in the window of both sides, for sorting by `dayIndexes`. */
  get dayRange(): number {
    return this.#lastDay - this.#firstDay + 1;
  }

  /** By line: its day, counted from the first of both sides. */
  dayIndexes(side: Side): Int32Array {
    return this.lines(side).days.map((day) => day - this.#firstDay);
  }

  /** A day as the number in which a rule counts its lag. */
  ordinals(business: boolean): (day: number) => number {
    if (!business) return (day) => day;
    this.#business ??= businessDays(this.policy.calendar, this.#firstDay, this.#lastDay);
    const counts = this.#business;
    return (day) => counts[day - this.#firstDay] ?? 0;
  }

  #decide(side: Side, line: number, decision: number): void {
    if (this.#decided[side][line] !== OPEN) {
      throw new PlumblineError('internal', 'matching.line_decided_twice', `${side} line ${line} was decided twice`);
    }
    this.#decided[side][line] = decision;
  }
}
