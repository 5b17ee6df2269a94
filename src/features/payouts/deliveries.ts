/**
 * Sends what was decided, at least once and always under the same id: whoever dies between the commit and
 * the receiver's answer leaves it due. What a receiver hears twice or out of order, `version` puts right.
 */
import { z } from 'zod';
import type { Clock, Random } from '../../kernel/clock.ts';
import { messageOf } from '../../kernel/errors.ts';
import { printable } from '../../kernel/text.ts';
import type { Db } from '../../platform/db/port.ts';
import type { HttpClient, HttpResponse } from '../../platform/http-client/port.ts';
import type { Logger } from '../../platform/telemetry/port.ts';
import type { AttemptLog } from './ports.ts';
import { type Due, type Settled, settleWebhook, takeDue } from './store-webhooks.ts';
import { webhookHeaders } from './webhook.ts';

export interface Receiver {
  readonly url: string;
  /** As in `webhookHeaders`. */
  readonly secrets: string;
}

export interface DeliveryDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly http: HttpClient;
  readonly attempts: AttemptLog;
  readonly receiver: Receiver;
  readonly timing?: Partial<Timing>;
}

/** Milliseconds. */
export interface Timing {
  /** What the receiver has for its answer. */
  readonly timeoutMs: number;
  /** The wait after the first failure is at most this, after each further one at most twice as long... */
  readonly baseDelayMs: number;
  /** ... up to this. */
  readonly maxDelayMs: number;
  /** After this it is given up. */
  readonly giveUpMs: number;
  /** How long an attempt is taken to be under way, unless it says what came of it. */
  readonly leaseMs: number;
}

const TIMING: Timing = {
  timeoutMs: 10_000,
  baseDelayMs: 2_000,
  maxDelayMs: 900_000,
  giveUpMs: 3 * 86_400_000,
  leaseMs: 20_000,
};

export class Deliveries {
  readonly #deps: DeliveryDeps;
  readonly #timing: Timing;

  constructor(deps: DeliveryDeps) {
    this.#deps = deps;
    this.#timing = { ...TIMING, ...deps.timing };
  }

  /** Tries each that is due, one after the other. @returns how many were tried */
  async run(signal?: AbortSignal): Promise<number> {
    let tried = 0;
    while (signal?.aborted !== true) {
      const due = await takeDue(this.#deps.db.sql, this.#timing.leaseMs);
      if (due === undefined) break;
      await this.#try(due);
      tried += 1;
    }
    return tried;
  }

  async #try(due: Due): Promise<void> {
    const { db, attempts, receiver, log } = this.#deps;
    const settled = await this.#send(due);
    const { type, data } = contentOf(due.body);
    const error = settled.status === 'delivered' ? null : settled.error;
    await db.transaction({}, async (tx) => {
      const nextRetryAt = await settleWebhook(tx, due, settled);
      await attempts.attempted(tx, {
        key: `${type}/${due.halt_id}/webhook/${due.attempts}`,
        event: type,
        severity: data.permitted ? 'warning' : 'critical',
        channel: 'webhook',
        recipient: placeOf(receiver.url),
        message: `payouts of book ${data.book}: ${data.reason}`,
        outcome: settled.status === 'pending' ? 'retrying' : settled.status,
        retries: due.attempts - 1,
        nextRetryAt,
        messageId: due.halt_id,
        error,
      });
    });
    const fields = { code: `payouts.webhook_${settled.status}`, id: due.halt_id, attempt: due.attempts, error };
    if (settled.status === 'delivered') log.info(fields, `${type} was delivered`);
    else if (settled.status === 'dead') log.error(fields, `${type} could not be delivered and is given up`);
    else log.warn(fields, `${type} could not be delivered yet`);
  }

  async #send({ halt_id, body, attempts, created_at }: Due): Promise<Settled> {
    const { http, clock, receiver } = this.#deps;
    try {
      const headers = webhookHeaders(receiver.secrets, halt_id, clock.now(), body);
      const { timeoutMs } = this.#timing;
      const answer = await http.send({ url: receiver.url, method: 'POST', headers, body, timeoutMs });
      if (answer.status >= 200 && answer.status < 300) return { status: 'delivered' };
      return this.#again(attempts, created_at, `the receiver answered with status ${answer.status}`, pauseOf(answer));
    } catch (error) {
      return this.#again(attempts, created_at, printable(messageOf(error)).slice(0, 500));
    }
  }

  #again(attempts: number, createdAt: Date, error: string, askedMs = 0): Settled {
    const { clock, random } = this.#deps;
    const { baseDelayMs, maxDelayMs, giveUpMs } = this.#timing;
    if (clock.now() - createdAt.getTime() > giveUpMs) return { status: 'dead', error };
    // Between half of it and all of it: receivers that failed together are not asked together again.
    const most = Math.min(maxDelayMs, baseDelayMs * 2 ** Math.min(attempts - 1, 30));
    const waitMs = Math.max(most * (0.5 + random.fraction() / 2), Math.min(askedMs, maxDelayMs));
    return { status: 'pending', error, waitMs };
  }
}

/** `Retry-After` in seconds (RFC 9110 10.2.3); a date is left alone, for our own waits do as well. */
function pauseOf({ headers }: HttpResponse): number {
  const value = headers['retry-after']?.trim() ?? '';
  return /^\d{1,9}$/.test(value) ? Number(value) * 1000 : 0;
}

/** Scheme, host and path: a token in the query or the user part is nobody's business. */
function placeOf(url: string): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`;
}

const CONTENT = z.object({
  type: z.string(),
  data: z.object({ book: z.string(), permitted: z.boolean(), reason: z.string() }),
});
const contentOf = (body: string): z.output<typeof CONTENT> => CONTENT.parse(JSON.parse(body));
