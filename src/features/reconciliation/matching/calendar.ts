/** Days as numbers, so that a lag is a subtraction: of all days, or of business days alone. */
import { addDays, type BusinessDate, parseBusinessDate } from '../../../kernel/business-date.ts';
import { PlumblineError } from '../../../kernel/errors.ts';

const DAY_MS = 86_400_000;
/** 1970-01-01 was a Thursday; 0 is Sunday. */
const FIRST_WEEKDAY = 4;

export const dayNumber = (date: BusinessDate): number => Date.parse(`${date}T00:00:00Z`) / DAY_MS;

const EPOCH = parseBusinessDate('1970-01-01');
const dates = new Map<number, BusinessDate>(); // a million lines lie on a few days

export function dateOfDay(day: number): BusinessDate {
  const known = dates.get(day);
  if (known !== undefined) return known;
  const date = addDays(EPOCH, day);
  dates.set(day, date);
  return date;
}

export interface Calendar {
  /** 0 Sunday to 6 Saturday. */
  readonly weekend: readonly number[];
  readonly holidays: readonly BusinessDate[];
}

/**
 * How many business days there were up to each day, that day included, from `first` to `last`: what is
 * booked on a holiday counts as booked on the business day before.
 * @throws `matching.no_business_day` (invalid) where every day of the week is a weekend
 */
export function businessDays(calendar: Calendar, first: number, last: number): Int32Array {
  const weekend = new Set(calendar.weekend);
  if (weekend.size >= 7) {
    throw new PlumblineError(
      'invalid',
      'matching.no_business_day',
      'weekend names all seven days; leave one to work on',
    );
  }
  const holidays = new Set(calendar.holidays.map(dayNumber));
  const counts = new Int32Array(last - first + 1);
  let count = 0;
  for (let day = first; day <= last; day += 1) {
    if (!weekend.has((day + FIRST_WEEKDAY) % 7) && !holidays.has(day)) count += 1;
    counts[day - first] = count;
  }
  return counts;
}
