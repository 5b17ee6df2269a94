/**
 * What many ask at about the same time is asked once: while one question is under way, what comes waits for the next.
 * Planning a query can take PostgreSQL longer than answering it.
 */
import { turnOfLoop } from '../../../platform/clock/turn.ts';

interface Asking<Key, Answer> {
  readonly keys: readonly Key[];
  readonly answer: PromiseWithResolvers<Answer>;
}

export class Together<Key, Answer> {
  readonly #ask: (keys: readonly Key[]) => Promise<Answer>;
  readonly #most: number;
  readonly #waiting: Asking<Key, Answer>[] = [];
  #isAsking = false;

  /** @param most keys of one question, but for a single asker of more */
  constructor(ask: (keys: readonly Key[]) => Promise<Answer>, most: number) {
    this.#ask = ask;
    this.#most = most;
  }

  /** @returns the answer to a question that was put after this was called, about these keys and others. @throws as it */
  about(keys: readonly Key[]): Promise<Answer> {
    const answer = Promise.withResolvers<Answer>();
    this.#waiting.push({ keys, answer });
    if (!this.#isAsking) void this.#run();
    return answer.promise;
  }

  async #run(): Promise<void> {
    this.#isAsking = true;
    while (this.#waiting.length > 0) {
      await turnOfLoop(); // who asks at the same moment comes along
      const askers = this.#take();
      try {
        const answer = await this.#ask(askers.flatMap(({ keys }) => keys));
        for (const asker of askers) asker.answer.resolve(answer);
      } catch (error) {
        for (const asker of askers) asker.answer.reject(error);
      }
    }
    this.#isAsking = false;
  }

  #take(): readonly Asking<Key, Answer>[] {
    let keys = 0;
    const tooMany = this.#waiting.findIndex((asker, at) => {
      keys += asker.keys.length;
      return at > 0 && keys > this.#most;
    });
    return this.#waiting.splice(0, tooMany < 0 ? this.#waiting.length : tooMany);
  }
}
