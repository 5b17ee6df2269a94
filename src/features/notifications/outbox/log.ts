/** The log of notifications, and what people do with what did not arrive. */
import type { Clock, Random } from '../../../kernel/clock.ts';
import { PlumblineError } from '../../../kernel/errors.ts';
import { type NotificationId, newId } from '../../../kernel/ids.ts';
import type { Db, Tx } from '../../../platform/db/port.ts';
import { actAs, type EndpointId, recordOperation } from '../preferences/store.ts';
import { redact } from '../privacy/mask.ts';
import * as store from './store-log.ts';

export class NotificationLog {
  readonly #deps: { readonly db: Db; readonly clock: Clock; readonly random: Random };

  constructor(deps: { readonly db: Db; readonly clock: Clock; readonly random: Random }) {
    this.#deps = deps;
  }

  list(request: store.LogRequest): Promise<readonly store.LogRow[]> {
    return store.listLogs(this.#deps.db.sql, request);
  }

  /** @throws `notifications.unknown` (missing) */
  async get(id: NotificationId): Promise<store.LogRow> {
    const row = await store.findLog(this.#deps.db.sql, id);
    if (row === undefined)
      throw new PlumblineError('missing', 'notifications.unknown', `there is no notification ${id}`);
    return row;
  }

  attempts(id: NotificationId): Promise<readonly store.LoggedAttempt[]> {
    return store.listAttempts(this.#deps.db.sql, id);
  }

  /** Sends it once more, whatever became of it, under the same message id. @throws `notifications.not_ours` (conflict) */
  async resend(id: NotificationId, subject: string): Promise<store.LogRow> {
    const { clock, random } = this.#deps;
    await this.get(id);
    const again = newId<'notification'>(clock, random);
    const made = await this.#act(id, 'resent', subject, (tx) => store.insertAgain(tx, id, again, this.#now()));
    if (!made) {
      throw new PlumblineError(
        'conflict',
        'notifications.not_ours',
        `notification ${id} is a line of the log, or was sent by another part: it cannot be sent again from here`,
      );
    }
    return this.get(again);
  }

  /** A dead letter is tried again from the beginning, and belongs to whoever did that. @throws `notifications.not_dead` (conflict) */
  async redrive(id: NotificationId, subject: string): Promise<store.LogRow> {
    const row = await this.get(id);
    if (!(await this.#act(id, 'redriven', subject, (tx) => store.redrive(tx, id, subject, this.#now()))))
      throw notDead(row);
    return this.get(id);
  }

  /** @throws `notifications.not_dead` (conflict) */
  async assign(id: NotificationId, owner: string, subject: string): Promise<store.LogRow> {
    const row = await this.get(id);
    if (!(await this.#act(id, 'assigned', subject, (tx) => store.setOwner(tx, id, owner)))) throw notDead(row);
    return this.get(id);
  }

  /** Everything that the endpoint missed since then is sent to it. @returns how many */
  recover(endpointId: EndpointId, since: Date, subject: string): Promise<number> {
    return this.#act(endpointId, 'recovered', subject, (tx) =>
      store.recover(tx, endpointId, since, subject, this.#now()),
    );
  }

  /** What a provider says afterwards of what it took. @returns how many it was about */
  receipt(
    about: {
      readonly channel: string;
      readonly providerMessageId: string;
      readonly delivered: boolean;
      readonly error: string | null;
    },
    subject: string,
  ): Promise<number> {
    const error = about.error === null ? null : redact(about.error);
    return this.#act(`${about.channel}/${redact(about.providerMessageId)}`, 'receipt', subject, (tx) =>
      store.receipt(tx, { ...about, error }, this.#now()),
    );
  }

  backlog(): ReturnType<typeof store.backlog> {
    return store.backlog(this.#deps.db.sql, this.#now());
  }

  #now(): Date {
    return new Date(this.#deps.clock.now());
  }

  #act<T>(id: string, op: string, subject: string, work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.#deps.db.transaction({}, async (tx) => {
      await actAs(tx, subject);
      const result = await work(tx);
      if (result !== false) await recordOperation(tx, id, op, subject);
      return result;
    });
  }
}

const notDead = ({ id, status }: store.LogRow): PlumblineError =>
  new PlumblineError(
    'conflict',
    'notifications.not_dead',
    `notification ${id} is ${status}; only what is dead is redriven or assigned`,
  );
