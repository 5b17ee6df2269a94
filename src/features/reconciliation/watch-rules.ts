/** Which runs are overdue: pure. */
import { addDays, type BusinessDate, businessDateAt, endOfDay } from '../../kernel/business-date.ts';

export interface DailyWatch {
  readonly zone: string;
  /** Epoch milliseconds. */
  readonly now: number;
  /** How long after its end a date may be without its report, milliseconds. */
  readonly boundMs: number;
  /** The first date that is owed a report. */
  readonly owedFrom: BusinessDate;
  /** The dates that have a report of the whole day. */
  readonly reported: ReadonlySet<BusinessDate>;
}

/** A watch that was off for longer looks no further back: one incident a day of a year is enough. */
export const WATCH_DAYS = 370;

/** The ended dates that are owed a report, have none, and are past their bound; oldest first. */
export function overdueDates({ zone, now, boundMs, owedFrom, reported }: DailyWatch): readonly BusinessDate[] {
  const today = businessDateAt(now, zone);
  const overdue: BusinessDate[] = [];
  for (let back = WATCH_DAYS; back >= 1; back -= 1) {
    const date = addDays(today, -back);
    if (date >= owedFrom && !reported.has(date) && now > endOfDay(date, zone) + boundMs) overdue.push(date);
  }
  return overdue;
}

/** Whether the last intraday run, or else the beginning of the watch, is longer ago than it may be. */
export const isGap = (lastMs: number, now: number, boundMs: number): boolean => now > lastMs + boundMs;
