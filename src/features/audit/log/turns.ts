/** One piece of work at a time, in the order in which they came. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  /** Whether somebody waits for the end of the turn that is being used. */
  get areWanted(): boolean {
    return this.#waiting > 0;
  }

  /** @throws what the work throws; the next turn begins all the same */
  take<T>(work: () => Promise<T>): Promise<T> {
    this.#waiting += 1;
    const turn = this.#last.then(() => {
      this.#waiting -= 1;
      return work();
    });
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}
