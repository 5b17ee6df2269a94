/** A reconciliation service over a real database, a book given as text, and a rate that stands still. */
import { NotificationService } from '../../src/features/notifications/service.ts';
import { type PayoutDeps, PayoutService } from '../../src/features/payouts/service.ts';
import { parseBook } from '../../src/features/reconciliation/book.ts';
import type { Notices, PayoutHalts, RateSource } from '../../src/features/reconciliation/ports.ts';
import { ReconciliationService } from '../../src/features/reconciliation/service.ts';
import type { Clock } from '../../src/kernel/clock.ts';
import { pair, parseRate } from '../../src/kernel/rate.ts';
import { systemClock, systemRandom } from '../../src/platform/clock/system.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { fileReader } from '../../src/platform/files/reader.ts';
import { createHttpClient } from '../../src/platform/http-client/undici.ts';
import type { LogFields, Logger } from '../../src/platform/telemetry/port.ts';

export const fixedRate = (mid: string): RateSource => ({
  getQuote: async (of) => ({
    quoteId: '01939e4e-7cb2-7c00-8000-000000000000',
    pair: of,
    bid: parseRate(pair(of.base, of.quote), mid),
    mid: parseRate(pair(of.base, of.quote), mid),
    ask: parseRate(pair(of.base, of.quote), mid),
    asOf: 0,
    ageMs: 0,
    sources: [],
    level: 'fresh',
    basis: 'fixed',
  }),
});

export interface LogLine extends LogFields {
  readonly level: string;
  readonly message: string;
}

/** Keeps what is logged, for tests that ask whether somebody was told. */
export function recordingLogger(lines: LogLine[] = []): Logger & { readonly lines: readonly LogLine[] } {
  const at = (level: string) => (fields: LogFields, message: string) => {
    lines.push({ ...fields, level, message });
  };
  return {
    lines,
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    fatal: at('fatal'),
    child: () => recordingLogger(lines),
  };
}

export interface Line {
  readonly id: string;
  readonly sql?: string;
  readonly column?: string;
  readonly http?: { readonly url: string; readonly amount: string; readonly currency?: string };
  readonly currency?: string;
  readonly sign?: '+' | '-';
}

/** A book as people write it; JSON is YAML. */
export const bookText = (assets: readonly Line[], liabilities: readonly Line[], more: object = {}): string => {
  const complete = (line: Line) => ({ title: line.id, currency: 'VND', ...line });
  return JSON.stringify({
    book: 'test',
    version: 1,
    currency: 'VND',
    zone: 'Asia/Ho_Chi_Minh',
    tolerance: '1000.00',
    assets: assets.map(complete),
    liabilities: liabilities.map(complete),
    ...more,
  });
};

/** A book whose two sides are these amounts. */
export const twoSided = (assets: string, liabilities: string): string =>
  bookText(
    [{ id: 'pool', sql: `SELECT ${assets}::numeric AS amount` }],
    [{ id: 'owed', sql: `SELECT ${liabilities}::numeric AS amount` }],
  );

/** The payouts of a book, as the service has them when nothing is configured. */
export const payoutsOver = (db: Db, more: Partial<PayoutDeps> = {}): PayoutService =>
  new PayoutService({
    ...{ db, clock: systemClock, random: systemRandom, log: recordingLogger() },
    ...{ book: 'test', beforeFirstReport: 'permitted', webhook: false, overrideMaxHours: 24 },
    ...more,
  });

export interface ServiceOptions {
  readonly db: Db;
  readonly platform?: Db;
  readonly book: string;
  readonly clock?: Clock;
  readonly rates?: RateSource;
  readonly notices?: Notices;
  readonly halts?: PayoutHalts;
  readonly queryTimeoutMs?: number;
  readonly sharedTime?: () => Promise<number>;
  readonly worker?: string;
  readonly takeOverAfterMs?: number;
}

export function reconciliationOver(options: ServiceOptions): {
  readonly service: ReconciliationService;
  readonly log: ReturnType<typeof recordingLogger>;
} {
  const clock = options.clock ?? systemClock;
  const log = recordingLogger();
  const book = parseBook(options.book, 'test');
  const service = new ReconciliationService({
    db: options.db,
    files: fileReader,
    platform: options.platform ?? options.db,
    book,
    rates: options.rates ?? fixedRate('26000'),
    notices: options.notices ?? new NotificationService({ db: options.db, clock, random: systemRandom }),
    halts: options.halts ?? payoutsOver(options.db, { book: book.name, log }),
    http: createHttpClient({ clock }),
    clock,
    random: systemRandom,
    log,
    queryTimeoutMs: options.queryTimeoutMs ?? 10_000,
    ...(options.sharedTime === undefined ? {} : { sharedTime: options.sharedTime }),
    ...(options.worker === undefined ? {} : { worker: options.worker }),
    ...(options.takeOverAfterMs === undefined ? {} : { takeOverAfterMs: options.takeOverAfterMs }),
  });
  return { service, log };
}
