/**
 * What many finish at about the same time is written in one transaction: while one is committed, whatever
 * comes waits for the next. Nobody is answered before its own is durable.
 */
import { turnOfLoop } from '../../../platform/clock/turn.ts';

export class GroupCommit<T> {
  readonly #write: (batch: readonly T[]) => Promise<void>;
  readonly #most: number;
  readonly #waiting: { readonly item: T; readonly done: PromiseWithResolvers<void> }[] = [];
  #writing = false;

  /** @param most of one transaction */
  constructor(write: (batch: readonly T[]) => Promise<void>, most: number) {
    this.#write = write;
    this.#most = most;
  }

  /** @throws what the write of its batch threw */
  add(item: T): Promise<void> {
    const done = Promise.withResolvers<void>();
    this.#waiting.push({ item, done });
    if (!this.#writing) void this.#run();
    return done.promise;
  }

  async #run(): Promise<void> {
    this.#writing = true;
    while (this.#waiting.length > 0) {
      await turnOfLoop(); // what is finished at the same moment comes along
      const batch = this.#waiting.splice(0, this.#most);
      try {
        await this.#write(batch.map(({ item }) => item));
        for (const { done } of batch) done.resolve();
      } catch (error) {
        for (const { done } of batch) done.reject(error);
      }
    }
    this.#writing = false;
  }
}
