/** The number of a text that there is nothing to compare of. */
export const EMPTY = -1;

const FIRST_SIZE = 1_024;

/** Whole numbers one after the other. */
export class Numbers {
  #values = new Int32Array(FIRST_SIZE);
  #length = 0;

  push(value: number): void {
    if (this.#length === this.#values.length) {
      const larger = new Int32Array(this.#length * 2);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.#length] = value;
    this.#length += 1;
  }

  get length(): number {
    return this.#length;
  }

  at(place: number): number {
    return this.#values[place] ?? 0;
  }

  /** As they are now. */
  all(): Int32Array {
    return this.#values.subarray(0, this.#length);
  }
}
