/** Anchors the checkpoint of each day, oldest first, and comes back for what was not to be had at once. */
import type { Anchors } from './anchors.ts';

export interface DailyAnchorsDeps {
  readonly anchors: Pick<Anchors, 'anchor' | 'upgrade'>;
  /** The kept checkpoints of days after that size, oldest first. */
  readonly days: (after: number, limit: number) => Promise<readonly { readonly size: number; readonly note: string }[]>;
  /** What could not be had, for the operators' log. */
  readonly onFault: (size: number, fault: string) => void;
}

const PAGE = 100;

export class DailyAnchors {
  readonly #deps: DailyAnchorsDeps;
  /** Days up to this size lack nothing. */
  #done = 0;

  constructor(deps: DailyAnchorsDeps) {
    this.#deps = deps;
  }

  /** @throws those of the publication: an integrity error ends the run */
  async run(signal?: AbortSignal): Promise<void> {
    const { anchors, days, onFault } = this.#deps;
    let isWhole = true;
    let after = this.#done;
    for (let page = await days(after, PAGE); page.length > 0; page = await days(after, PAGE)) {
      for (const { size, note } of page) {
        if (signal?.aborted === true) return;
        const { key, faults } = await anchors.anchor(note);
        for (const fault of faults) onFault(size, fault);
        isWhole = (await anchors.upgrade(key)) && faults.length === 0 && isWhole;
        if (isWhole) this.#done = size;
        after = size;
      }
    }
  }
}
