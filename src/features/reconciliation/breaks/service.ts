/** Breaks as people meet them: listed with their age, looked at, accepted with a reason. */
import type { Clock } from '../../../kernel/clock.ts';
import { parseDecimal } from '../../../kernel/decimal.ts';
import { type Fault, PlumblineError } from '../../../kernel/errors.ts';
import type { Db } from '../../../platform/db/port.ts';
import { type BreakId, isWithin } from './rules.ts';
import * as store from './store.ts';

export interface BreaksDeps {
  readonly db: Db;
  readonly clock: Clock;
  /** Name of the book whose breaks they are. */
  readonly book: string;
}

export interface AcceptRequest {
  /** Who accepts it, for the record. */
  readonly by: string;
  readonly reason: string;
  /** Epoch milliseconds; for good unless told. */
  readonly until?: number;
  /** Decimal text in the break's currency, with its sign; what the break is now unless told. */
  readonly upTo?: string;
}

/** A break with what follows from the time of day. */
export interface BreakView {
  readonly row: store.BreakRow;
  /** An acceptance whose time is over is `open`, also before a report has said so. */
  readonly state: store.BreakState;
  /** Whole days of 24 hours from the instant of the first report that has it until now, or until it was resolved. */
  readonly ageDays: number;
}

export class Breaks {
  readonly #deps: BreaksDeps;

  constructor(deps: BreaksDeps) {
    this.#deps = deps;
  }

  /** Newest first. */
  async list(page: Omit<store.BreakPage, 'now'>): Promise<readonly BreakView[]> {
    const { db, book, clock } = this.#deps;
    const rows = await store.listBreaks(db.sql, book, { ...page, now: new Date(clock.now()) });
    return rows.map((row) => this.#view(row));
  }

  /** With what happened to it, oldest first. @throws `breaks.unknown` (missing) */
  async get(id: BreakId): Promise<BreakView & { readonly events: readonly store.BreakEventRow[] }> {
    const { db, book } = this.#deps;
    const row = await store.findBreak(db.sql, book, id);
    if (row === undefined) throw unknownBreak(id);
    return { ...this.#view(row), events: await store.listEvents(db.sql, id) };
  }

  /**
   * Somebody knows of it and why it is there. It stays a break, and no report changes its verdict for it;
   * it opens again when it grows beyond what was accepted or its time is over.
   * @throws `breaks.unknown` (missing); `breaks.resolved` (conflict);
   *   `breaks.until_past`, `breaks.up_to_less` (invalid)
   */
  async accept(id: BreakId, { by, reason, until, upTo }: AcceptRequest): Promise<BreakView> {
    const { db, book, clock } = this.#deps;
    const now = clock.now();
    if (until !== undefined && until <= now)
      throw refused('breaks.until_past', {
        pointer: '/until',
        message: `${new Date(until).toISOString()} is over; write a time to come, or leave it out to accept for good`,
      });
    return db.transaction({}, async (tx) => {
      const row = await store.lockBreak(tx, book, id);
      if (row === undefined) throw unknownBreak(id);
      if (row.state === 'resolved')
        throw new PlumblineError(
          'conflict',
          'breaks.resolved',
          `the break ${id} is resolved since ${row.resolved_as_of?.toISOString()}; there is nothing to accept`,
        );
      const most = upTo ?? row.amount;
      if (parseDecimal(most) === undefined || !isWithin(row.amount, most))
        throw refused('breaks.up_to_less', {
          pointer: '/up_to',
          message: `the break is ${row.amount} ${row.currency}, which is beyond "${most}"; write that or more of the same sign`,
        });
      const at = new Date(now);
      const end = until === undefined ? null : new Date(until);
      await store.updateAccepted(tx, id, { by, reason, at, upTo: most, until: end });
      await store.insertEvents(tx, [
        { break_id: id, event: 'accepted', at, report: null, actor: by, amount: most, until: end, reason },
      ]);
      const accepted = await store.findBreak(tx, book, id);
      if (accepted === undefined) throw unknownBreak(id);
      return this.#view(accepted);
    });
  }

  #view(row: store.BreakRow): BreakView {
    const now = this.#deps.clock.now();
    const isOver = row.state === 'accepted' && row.accepted_until !== null && row.accepted_until.getTime() <= now;
    const end = row.resolved_as_of?.getTime() ?? now;
    return {
      row,
      state: isOver ? 'open' : row.state,
      ageDays: Math.max(0, Math.floor((end - row.first_as_of.getTime()) / DAY_MS)),
    };
  }
}

const DAY_MS = 86_400_000;

const unknownBreak = (id: BreakId): PlumblineError =>
  new PlumblineError('missing', 'breaks.unknown', `there is no break ${id}; GET /v1/reconciliation-breaks lists them`);

const refused = (code: string, fault: Fault): PlumblineError =>
  new PlumblineError('invalid', code, `${fault.pointer.slice(1)}: ${fault.message}`, { faults: [fault] });
