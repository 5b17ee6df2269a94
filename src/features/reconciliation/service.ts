/** The daily question: can the platform pay what it owes? */
import { addDays, type BusinessDate, businessDateAt, endOfDay } from '../../kernel/business-date.ts';
import type { Random } from '../../kernel/clock.ts';
import { isPlumblineError, messageOf, PlumblineError } from '../../kernel/errors.ts';
import { newId, type ReconciliationId } from '../../kernel/ids.ts';
import { formatMoney } from '../../kernel/money.ts';
import { printable } from '../../kernel/text.ts';
import { isUniqueViolation } from '../../platform/db/errors.ts';
import type { Db, Tx } from '../../platform/db/port.ts';
import type { Logger } from '../../platform/telemetry/port.ts';
import { alarmOf, solvencyAlert } from './alerts.ts';
import type { Book } from './book.ts';
import { breakAlert } from './breaks/alert.ts';
import { recordBreaks } from './breaks/record.ts';
import { recordEvidence } from './evidence/record.ts';
import { withHeartbeat } from './heartbeat.ts';
import type { RunKind } from './kinds.ts';
import { type Observation, type ObserveDeps, type ObserveRequest, observe } from './observe.ts';
import { quotesAtCut } from './pinned-quote.ts';
import type { Alert, Alerts, AsOf, PayoutHalts, PayoutVerdict } from './ports.ts';
import type { BuiltProof, ProofOfLiabilities } from './proof/service.ts';
import { makeReport, type Report } from './report.ts';
import { amountText, CATCH_UP_DAYS, dueDates } from './rules.ts';
import { assertClock } from './run-clock.ts';
import type { ReconciliationRow } from './store.ts';
import * as store from './store.ts';
import {
  beat,
  boundIdleTime,
  closeAbandoned,
  firstOfStreak,
  intradaySince,
  newestAttemptAt,
  silentDates,
} from './store-attempts.ts';

export interface ReconciliationDeps extends ObserveDeps {
  /** Plumbline's own database: reports are written here. The book's queries run on `platform`. */
  readonly db: Db;
  readonly alerts: Alerts;
  readonly halts: PayoutHalts;
  /** Where merchants are given proofs that they were counted. */
  readonly proofs?: Pick<ProofOfLiabilities, 'build' | 'record'> | undefined;
  readonly random: Random;
  readonly log: Logger;
  readonly onEnded?: (row: ReconciliationRow) => void;
  /** The clock that all processes share, epoch milliseconds; a process that disagrees makes no report. */
  readonly sharedTime?: () => Promise<number>;
  /** This process, `host:pid`, for the record. */
  readonly worker?: string;
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

/** What refuses a second final report of a date. */
const ONE_FINAL = ['reconciliation_logs_one_final', 'reconciliation_logs_supersedes_key'];

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
    await this.#assertClock(request.onFinal === 'supersede');
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
    await this.#assertClock(false);
    const asked = clock.now();
    return this.#exclusive('intraday', async () => {
      const young = await intradaySince(db.sql, book.name, new Date(asked - INTRADAY_SHARED_MS));
      if (young !== undefined) return { row: await this.get(young), created: false };
      return this.#attempt({ kind: 'intraday', businessDate: this.today(), startedBy });
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
    await this.#assertClock(false);
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
    return this.#attempt({ kind: 'daily', businessDate, startedBy: request.startedBy ?? 'unnamed' }, final);
  }

  /** One attempt from its first row to its last, by the holder of the lock. */
  async #attempt(what: Attempt, final?: ReconciliationRow): Promise<RunResult> {
    const { db, book, clock, random, worker = null } = this.#deps;
    const { businessDate } = what;
    const startedAt = new Date(await this.#assertClock(true));
    const id: ReconciliationId = newId<'reconciliation'>(clock, random);
    const attempt = await db.transaction({}, async (tx) => {
      await boundIdleTime(tx);
      const opened = await store.startAttempt(tx, {
        ...what,
        id,
        worker,
        book: book.name,
        tolerance: formatMoney(book.tolerance),
        startedAt,
      });
      await beat(tx, id);
      return opened;
    });
    const pinned = quotesAtCut(final?.report ?? null);
    let proof: BuiltProof | undefined;
    const within = async (tx: Tx, asOf: AsOf): Promise<void> => {
      proof = what.kind === 'daily' ? await this.#prove(tx, { id, businessDate, asOf }) : undefined;
    };
    const outcome = await withHeartbeat({ sql: db.sql, clock }, id, () =>
      this.#observe({ businessDate, pinned, within }),
    );
    const endedAt = new Date(await this.#assertClock(true)); // refused: the attempt stays open, and is taken over
    const fenced = (): PlumblineError =>
      new PlumblineError(
        'conflict',
        'reconciliation.fenced',
        `attempt ${attempt} at ${book.name} ${businessDate} was taken for abandoned while it ran; its result is dropped`,
      );
    const ending = db.transaction({}, async (tx) => {
      await boundIdleTime(tx);
      const ended = await store.endAttempt(tx, id, endOf(outcome, final?.id ?? null, endedAt));
      if (ended === undefined) {
        throw fenced();
      }
      if (outcome.kind === 'report' && ended.kind === 'daily')
        await recordEvidence(tx, ended, book, outcome.observation);
      if (proof !== undefined && ended.difference_vnd !== null)
        await this.#deps.proofs?.record(tx, proof, { ratesHash: null, reportHash: ended.report_hash });
      const raised = await this.#alert(tx, ended);
      const truth = outcome.kind === 'report' ? outcome.report.truth : undefined;
      const found = breakAlert(ended, await recordBreaks(tx, { random, book, row: ended, truth }));
      if (found !== undefined) await this.#deps.alerts.raise(tx, found);
      // Last, for a halt waits for the payouts that are being reserved.
      await this.#deps.halts.onVerdict(tx, this.#payoutVerdict(ended));
      return { row: ended, alert: raised, breaks: found };
    });
    const { row, alert, breaks } = await ending.catch((error: unknown) => {
      // It lost its lock before it opened its attempt, and the date has had its report since.
      throw ONE_FINAL.some((constraint) => isUniqueViolation(error, constraint)) ? fenced() : error;
    });
    await this.#announce(row, alert);
    if (breaks !== undefined) await this.#tell(breaks);
    return { row, created: true };
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

  /**
   * @param byHand somebody makes a report anew, knowing what the clock said before
   * @returns the instant that was found right, epoch milliseconds: what is written down is this one, for
   *   a clock may be set the moment after
   */
  async #assertClock(byHand: boolean): Promise<number> {
    const { db, book, clock, sharedTime } = this.#deps;
    const shared = await sharedTime?.();
    const newest = byHand ? undefined : await newestAttemptAt(db.sql, book.name);
    const own = clock.now();
    assertClock({ own, shared, newestAttempt: newest?.getTime() });
    return own;
  }

  /** In the snapshot of the readings. Balances that no tree can be made of cost the proof, not the verdict. */
  async #prove(
    tx: Tx,
    {
      id,
      businessDate,
      asOf,
    }: { readonly id: ReconciliationId; readonly businessDate: BusinessDate; readonly asOf: AsOf },
  ): Promise<BuiltProof | undefined> {
    const { book, platform, proofs, log } = this.#deps;
    if (proofs === undefined || book.merchants === undefined) return undefined;
    try {
      return await proofs.build(platform, tx, {
        ...{ reportId: id, book: book.name, businessDate, currency: book.currency, query: book.merchants.sql },
        cut: asOf.basis === 'cut' ? new Date(asOf.instant) : undefined,
      });
    } catch (error) {
      if (!isPlumblineError(error) || error.kind !== 'invalid') throw error;
      log.error({ code: 'reconciliation.proof_missing', id, err: error }, 'no proof of liabilities could be made');
      return undefined;
    }
  }

  async #observe(request: ObserveRequest): Promise<Outcome> {
    try {
      const observation = await observe(this.#deps, request);
      // The clock may have been set while the lines were read: what it said of the snapshot is not worth a report.
      await this.#assertClock(true);
      return { kind: 'report', report: makeReport(this.#deps.book, observation), observation };
    } catch (error) {
      // An attempt that could not look at all is an attempt, too: it is recorded, and it alerts.
      this.#deps.log.error({ code: 'reconciliation.unobservable', err: error }, 'the books could not be read');
      return { kind: 'failed', reason: printable(messageOf(error)) };
    }
  }

  async #alert(tx: Tx, row: ReconciliationRow): Promise<RaisedAlert | undefined> {
    if (!row.alert_triggered) return undefined;
    const alarm = alarmOf(row);
    // A hole that intraday runs see every few minutes is told once, when the first of them sees it.
    const first = row.kind === 'daily' ? row.id : await firstOfStreak(tx, { id: row.id, book: row.book, alarm });
    const alert = solvencyAlert(row, first, this.#headline(row));
    await this.#deps.alerts.raise(tx, alert);
    return { key: alert.key, isNew: first === row.id };
  }

  #payoutVerdict(row: ReconciliationRow): PayoutVerdict {
    const about = { reportId: row.id, book: row.book, reason: this.#headline(row) };
    if (row.difference_vnd === null || row.observed_at === null) return { ...about, outcome: 'error' };
    return {
      ...about,
      outcome: row.status === 'deficit' || row.solvent === false ? 'deficit' : 'solvent',
      asOf: row.as_of ?? row.observed_at,
      observedAt: row.observed_at,
      difference:
        row.status !== 'deficit' && row.solvent === false
          ? (row.net_low_vnd ?? row.difference_vnd)
          : row.difference_vnd,
      tolerance: row.tolerance_vnd,
    };
  }

  /** After the commit, so that the log never tells of a report that does not exist. */
  async #announce(row: ReconciliationRow, alert: RaisedAlert | undefined): Promise<void> {
    const { log } = this.#deps;
    const fields = {
      code: `reconciliation.${row.status}`,
      id: row.id,
      book: row.book,
      kind: row.kind,
      business_date: row.business_date,
      attempt: row.attempt,
      difference_vnd: row.difference_vnd,
    };
    if (alert?.isNew === false) log.warn(fields, this.#headline(row));
    else if (row.status === 'deficit' || row.solvent === false) log.fatal(fields, this.#headline(row));
    else if (row.status === 'error') log.error({ ...fields, error_message: row.error_message }, this.#headline(row));
    else log.info(fields, this.#headline(row));
    this.#deps.onEnded?.(row);
    if (alert?.isNew === true) await this.#receipt(alert);
  }

  async #tell(alert: Alert): Promise<void> {
    const fields = { code: alert.event, key: alert.key };
    if (alert.severity === 'critical') this.#deps.log.fatal(fields, alert.message);
    else this.#deps.log.warn(fields, alert.message);
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
  #headline({ book, kind, business_date, status, difference_vnd, error_message, ...row }: ReconciliationRow): string {
    const of = `book ${book}, ${business_date}${kind === 'daily' ? '' : ', intraday'}`;
    if (status === 'error') return `reconciliation of ${of} has no verdict: ${error_message}`;
    const difference = `assets less liabilities is ${difference_vnd} ${this.#deps.book.currency.code}`;
    if (status !== 'deficit' && row.solvent === false) {
      return `CRITICAL: not solvent, ${of}: observed assets less liabilities is ${row.net_low_vnd} ${this.#deps.book.currency.code}, though the formula says ${status}`;
    }
    return status === 'deficit' ? `CRITICAL: deficit, ${of}: ${difference}` : `${status}, ${of}: ${difference}`;
  }
}

interface Attempt {
  readonly kind: RunKind;
  readonly businessDate: BusinessDate;
  readonly startedBy: string;
}

interface RaisedAlert {
  readonly key: string;
  /** False where an earlier intraday run told of the same already. */
  readonly isNew: boolean;
}

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
