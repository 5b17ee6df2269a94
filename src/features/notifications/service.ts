/**
 * Somebody is to be told something. What is written here is written in the transaction of the fact
 * itself: no deficit without its row, and no row without its deficit.
 */
import type { Clock, Random } from '../../kernel/clock.ts';
import { newId } from '../../kernel/ids.ts';
import type { Notice } from '../../kernel/notice.ts';
import type { Db, Tx } from '../../platform/db/port.ts';
import { deadLetter } from './notices.ts';
import type { Incidents } from './ports.ts';
import { insertNotification, insertReceipt, markSent } from './store.ts';

/** Of a report, a receipt says for good that its alarm was raised. */
export interface ReportNotice extends Notice {
  readonly report?: string;
}

/** If its process has not written the line of an alarm by then, somebody else does. Milliseconds. */
const LINE_DUE_MS = 60_000;

export class NotificationService {
  readonly #db: Db;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #incidents: Incidents | undefined;

  /** @param deps.incidents who pages people; without, the log is the one channel */
  constructor(deps: {
    readonly db: Db;
    readonly clock: Clock;
    readonly random: Random;
    readonly incidents?: Incidents;
  }) {
    this.#db = deps.db;
    this.#clock = deps.clock;
    this.#random = deps.random;
    this.#incidents = deps.incidents;
  }

  /** The line of the operators' log that follows the commit, and the incident whose pages are sent. */
  async raise(tx: Tx, notice: ReportNotice): Promise<void> {
    const id = newId<'notification'>(this.#clock, this.#random);
    const now = this.#clock.now();
    await insertNotification(tx, {
      id,
      event_key: logKey(notice.key),
      channel: 'log',
      event_type: notice.event,
      severity: notice.severity,
      recipient: 'operations',
      message: notice.message,
      payload: notice.payload,
      status: 'pending',
      message_id: id,
      next_retry_at: new Date(now + LINE_DUE_MS),
      created_at: new Date(now),
      sent_at: null,
    });
    if (notice.report !== undefined)
      await insertReceipt(tx, {
        subjectId: notice.report,
        event: notice.event,
        key: logKey(notice.key),
        at: new Date(now),
      });
    await this.#incidents?.raise(tx, notice);
  }

  /** Each try is a row of its own: none is written over by the next. */
  async attempted(tx: Tx, attempt: Attempt): Promise<void> {
    const { key, event, severity, message, channel, recipient, outcome, retries, nextRetryAt } = attempt;
    const now = new Date(this.#clock.now());
    await insertNotification(tx, {
      id: newId<'notification'>(this.#clock, this.#random),
      event_key: key,
      ...{ channel, event_type: event, severity, recipient, message, payload: {} },
      status: outcome,
      retry_count: retries,
      next_retry_at: nextRetryAt,
      provider_message_id: attempt.messageId,
      error_message: attempt.error,
      created_at: now,
      sent_at: outcome === 'delivered' ? now : null,
    });
    if (outcome !== 'dead') return;
    const letter = { channel, team: null, event, error: attempt.error };
    await this.#incidents?.raise(tx, deadLetter(key, letter));
  }

  /** The line is in the log. */
  async told({ key }: Pick<Notice, 'key'>): Promise<void> {
    await markSent(this.#db.sql, logKey(key), new Date(this.#clock.now()));
  }
}

/** One try over another channel, and what came of it. */
export interface Attempt extends Omit<Notice, 'payload' | 'event'> {
  readonly event: string;
  readonly channel: string;
  readonly recipient: string;
  readonly outcome: 'delivered' | 'retrying' | 'dead';
  /** Tries before this one. */
  readonly retries: number;
  readonly nextRetryAt: Date | null;
  readonly messageId: string;
  readonly error: string | null;
}

const logKey = (key: string): string => `${key}/log`;
