/**
 * The watch over runs that did not happen. It shares nothing with what makes them: every process that
 * serves has one, on a plain timer, and it asks the tables what is there. A dead queue, a dead worker
 * or a schedule that was never started are all the same to it.
 */
import { addDays, type BusinessDate, businessDateAt, endOfDay } from '../../kernel/business-date.ts';
import type { Clock } from '../../kernel/clock.ts';
import { Loop } from '../../platform/clock/loop.ts';
import type { Db } from '../../platform/db/port.ts';
import type { Logger } from '../../platform/telemetry/port.ts';
import { missingNotice, resumedNotice } from './notices.ts';
import type { Notices } from './ports.ts';
import { firstScheduledDate, listFinalDates } from './store.ts';
import {
  insertMissing,
  lastIntradayAt,
  type MissingRun,
  openMissing,
  raisedDates,
  resolveMissing,
  watchedSince,
} from './store-watch.ts';
import { isGap, overdueDates, WATCH_DAYS } from './watch-rules.ts';

export interface WatchdogDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly notices: Notices;
  readonly log: Logger;
  readonly book: { readonly name: string; readonly zone: string };
  /** How long after its end a date may be without its final report, milliseconds. */
  readonly dailyBoundMs: number;
  /** How long there may be no intraday run, milliseconds; undefined where there are none. */
  readonly intradayBoundMs: number | undefined;
  /** The clock that all processes share, epoch milliseconds; this process's own unless told. */
  readonly sharedTime?: () => Promise<number>;
}

/** Milliseconds between two looks. */
const LOOK_MS = 60_000;
/** A watch that sees nothing says so again this often, milliseconds. */
const COMPLAINT_MS = 3_600_000;

export class Watchdog {
  readonly #deps: WatchdogDeps;
  readonly #loop: Loop;
  #complainedAt = Number.NEGATIVE_INFINITY;

  constructor(deps: WatchdogDeps) {
    this.#deps = deps;
    this.#loop = new Loop(deps.clock, async () => {
      await this.#watch();
      return LOOK_MS;
    });
  }

  start(): void {
    this.#loop.start();
  }

  /** Ends after the look that is under way. */
  stop(): Promise<void> {
    return this.#loop.stop();
  }

  /** One look: raises what is overdue and was not raised, resolves what has come. */
  async look(): Promise<void> {
    const { db, book, clock, sharedTime, intradayBoundMs } = this.#deps;
    const now = (await sharedTime?.()) ?? clock.now();
    const since = await watchedSince(db.sql, book.name, new Date(now));
    const overdue = await this.#overdueDaily(now, since);
    const gap = intradayBoundMs === undefined ? undefined : await this.#intradayGap(now, since, intradayBoundMs);
    const missing: readonly MissingRun[] = [
      ...overdue.map((subject) => ({ kind: 'daily' as const, subject })),
      ...(gap === undefined ? [] : [gap]),
    ];
    const keys = new Set(missing.map(keyOf));
    const open = await openMissing(db.sql, book.name);
    for (const run of open) if (!keys.has(keyOf(run))) await this.#resolve(run, now);
    const isOpen = new Set(open.map(keyOf));
    const raised = await raisedDates(db.sql, book.name, overdue[0] ?? businessDateAt(now, book.zone));
    for (const run of missing) {
      if (!isOpen.has(keyOf(run)) && !(run.kind === 'daily' && raised.has(run.subject))) await this.#raise(run, now);
    }
  }

  /** What is missing now. @throws where the database does not answer: then nobody knows */
  missing(): Promise<readonly (MissingRun & { readonly raisedAt: Date })[]> {
    const { db, book } = this.#deps;
    return openMissing(db.sql, book.name);
  }

  async #watch(): Promise<void> {
    const { clock, log } = this.#deps;
    try {
      await this.look();
      this.#complainedAt = Number.NEGATIVE_INFINITY;
    } catch (error) {
      // It is blind, and so cannot write an incident either: the log and the age in /metrics are what is left.
      if (clock.monotonic() - this.#complainedAt < COMPLAINT_MS) return;
      this.#complainedAt = clock.monotonic();
      log.error({ code: 'reconciliation.unwatched', err: error }, 'nobody can see whether reports are missing');
    }
  }

  async #overdueDaily(now: number, since: Date): Promise<readonly BusinessDate[]> {
    const { db, book, dailyBoundMs: boundMs } = this.#deps;
    const { name, zone } = book;
    const watched = businessDateAt(since.getTime(), zone);
    const scheduled = await firstScheduledDate(db.sql, name);
    const owedFrom = scheduled !== undefined && scheduled < watched ? scheduled : watched;
    const finals = await listFinalDates(db.sql, name, addDays(businessDateAt(now, zone), -WATCH_DAYS));
    const reported = new Set(
      finals
        .filter(({ business_date, observed_at }) => (observed_at?.getTime() ?? 0) >= endOfDay(business_date, zone))
        .map(({ business_date }) => business_date),
    );
    return overdueDates({ zone, now, boundMs, owedFrom, reported });
  }

  async #intradayGap(now: number, since: Date, boundMs: number): Promise<MissingRun | undefined> {
    const { db, book } = this.#deps;
    const last = (await lastIntradayAt(db.sql, book.name)) ?? since;
    return isGap(last.getTime(), now, boundMs) ? { kind: 'intraday', subject: last.toISOString() } : undefined;
  }

  async #raise(run: MissingRun, now: number): Promise<void> {
    const { db, book, notices, log } = this.#deps;
    const alert = missingNotice(book.name, run, this.#headline(run));
    const isMine = await db.transaction({}, async (tx) => {
      if (!(await insertMissing(tx, book.name, run, new Date(now)))) return false;
      await notices.raise(tx, alert);
      return true;
    });
    if (!isMine) return;
    log.fatal({ code: alert.event, book: book.name, kind: run.kind, subject: run.subject }, alert.message);
    await notices.told(alert);
  }

  async #resolve(run: MissingRun, now: number): Promise<void> {
    const { db, book, notices, log } = this.#deps;
    const alert = resumedNotice(book.name, run);
    const isMine = await db.transaction({}, async (tx) => {
      if (!(await resolveMissing(tx, book.name, run, new Date(now)))) return false;
      await notices.raise(tx, alert);
      return true;
    });
    if (!isMine) return;
    log.info({ code: alert.event, book: book.name, kind: run.kind, subject: run.subject }, alert.message);
    await notices.told(alert);
  }

  #headline({ kind, subject }: MissingRun): string {
    const { book, dailyBoundMs, intradayBoundMs = 0 } = this.#deps;
    const hours = (ms: number): string => `${Math.round(ms / 360_000) / 10} h`;
    return kind === 'daily'
      ? `book ${book.name} has no final report of ${subject}, ${hours(dailyBoundMs)} after the end of that date: look at the workers, then run plumbline reconcile run --date ${subject}`
      : `book ${book.name} has had no intraday run since ${subject}, longer than ${hours(intradayBoundMs)}: look at the workers`;
  }
}

const keyOf = ({ kind, subject }: MissingRun): string => `${kind}/${subject}`;
