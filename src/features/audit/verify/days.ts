/** The days of a log, against the leaves that close them. */
import type { Findings } from './damage.ts';
import type { Mark } from './marks.ts';
import type { StoredDay } from './store.ts';

export const dayMarks = (days: readonly StoredDay[]): readonly Mark[] =>
  days.map(({ date, size, root }) => ({ size, root, source: 'day', name: `the day ${date}` }));

/**
 * @param closed the days that leaves close, in their order
 * @param from size that was verified before: earlier days are not looked at again
 */
export function checkDays(
  closed: readonly { readonly date: string; readonly size: number }[],
  days: readonly StoredDay[],
  findings: Findings,
  from = 0,
): void {
  const bySize = new Map(days.map((day) => [day.size, day]));
  const byLeaf = new Set(closed.map(({ size }) => size));
  for (const { date, size } of closed) {
    if (bySize.get(size)?.date === date) continue;
    findings.add({
      kind: 'day-missing',
      index: size - 1,
      message: `leaf ${size - 1} closes the day ${date}, and the table of days does not say so`,
    });
  }
  let first = 0;
  for (const day of days) {
    const isNew = day.size > from;
    if (isNew && !byLeaf.has(day.size)) {
      findings.add({
        kind: 'day-altered',
        size: day.size,
        message: `the day ${day.date} is said to end with leaf ${day.size - 1}, which does not close a day`,
      });
    }
    if (isNew && day.firstIndex !== first) {
      findings.add({
        kind: 'day-altered',
        size: day.size,
        message: `the day ${day.date} is said to begin with leaf ${day.firstIndex}; the day before it ends before leaf ${first}`,
      });
    }
    first = day.size;
  }
}
