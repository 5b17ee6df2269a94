import { describe, expect, it } from 'vitest';
import { addDays, parseBusinessDate } from '../kernel/business-date.ts';
import { RECORDED_RATES } from './data/recorded-rates.ts';
import { DAYS_PER_PAGE, HISTORY_DAYS, historyBefore, PAYMENTS, pages, ROWS_PER_STATEMENT, ranges } from './rules.ts';

const TODAY = parseBusinessDate('2026-11-23');

describe('historyBefore', () => {
  it('ends as the day begins in Ho Chi Minh City, 397 days after it began', () => {
    const history = historyBefore(TODAY, RECORDED_RATES);
    expect(new Date(history.closing).toISOString()).toBe('2026-11-22T17:00:00.000Z');
    expect(history.closing - history.opening).toBe(HISTORY_DAYS * 86_400_000);
    expect(history).toMatchObject({ first: '2025-10-22', last: '2026-11-22' });
    expect(history.rates.map(({ date }) => date)).toEqual(
      Array.from({ length: HISTORY_DAYS }, (_, day) => addDays(history.first, day)),
    );
  });

  it('covers 13 months from any day', () => {
    for (let day = 0; day < 1461; day += 7) {
      const today = addDays(parseBusinessDate('2026-01-01'), day);
      const { first } = historyBefore(today, RECORDED_RATES);
      const begin = new Date(`${today}T00:00:00Z`);
      begin.setUTCMonth(begin.getUTCMonth() - 13);
      const monthsAgo = begin.toISOString().slice(0, 10);
      expect(first <= monthsAgo, today).toBe(true);
    }
  });

  it('takes the newest rate that was known on each day, and guesses none', () => {
    const recorded = [
      { date: '2026-11-20', usdtVnd: '26000.5' },
      { date: '2025-01-01', usdtVnd: '25000' },
      { date: '2026-11-24', usdtVnd: '99999' },
    ];
    const { rates } = historyBefore(TODAY, recorded);
    const on = (date: string) => rates.find((rate) => rate.date === date)?.usdt_vnd;
    expect([on('2026-11-19'), on('2026-11-20'), on('2026-11-22')]).toEqual(['25000', '26000.5', '26000.5']);
    expect(new Set(rates.map(({ usdt_vnd }) => usdt_vnd))).toEqual(new Set(['25000', '26000.5']));
  });

  it('refuses a day whose history begins before the first rate, and names the day it would need', () => {
    const earliest = addDays(parseBusinessDate('2024-03-02'), HISTORY_DAYS);
    expect(historyBefore(earliest, RECORDED_RATES).first).toBe('2024-03-02');
    expect(() => historyBefore(addDays(earliest, -1), RECORDED_RATES)).toThrow(
      expect.objectContaining({
        kind: 'invalid',
        code: 'sandbox.date_out_of_range',
        message: expect.stringContaining('2024-03-01'),
      }),
    );
    expect(() => historyBefore(TODAY, [])).toThrow(expect.objectContaining({ code: 'sandbox.date_out_of_range' }));
  });
});

describe('ranges and pages', () => {
  it('cover each number once, in order, in pieces no larger than asked', () => {
    expect(ranges(7, 3)).toEqual([
      { from: 1, to: 3 },
      { from: 4, to: 6 },
      { from: 7, to: 7 },
    ]);
    expect(ranges(6, 3)).toHaveLength(2);
    expect(ranges(0, 3)).toEqual([]);
  });

  it('cover each day once, and no page has more payments than a statement may write', () => {
    const history = historyBefore(TODAY, RECORDED_RATES);
    const all = pages(history);
    expect(all[0]?.first).toBe(history.first);
    expect(all.at(-1)?.next).toBe(TODAY);
    expect(all.slice(1).map(({ first }) => first)).toEqual(all.slice(0, -1).map(({ next }) => next));
    expect(Math.ceil(PAYMENTS / HISTORY_DAYS) * DAYS_PER_PAGE).toBeLessThanOrEqual(5_000);
    expect(ROWS_PER_STATEMENT).toBeLessThanOrEqual(5_000);
  });
});
