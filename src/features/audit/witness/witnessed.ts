/** Checkpoints with the cosignatures of a quorum, for who waits for them and for those who read the log. */
import type { Clock } from '../../../kernel/clock.ts';
import { type Publisher, sizeUnknown } from '../signer/publisher.ts';
import type { CheckpointStore } from '../signer/publisher-ports.ts';
import { SharedRounds } from '../signer/shared-rounds.ts';
import type { Cosigned, Witnesses } from './witnesses.ts';

export interface WitnessedDeps {
  readonly publisher: Pick<Publisher, 'publish'>;
  readonly witnesses: Pick<Witnesses, 'cosign'>;
  readonly store: Pick<CheckpointStore, 'keep'>;
  readonly clock: Clock;
}

export interface Witnessed extends Cosigned {
  readonly size: number;
}

/**
 * The store for a publisher whose checkpoints go to witnesses first: its word alone is not given out as
 * the newest.
 */
export const heldBack = (store: CheckpointStore): CheckpointStore => ({
  newest: () => store.newest(),
  keep: async (checkpoint) => {
    if (checkpoint.kind !== 'newest') await store.keep(checkpoint);
  },
});

export class WitnessedCheckpoints {
  readonly #deps: WitnessedDeps;
  readonly #rounds = new SharedRounds(() => this.#round());
  #last: Witnessed | undefined;

  constructor(deps: WitnessedDeps) {
    this.#deps = deps;
  }

  /**
   * A cosigned checkpoint of `size` leaves or more; where the policy is open, perhaps without its quorum.
   * @throws those of the publisher and of the witnesses
   */
  async publish(size = 0): Promise<Witnessed> {
    const witnessed = await this.#rounds.join();
    if (witnessed.size < size) throw sizeUnknown(size, witnessed.size);
    return witnessed;
  }

  async #round(): Promise<Witnessed> {
    const { publisher, witnesses, store, clock } = this.#deps;
    const published = await publisher.publish();
    const { size } = published;
    // Witnesses mind being asked for the same again.
    if (this.#last?.size === size && this.#last.hasQuorum) return this.#last;
    const witnessed = { ...(await witnesses.cosign(published)), size };
    const kept = { size, note: witnessed.note, signedAt: new Date(clock.now()) };
    if (witnessed.hasQuorum && witnessed.witnesses.length > 0) await store.keep({ ...kept, kind: 'witnessed' });
    await store.keep({ ...kept, kind: 'newest' });
    this.#last = witnessed;
    return witnessed;
  }
}
