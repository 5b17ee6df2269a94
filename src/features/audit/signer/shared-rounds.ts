/** Work that serves all who wait for it: who asks while a round is under way gets the result of the next. */
export class SharedRounds<Result> {
  readonly #round: () => Promise<Result>;
  #current: Promise<unknown> = Promise.resolve();
  #next: Promise<Result> | undefined;

  constructor(round: () => Promise<Result>) {
    this.#round = round;
  }

  /** The result of a round that begins after this call. */
  join(): Promise<Result> {
    this.#next ??= this.#begin();
    return this.#next;
  }

  #begin(): Promise<Result> {
    const next = this.#current.then(() => {
      this.#next = undefined;
      return this.#round();
    });
    this.#current = next.catch(() => undefined);
    return next;
  }
}
