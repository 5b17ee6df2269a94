/** The daily question: can the platform pay what it owes? */
import { addDays, type BusinessDate, businessDateAt, endOfDay } from '../../kernel/business-date.ts';
import type { Random } from '../../kernel/clock.ts';
import { messageOf, PlumblineError } from '../../kernel/errors.ts';
import { newId, type ReconciliationId } from '../../kernel/ids.ts';
import { formatMoney } from '../../kernel/money.ts';
import { printable } from '../../kernel/text.ts';
import type { Db, Tx } from '../../platform/db/port.ts';
import type { Logger } from '../../platform/telemetry/port.ts';
import type { Book } from './book.ts';
import { breakAlert } from './breaks/alert.ts';
import { recordBreaks } from './breaks/record.ts';
import { type Observation, type ObserveDeps, observe } from './observe.ts';
import { quotesAtCut } from './pinned-quote.ts';
import type { Alert, Alerts } from './ports.ts';
import { makeReport, type Report } from './report.ts';
import { amountText, CATCH_UP_DAYS, dueDates } from './rules.ts';
import type { ReconciliationRow } from './store.ts';
import * as store from './store.ts';

export interface ReconciliationDeps extends ObserveDeps {
  /** Plumbline's own database: reports are written here. The book's queries run on `platform`. */
  readonly db: Db;
  readonly alerts: Alerts;
  readonly random: Random;
  readonly log: Logger;
  readonly onEnded?: (row: ReconciliationRow) => void;
}

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
   * @throws `reconciliation.date_in_future` (invalid)
   */
  async performDailyReconciliation(request: RunRequest = {}): Promise<RunResult> {
    const { db, book } = this.#deps;
    const businessDate = request.businessDate ?? this.today();
    if (businessDate > this.today()) {
      throw new PlumblineError(
        'invalid',
        'reconciliation.date_in_future',
        `business_date ${businessDate} has not begun in ${book.zone}; the newest that can be reconciled is ${this.today()}`,
        { faults: [{ pointer: '/business_date', message: `must be ${this.today()} or earlier` }] },
      );
    }
    return db.exclusive(`reconciliation/${book.name}/${businessDate}`, () => this.#run(businessDate, request));
  }

  /**
   * What a worker does at each slot: every ended date that has no report of the whole day, oldest
   * first. Ends early, between two dates, when the signal aborts.
   */
  async reconcileDueDates(signal?: AbortSignal): Promise<readonly RunResult[]> {
    const { db, book } = this.#deps;
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

  /** When the last final report of the book was made. */
  async lastFinalAt(): Promise<Date | undefined> {
    const { db, book } = this.#deps;
    return store.lastFinalAt(db.sql, book.name);
  }

  /** The attempts of this book, newest first. */
  async list(page: store.PageRequest): Promise<readonly ReconciliationRow[]> {
    const { db, book } = this.#deps;
    return store.listReports(db.sql, book.name, page);
  }

  async #run(businessDate: BusinessDate, request: RunRequest): Promise<RunResult> {
    const { db, book, clock, random } = this.#deps;
    const final = await store.findFinal(db.sql, book.name, businessDate);
    if (final !== undefined && !this.#superseded(final, request)) return { row: final, created: false };

    const id: ReconciliationId = newId<'reconciliation'>(clock, random);
    const attempt = await db.transaction({}, (tx) =>
      store.startAttempt(tx, {
        id,
        book: book.name,
        businessDate,
        startedBy: request.startedBy ?? 'unnamed',
        tolerance: formatMoney(book.tolerance),
        startedAt: new Date(clock.now()),
      }),
    );
    const outcome = await this.#observe(businessDate, final);
    const { row, found } = await db.transaction({}, async (tx) => {
      const ended = await store.endAttempt(tx, id, endOf(outcome, final?.id ?? null, new Date(clock.now())));
      if (ended === undefined) {
        throw new PlumblineError(
          'conflict',
          'reconciliation.fenced',
          `attempt ${attempt} at ${book.name} ${businessDate} was taken for abandoned while it ran; its result is dropped`,
        );
      }
      const truth = outcome.kind === 'report' ? outcome.report.truth : undefined;
      const found = breakAlert(ended, await recordBreaks(tx, { random, book, row: ended, truth }));
      if (found !== undefined) await this.#deps.alerts.raise(tx, found);
      await this.#alert(tx, ended);
      return { row: ended, found };
    });
    await this.#announce(row);
    if (found !== undefined) await this.#tell(found);
    return { row, created: true };
  }

  #superseded(final: ReconciliationRow, { onFinal = 'answer' }: RunRequest): boolean {
    return onFinal === 'supersede' || (onFinal === 'supersede-early' && !this.#sawTheWholeDay(final));
  }

  #sawTheWholeDay({ business_date, observed_at }: Pick<ReconciliationRow, 'business_date' | 'observed_at'>): boolean {
    return observed_at !== null && observed_at.getTime() >= endOfDay(business_date, this.#deps.book.zone);
  }

  async #observe(businessDate: BusinessDate, final: ReconciliationRow | undefined): Promise<Outcome> {
    try {
      const observation = await observe(this.#deps, { businessDate, pinned: quotesAtCut(final?.report ?? null) });
      return { kind: 'report', report: makeReport(this.#deps.book, observation), observation };
    } catch (error) {
      // An attempt that could not look at all is an attempt, too: it is recorded, and it alerts.
      this.#deps.log.error({ code: 'reconciliation.unobservable', err: error }, 'the books could not be read');
      return { kind: 'failed', reason: printable(messageOf(error)) };
    }
  }

  async #alert(tx: Tx, row: ReconciliationRow): Promise<void> {
    if (!row.alert_triggered) return;
    await this.#deps.alerts.raise(tx, {
      key: alertKey(row),
      event: row.status === 'error' ? 'solvency.error' : 'solvency.deficit',
      severity: 'critical',
      message: this.#headline(row),
      payload: {
        reconciliation_id: row.id,
        book: row.book,
        business_date: row.business_date,
        difference_vnd: row.difference_vnd,
        solvent: row.solvent,
        net_low_vnd: row.net_low_vnd,
        error_message: row.error_message,
      },
    });
  }

  /** After the commit, so that the log never tells of a report that does not exist. */
  async #announce(row: ReconciliationRow): Promise<void> {
    const { log } = this.#deps;
    const fields = {
      code: `reconciliation.${row.status}`,
      id: row.id,
      book: row.book,
      business_date: row.business_date,
      attempt: row.attempt,
      difference_vnd: row.difference_vnd,
    };
    if (row.status === 'deficit' || row.solvent === false) log.fatal(fields, this.#headline(row));
    else if (row.status === 'error') log.error({ ...fields, error_message: row.error_message }, this.#headline(row));
    else log.info(fields, this.#headline(row));
    this.#deps.onEnded?.(row);
    if (row.alert_triggered) await this.#receipt({ key: alertKey(row) });
  }

  async #tell(alert: Alert): Promise<void> {
    const { log } = this.#deps;
    const fields = { code: alert.event, key: alert.key };
    if (alert.severity === 'critical') log.fatal(fields, alert.message);
    else log.warn(fields, alert.message);
    await this.#receipt(alert);
  }

  async #receipt({ key }: Pick<Alert, 'key'>): Promise<void> {
    try {
      await this.#deps.alerts.told({ key });
    } catch (error) {
      // The line is written; that its row still says `pending` errs on the side of telling twice.
      this.#deps.log.warn(
        { code: 'reconciliation.receipt_missing', key, err: error },
        'the alert could not be marked as told',
      );
    }
  }

  /** One line for a log, a page or a phone. */
  #headline({ book, business_date, status, difference_vnd, error_message, ...row }: ReconciliationRow): string {
    const of = `book ${book}, ${business_date}`;
    if (status === 'error') return `reconciliation of ${of} has no verdict: ${error_message}`;
    const difference = `assets less liabilities is ${difference_vnd} ${this.#deps.book.currency.code}`;
    if (status !== 'deficit' && row.solvent === false) {
      return `CRITICAL: not solvent, ${of}: observed assets less liabilities is ${row.net_low_vnd} ${this.#deps.book.currency.code}, though the formula says ${status}`;
    }
    return status === 'deficit' ? `CRITICAL: deficit, ${of}: ${difference}` : `${status}, ${of}: ${difference}`;
  }
}

const alertKey = ({ status, id }: ReconciliationRow): string => `solvency.${status}/${id}`;

type Outcome =
  | { readonly kind: 'report'; readonly report: Report; readonly observation: Observation }
  | { readonly kind: 'failed'; readonly reason: string };

/** What an outcome writes over the open attempt: final amounts, or none at all and a reason. */
function endOf(outcome: Outcome, supersedes: ReconciliationId | null, reconciledAt: Date): store.End {
  const report = outcome.kind === 'report' ? outcome.report : undefined;
  const final = report?.verdict.kind === 'final' ? report.verdict : undefined;
  const truth = report?.truth?.verdict.kind === 'known' && final !== undefined ? report.truth.verdict : undefined;
  return {
    status: final?.status ?? 'error',
    supersedes: final === undefined ? null : supersedes,
    totalAssets: amountText(final?.assets),
    totalLiabilities: amountText(final?.liabilities),
    difference: amountText(final?.difference),
    assetBreakdown: report?.assetBreakdown ?? null,
    report: report?.body ?? null,
    reportHash: report?.hash ?? null,
    alertTriggered: final === undefined || final.status === 'deficit' || truth?.solvent === false,
    truth: {
      solvent: truth?.solvent ?? null,
      explained: truth?.explained ?? null,
      netLow: amountText(truth?.net.low),
      netHigh: amountText(truth?.net.high),
      unexplained: amountText(truth?.unexplained),
    },
    errorMessage:
      final === undefined ? (report?.unknown.join('; ') ?? (outcome.kind === 'failed' ? outcome.reason : '')) : null,
    observation: outcome.kind === 'report' ? outcome.observation : null,
    reconciledAt,
  };
}
