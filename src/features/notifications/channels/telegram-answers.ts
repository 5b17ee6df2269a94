/**
 * Who presses the button under a page: asked of Telegram from time to time by one process, so that no address
 * of ours has to be public. A press counts where it comes from a chat that a team is told in.
 */
import { z } from 'zod';
import { isPlumblineError, messageOf } from '../../../kernel/errors.ts';
import { isUuid } from '../../../kernel/ids.ts';
import type { Logger } from '../../../platform/telemetry/port.ts';
import type { Acknowledger } from '../ports.ts';
import { redact } from '../privacy/mask.ts';
import { acknowledgeData, call, type TelegramDeps } from './telegram.ts';

export interface AnswerDeps extends TelegramDeps {
  readonly log: Logger;
  readonly incidents: Acknowledger;
  /** The team that is told in this chat; undefined: none, so nobody there may answer. */
  readonly teamOf: (chat: string) => Promise<string | undefined>;
  /** The last update that was dealt with, shared by all processes. */
  readonly place: { read(): Promise<number>; write(update: number): Promise<void> };
  /** Runs by one process at a time. */
  readonly exclusive: <T>(work: () => Promise<T>) => Promise<T>;
}

const UPDATES = z.array(
  z.looseObject({
    update_id: z.int(),
    callback_query: z
      .looseObject({
        id: z.string(),
        from: z.looseObject({ id: z.int(), username: z.string().optional() }),
        message: z.looseObject({ chat: z.looseObject({ id: z.int(), username: z.string().optional() }) }).optional(),
        data: z.string().max(64).optional(),
      })
      .optional(),
  }),
);
type Query = NonNullable<z.output<typeof UPDATES>[number]['callback_query']>;

const TIMEOUT_MS = 10_000;

export class TelegramAnswers {
  readonly #deps: AnswerDeps;

  constructor(deps: AnswerDeps) {
    this.#deps = deps;
  }

  /** One look. @returns how many incidents were acknowledged */
  look(): Promise<number> {
    return this.#deps.exclusive(async () => {
      const { place } = this.#deps;
      const last = await place.read();
      const asked = { offset: last + 1, timeout: 0, allowed_updates: ['callback_query'] };
      const updates = UPDATES.parse((await this.#call('getUpdates', asked)) ?? []);
      let acknowledged = 0;
      for (const { update_id, callback_query } of updates) {
        if (callback_query !== undefined && (await this.#answer(callback_query))) acknowledged += 1;
        // After it was dealt with: one that is dealt with twice is acknowledged once.
        await place.write(update_id);
      }
      return acknowledged;
    });
  }

  async #answer(query: Query): Promise<boolean> {
    const { log, incidents, teamOf } = this.#deps;
    const id = query.data?.startsWith(acknowledgeData('')) === true ? query.data.slice(acknowledgeData('').length) : '';
    const chat = query.message?.chat;
    const team =
      chat &&
      ((await teamOf(String(chat.id))) ??
        (chat.username === undefined ? undefined : await teamOf(`@${chat.username}`)));
    if (!isUuid(id) || team === undefined) {
      log.warn({ code: 'notifications.answer_refused' }, 'a button was pressed in a chat that no team is told in');
      await this.#say(query.id, 'not from here');
      return false;
    }
    try {
      await incidents.acknowledge(id, `telegram:${query.from.id}`);
    } catch (error) {
      if (!isPlumblineError(error) || (error.kind !== 'missing' && error.kind !== 'conflict')) throw error;
      await this.#say(query.id, error.message.slice(0, 190));
      return false;
    }
    await this.#say(query.id, 'acknowledged / \u0111\u00e3 x\u00e1c nh\u1eadn');
    return true;
  }

  /** What the person sees; that it cannot be shown changes nothing. */
  async #say(queryId: string, text: string): Promise<void> {
    await this.#call('answerCallbackQuery', { callback_query_id: queryId, text }).catch(() => undefined);
  }

  /** @throws without the token, which is in the address */
  async #call(method: string, body: object): Promise<unknown> {
    let failure: string;
    try {
      const { answer, status } = await call(this.#deps, method, body, TIMEOUT_MS);
      if (answer?.ok === true) return answer.result;
      failure = `Telegram answered with ${answer?.error_code ?? status}`;
    } catch (error) {
      failure = redact(messageOf(error), [this.#deps.token]);
    }
    throw new Error(`answers in Telegram cannot be read: ${failure}`);
  }
}
