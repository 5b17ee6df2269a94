/** What all formats have in common once they are read, and the checks that no format may skip. */
import { addDays, type BusinessDate } from '../../../../kernel/business-date.ts';
import { add, type Currency, formatMoney, type Money } from '../../../../kernel/money.ts';
import type { Statement } from '../statement.ts';
import { statementFault } from './text.ts';

export interface ParsedStatement extends Statement {
  /** Where the format numbers its statements. */
  readonly number?: number | undefined;
}

export interface Expected {
  /** The file or address, for messages. */
  readonly place: string;
  readonly account: string;
  readonly currency: Currency;
  /** The day of which it has to be. */
  readonly date: BusinessDate;
  readonly zone: string;
}

/**
 * It is of the day, each line is in it once and was booked in its time, and the lines add up.
 * @param placeOf a line's place in the file, for messages
 * @throws `statement.refused` (invalid)
 */
export function check(
  statement: ParsedStatement,
  expected: Expected,
  placeOf: (index: number) => string,
): ParsedStatement {
  const { place, date } = expected;
  if (statement.to !== date) throw statementFault(place, `the statement ends on ${statement.to}, not on ${date}`);
  if (statement.from > statement.to)
    throw statementFault(place, `the statement begins on ${statement.from}, after its end`);
  const seen = new Map<string, number>();
  let balance = statement.opening;
  statement.lines.forEach((line, index) => {
    if (line.id === '') throw statementFault(placeOf(index), 'the line has no id');
    const before = seen.get(line.id);
    if (before !== undefined) {
      throw statementFault(placeOf(index), `the id of the line is also that of ${placeOf(before)}`, line.id);
    }
    seen.set(line.id, index);
    if (line.bookedOn < statement.from || line.bookedOn > statement.to) {
      const days = statement.from === statement.to ? date : `${statement.from} to ${statement.to}`;
      throw statementFault(placeOf(index), `booked on a day that is not the statement's, ${days}`, line.bookedOn);
    }
    balance = add(balance, line.amount);
  });
  if (balance.minor !== statement.closing.minor) {
    throw statementFault(
      place,
      `the lines do not add up: opening ${show(statement.opening)} and ${statement.lines.length} lines make ${show(balance)}, the closing balance is ${show(statement.closing)}`,
    );
  }
  return statement;
}

/**
 * Yesterday's end is today's beginning: a day, a page or a line that is missing shows here at the latest.
 * @throws `statement.refused` (invalid)
 */
export function checkContinues(before: ParsedStatement, after: ParsedStatement, place: string): void {
  if (after.from <= before.to) {
    throw statementFault(place, `begins on ${after.from}, which the statement up to ${before.to} has told already`);
  }
  if (before.closing.minor !== after.opening.minor) {
    throw statementFault(
      place,
      `opens with ${show(after.opening)}; the statement of ${before.to} closed with ${show(before.closing)}`,
    );
  }
  if (before.number === undefined || after.number === undefined || after.number === before.number + 1) return;
  const isNewYear = before.to.slice(0, 4) < after.to.slice(0, 4) && after.number <= 1;
  if (!isNewYear) {
    throw statementFault(place, `is number ${after.number}; the statement of ${before.to} was number ${before.number}`);
  }
}

/** The first day that a statement speaks of whose opening balance is dated so: the end of the day before, usually. */
export const firstDay = (opened: BusinessDate, to: BusinessDate): BusinessDate =>
  opened < to ? addDays(opened, 1) : to;

const show = (amount: Money): string => `${formatMoney(amount)} ${amount.currency.code}`;
