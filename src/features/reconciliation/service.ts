/** The daily question: can the platform pay what it owes? */
import { addDays, type BusinessDate, businessDateAt, endOfDay } from '../../kernel/business-date.ts';
import { PlumblineError } from '../../kernel/errors.ts';
import type { ReconciliationId } from '../../kernel/ids.ts';
import { type Attempt, type AttemptDeps, makeAttempt } from './attempt.ts';
import type { Book } from './book.ts';
import type { RunKind } from './kinds.ts';
import { CATCH_UP_DAYS, dueDates } from './rules.ts';
import { readClock } from './run-clock.ts';
import type { ReconciliationRow } from './store.ts';
import * as store from './store.ts';
import { closeAbandoned, intradaySince, silentDates } from './store-attempts.ts';

export interface ReconciliationDeps extends AttemptDeps {
  /** Silence after which a run is taken from its process, milliseconds; two minutes unless told. */
  readonly takeOverAfterMs?: number;
}

const TAKE_OVER_AFTER_MS = 120_000;
/** A slot finds an intraday run of the same minute made already. Milliseconds. */
const INTRADAY_SHARED_MS = 60_000;

export interface RunRequest {
  /** Today in the book's zone unless told. A date to come is refused. */
  readonly businessDate?: BusinessDate;
  /**
   * Where the date has a final report: answer with it (unless told), make one that supersedes it, or do
   * so only if it was made before the day was over.
   */
  readonly onFinal?: 'answer' | 'supersede' | 'supersede-early';
  /** Who asked, for the record. */
  readonly startedBy?: string;
}

/** What `started_by` says of the runs that nobody asked for. */
const SCHEDULE = 'schedule';

export interface IntradayRequest {
  /** Who asked, for the record. */
  readonly startedBy?: string;
}

export interface RunResult {
  readonly row: ReconciliationRow;
  /** False where a final report stood already and was answered with. */
  readonly created: boolean;
}

export class ReconciliationService {
  readonly #deps: ReconciliationDeps;

  constructor(deps: ReconciliationDeps) {
    this.#deps = deps;
  }

  get book(): Book {
    return this.#deps.book;
  }

  today(): BusinessDate {
    return businessDateAt(this.#deps.clock.now(), this.#deps.book.zone);
  }

  /**
   * One report for one business date, whoever else asks for it at the same time. A source that cannot
   * be read makes it end as `error`; that is an answer, not an exception.
   * @throws `reconciliation.date_in_future` (invalid); `reconciliation.clock_disagrees`,
   *   `reconciliation.clock_behind`, `reconciliation.fenced` (conflict)
   */
  async performDailyReconciliation(request: RunRequest = {}): Promise<RunResult> {
    const { book } = this.#deps;
    await readClock(this.#deps, request.onFinal === 'supersede');
    const businessDate = request.businessDate ?? this.today();
    if (businessDate > this.today()) {
      throw new PlumblineError(
        'invalid',
        'reconciliation.date_in_future',
        `business_date ${businessDate} has not begun in ${book.zone}; the newest that can be reconciled is ${this.today()}`,
        { faults: [{ pointer: '/business_date', message: `must be ${this.today()} or earlier` }] },
      );
    }
    return this.#exclusive(businessDate, () => this.#run(businessDate, request));
  }

  /**
   * The state of now, beside the daily reports and never one of them. Who asks while one is made, or
   * within the minute after it began, is answered with it.
   * @throws as `performDailyReconciliation`
   */
  async performIntradayReconciliation({ startedBy = 'unnamed' }: IntradayRequest = {}): Promise<RunResult> {
    const { db, book, clock } = this.#deps;
    await readClock(this.#deps, false);
    const asked = clock.now();
    return this.#exclusive('intraday', async () => {
      const young = await intradaySince(db.sql, book.name, new Date(asked - INTRADAY_SHARED_MS));
      if (young !== undefined) return { row: await this.get(young), created: false };
      const what: Attempt = { kind: 'intraday', businessDate: this.today(), startedBy };
      return { row: await makeAttempt(this.#deps, what), created: true };
    });
  }

  /** Makes the report of every date whose attempt its process has left, without waiting for a slot. */
  async takeOverSilent(signal?: AbortSignal): Promise<readonly RunResult[]> {
    const { db, book, takeOverAfterMs = TAKE_OVER_AFTER_MS } = this.#deps;
    const results: RunResult[] = [];
    for (const businessDate of await silentDates(db.sql, book.name, takeOverAfterMs / 2)) {
      if (signal?.aborted === true) break;
      results.push(await this.performDailyReconciliation({ businessDate, startedBy: SCHEDULE }));
    }
    return results;
  }

  /**
   * What a worker does at each slot: every ended date that has no report of the whole day, oldest
   * first. Ends early, between two dates, when the signal aborts.
   */
  async reconcileDueDates(signal?: AbortSignal): Promise<readonly RunResult[]> {
    const { db, book } = this.#deps;
    await readClock(this.#deps, false);
    const today = this.today();
    const finals = await store.listFinalDates(db.sql, book.name, addDays(today, -CATCH_UP_DAYS));
    const since = await store.firstScheduledDate(db.sql, book.name);
    const reports = finals.map((final) => ({
      businessDate: final.business_date,
      observedAfterEnd: this.#sawTheWholeDay(final),
    }));
    const results: RunResult[] = [];
    for (const businessDate of dueDates(today, reports, since)) {
      if (signal?.aborted === true) break;
      // Another worker may have been quicker: what it made is answered with.
      results.push(
        await this.performDailyReconciliation({ businessDate, onFinal: 'supersede-early', startedBy: SCHEDULE }),
      );
    }
    return results;
  }

  /** @throws `reconciliation.unknown` (missing) */
  async get(id: ReconciliationId): Promise<ReconciliationRow> {
    const row = await store.findById(this.#deps.db.sql, id);
    if (row === undefined) {
      throw new PlumblineError('missing', 'reconciliation.unknown', `there is no reconciliation ${id}`);
    }
    return row;
  }

  /** The final report in force for the date. @throws `reconciliation.no_report` (missing) */
  async getForDate(date: BusinessDate): Promise<ReconciliationRow> {
    const { db, book } = this.#deps;
    const row = await store.findFinal(db.sql, book.name, date);
    if (row === undefined) {
      throw new PlumblineError(
        'missing',
        'reconciliation.no_report',
        `book ${book.name} has no final report for ${date}; make one with POST /v1/reconciliations`,
      );
    }
    return row;
  }

  /** When the last report of the book that has a verdict was made. */
  async lastFinalAt(kind: RunKind = 'daily'): Promise<Date | undefined> {
    const { db, book } = this.#deps;
    return store.lastFinalAt(db.sql, book.name, kind);
  }

  /** The attempts of this book, newest first. */
  async list(page: store.PageRequest): Promise<readonly ReconciliationRow[]> {
    const { db, book } = this.#deps;
    return store.listReports(db.sql, book.name, page);
  }

  async #run(businessDate: BusinessDate, request: RunRequest): Promise<RunResult> {
    const { db, book, clock } = this.#deps;
    const final = await store.findFinal(db.sql, book.name, businessDate);
    if (final !== undefined && !this.#superseded(final, request)) {
      await closeAbandoned(db.sql, { book: book.name, kind: 'daily', businessDate }, new Date(clock.now()));
      return { row: final, created: false };
    }
    const what: Attempt = { kind: 'daily', businessDate, startedBy: request.startedBy ?? 'unnamed' };
    return { row: await makeAttempt(this.#deps, what, final), created: true };
  }

  #superseded(final: ReconciliationRow, { onFinal = 'answer' }: RunRequest): boolean {
    return onFinal === 'supersede' || (onFinal === 'supersede-early' && !this.#sawTheWholeDay(final));
  }

  #sawTheWholeDay({ business_date, observed_at }: Pick<ReconciliationRow, 'business_date' | 'observed_at'>): boolean {
    return observed_at !== null && observed_at.getTime() >= endOfDay(business_date, this.#deps.book.zone);
  }

  /** One at a time for each name; a process that stands still for too long loses its turn, and is fenced. */
  #exclusive<T>(what: string, work: () => Promise<T>): Promise<T> {
    const { db, book, takeOverAfterMs = TAKE_OVER_AFTER_MS } = this.#deps;
    return db.exclusive(`reconciliation/${book.name}/${what}`, work, { takeOverAfterMs });
  }
}
