/**
 * May payouts be made? The answer stands in the database, one row a book: it changes in the transaction of
 * the report that changes it, and every reader reads the row itself. Nothing is remembered in a process, so
 * what is committed holds for the next question, whoever asks it and however.
 */
import type { Clock, Random } from '../../kernel/clock.ts';
import { PlumblineError } from '../../kernel/errors.ts';
import { type PayoutHaltId as HaltId, newId } from '../../kernel/ids.ts';
import type { Db, Tx } from '../../platform/db/port.ts';
import type { Logger } from '../../platform/telemetry/port.ts';
import { assertApprovable, assertInForce, assertRequestable, HOUR_MS, unknownOverride } from './overrides.ts';
import { type Decision, isPermitted, judge, type Permission, type Verdict, withoutOverride } from './rules.ts';
import type { HaltRow } from './store.ts';
import * as store from './store.ts';
import { enqueueWebhook } from './store-webhooks.ts';
import { webhookBody } from './webhook.ts';

export interface PayoutDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly book: string;
  /** What holds while no report of the book has come to a verdict. */
  readonly beforeFirstReport: 'permitted' | 'halted';
  /** Whether decisions are to be sent to somebody. */
  readonly webhook: boolean;
  readonly overrideMaxHours: number;
  /** Milliseconds that a halt waits for reservations under way; 15,000 unless told, which is more than they may idle. */
  readonly holdMs?: number;
}

const HOLD_MS = 15_000;
const ITSELF = 'plumbline';

type Entry = Pick<HaltRow, 'kind' | 'subject' | 'reason'> & Partial<HaltRow>;

export class PayoutService {
  readonly #deps: PayoutDeps;

  constructor(deps: PayoutDeps) {
    this.#deps = deps;
  }

  /** Before payouts are asked about: a book without a permission has none. */
  async open(): Promise<void> {
    await this.#assure(this.#deps.db.sql, this.#deps.book);
  }

  /** One read of one row. @throws `payouts.no_permission` (missing) */
  async permission(): Promise<store.PermissionNow> {
    const { db, book } = this.#deps;
    const row = await store.readPermission(db.sql, book);
    if (row === undefined) throw noPermission(book);
    return row;
  }

  /** What was decided, newest first. */
  history(page: { readonly limit: number; readonly before?: bigint }): Promise<readonly HaltRow[]> {
    return store.listHalts(this.#deps.db.sql, this.#deps.book, page);
  }

  /**
   * What a report came to, in the transaction that ends it. A deficit waits until the reservations under way
   * have ended; those that begin later wait for its commit, and then see it.
   */
  async onVerdict(tx: Tx, verdict: Verdict): Promise<void> {
    await this.#assure(tx, verdict.book);
    if (verdict.outcome === 'error') return;
    const held = verdict.outcome === 'solvent' || (await this.#hold(tx, verdict.book));
    const before = await this.#lock(tx, verdict.book);
    const { permission, decisions } = judge(before, verdict);
    const about = { report_id: verdict.reportId, as_of: verdict.asOf, difference: verdict.difference };
    const entries = await Promise.all(
      decisions.map(async (decision) => ({
        ...(await this.#entryOf(tx, before, decision)),
        ...about,
        ...(decision.kind === 'halted' ? { unwaited: !held } : {}),
      })),
    );
    const since = permission.state === before.state ? before.since : before.now;
    await this.#decide(tx, { ...permission, since }, entries, before.now);
  }

  /** The first of two people. @throws as `assertRequestable`; `payouts.no_permission` (missing) */
  async requestOverride(
    request: { readonly reason: string; readonly hours: number },
    subject: string,
  ): Promise<HaltRow> {
    const { db, book, overrideMaxHours } = this.#deps;
    const row = await db.transaction({}, async (tx) => {
      const permission = await this.#lock(tx, book);
      assertRequestable(permission, request.hours, overrideMaxHours);
      const { now, difference, report_id, report_as_of } = permission;
      const until = new Date(now.getTime() + request.hours * HOUR_MS);
      const { reason } = request;
      return this.#decideOne(
        tx,
        permission,
        { kind: 'override_requested', subject, reason, until, difference, report_id, as_of: report_as_of },
        now,
      );
    });
    this.#announce(row);
    return row;
  }

  /** The second one, for the hours that were asked for, from now. @throws as `assertApprovable`; `payouts.override_unknown` (missing) */
  async approveOverride(id: HaltId, subject: string): Promise<HaltRow> {
    const row = await this.#onOverride(id, async (tx, permission, request, outcome) => {
      const { now } = permission;
      assertApprovable(permission, request, outcome, subject, now);
      const asked = (request.until?.getTime() ?? 0) - request.at.getTime();
      const until = new Date(now.getTime() + asked);
      const replaced = permission.override_id;
      const ended = {
        kind: 'override_ended',
        overrideId: replaced,
        reason: `the override ${id} took its place`,
      } as const;
      const entry: Entry = { kind: 'override_approved', subject, reason: request.reason, until, ...of(request) };
      const rows = await this.#decide(
        tx,
        { ...permission, override_id: id, override_until: until, override_difference: request.difference },
        [
          ...(ended.overrideId === null
            ? []
            : [await this.#entryOf(tx, permission, { ...ended, overrideId: ended.overrideId })]),
          entry,
        ],
        now,
      );
      return last(rows);
    });
    this.#announce(row);
    return row;
  }

  /** One person is enough to halt again. @throws `payouts.override_settled` (conflict), `payouts.override_unknown` (missing) */
  async endOverride(id: HaltId, reason: string, subject: string): Promise<HaltRow> {
    const row = await this.#onOverride(
      id,
      (tx, permission, request, outcome) => {
        assertInForce(permission, request, outcome);
        const entry: Entry = { kind: 'override_ended', subject, reason, ...of(request) };
        return this.#decideOne(tx, withoutOverride(permission), entry, permission.now);
      },
      { hold: true },
    );
    this.#announce(row);
    return row;
  }

  /** Writes down that an override is over. It was over before: its time is compared wherever it is asked for. */
  async endExpired(): Promise<void> {
    const { db, book } = this.#deps;
    const seen = await store.readPermission(db.sql, book);
    if (seen === undefined || !isExpired(seen, seen.now)) return;
    const row = await db.transaction({}, async (tx) => {
      const permission = await this.#lock(tx, book);
      if (!isExpired(permission, permission.now) || permission.override_id === null) return undefined;
      const request = await this.#request(tx, permission.override_id);
      const entry: Entry = { kind: 'override_ended', subject: ITSELF, reason: 'its time is over', ...of(request) };
      return this.#decideOne(tx, withoutOverride(permission), entry, permission.now);
    });
    if (row !== undefined) this.#announce(row);
  }

  async #onOverride(
    id: HaltId,
    act: (tx: Tx, permission: store.PermissionNow, request: HaltRow, outcome: HaltRow | undefined) => Promise<HaltRow>,
    { hold = false } = {},
  ): Promise<HaltRow> {
    const { db, book } = this.#deps;
    return db.transaction({}, async (tx) => {
      if (hold) await this.#hold(tx, book);
      const permission = await this.#lock(tx, book);
      const request = await this.#request(tx, id);
      return act(tx, permission, request, await store.findOutcome(tx, id));
    });
  }

  async #request(tx: Tx, id: HaltId): Promise<HaltRow> {
    const halt = await store.findHalt(tx, this.#deps.book, id);
    if (halt?.kind !== 'override_requested') throw unknownOverride(id);
    return halt;
  }

  async #hold(tx: Tx, book: string): Promise<boolean> {
    const { holdMs = HOLD_MS, log } = this.#deps;
    const held = await store.holdReservations(tx, book, holdMs);
    if (!held) {
      log.error(
        { code: 'payouts.reservations_under_way', book },
        `reservations of payouts are under way for more than ${holdMs} ms; the halt does not wait for them any longer`,
      );
    }
    return held;
  }

  #assure(db: Parameters<typeof store.assurePermission>[0], book: string): Promise<void> {
    const state = this.#deps.beforeFirstReport;
    return store.assurePermission(db, book, {
      state,
      reason: `no report has come to a verdict yet: ${state} until then`,
    });
  }

  async #lock(tx: Tx, book: string): Promise<store.PermissionNow> {
    const permission = await store.lockPermission(tx, book);
    if (permission === undefined) throw noPermission(book);
    return permission;
  }

  async #entryOf(tx: Tx, { book }: Permission, decision: Decision): Promise<Entry> {
    const { kind, reason } = decision;
    if (decision.kind !== 'override_ended') return { kind, reason, subject: ITSELF };
    const request = await store.findHalt(tx, book, decision.overrideId);
    if (request === undefined) throw unknownOverride(decision.overrideId);
    return { kind, reason, subject: ITSELF, ...of(request) };
  }

  async #decideOne(tx: Tx, permission: store.PermissionNow, entry: Entry, at: Date): Promise<HaltRow> {
    return last(await this.#decide(tx, permission, [entry], at));
  }

  /** The permission, a row of the history for each decision, and what is to be sent about it. */
  async #decide(tx: Tx, after: Permission, entries: readonly Entry[], at: Date): Promise<readonly HaltRow[]> {
    const { clock, random, webhook } = this.#deps;
    const { now: _, ...permission }: Permission & { readonly now?: Date } = after;
    const rows = entries.map(
      (entry, index): HaltRow => ({
        ...EMPTY,
        ...entry,
        id: newId<'payout-halt'>(clock, random),
        book: permission.book,
        version: permission.version + BigInt(index + 1),
        at,
      }),
    );
    const version = permission.version + BigInt(rows.length);
    const decided = { ...permission, version };
    await store.savePermission(tx, decided);
    for (const row of rows) {
      await store.insertHalt(tx, row);
      if (webhook) await enqueueWebhook(tx, row.id, webhookBody(row, decided, isPermitted(decided, at)), at);
    }
    return rows;
  }

  #announce(row: HaltRow): void {
    const { log } = this.#deps;
    const fields = { code: `payouts.${row.kind}`, book: row.book, id: row.id, subject: row.subject, until: row.until };
    log.warn(fields, `payouts of book ${row.book}: ${row.kind.replace('_', ' ')} by ${row.subject}: ${row.reason}`);
  }
}

const EMPTY = {
  report_id: null,
  as_of: null,
  difference: null,
  override_id: null,
  requested_by: null,
  until: null,
  unwaited: false,
} as const;

function last(rows: readonly HaltRow[]): HaltRow {
  const row = rows.at(-1);
  if (row === undefined) throw new TypeError('a decision without its row');
  return row;
}

const of = (request: HaltRow) => ({ override_id: request.id, requested_by: request.subject });

const isExpired = ({ override_until }: Permission, now: Date): boolean =>
  override_until !== null && override_until.getTime() <= now.getTime();

const noPermission = (book: string): PlumblineError =>
  new PlumblineError(
    'missing',
    'payouts.no_permission',
    `book ${book} has no payout permission, so its payouts are halted; a service of this book makes it when it starts`,
  );
