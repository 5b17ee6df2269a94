/**
 * Turns a log that has grown into signed checkpoints: of each day that was closed, in order, and of the
 * log as it is. Those who ask while one is being made share the next. When the signer refuses, or what is
 * stored is not what was signed, it stops for good: somebody has to look.
 */
import type { Clock } from '../../../kernel/clock.ts';
import { isPlumblineError, PlumblineError } from '../../../kernel/errors.ts';
import type { Db } from '../../../platform/db/port.ts';
import { consistencyProof } from '../tlog/proofs.ts';
import type { LogSigner } from './port.ts';
import type { CheckpointStore, LogReader, Published } from './publisher-ports.ts';
import { SecondPath } from './second-path.ts';
import { SharedRounds } from './shared-rounds.ts';

export interface PublisherDeps {
  readonly db: Pick<Db, 'exclusive'>;
  readonly signer: LogSigner;
  readonly log: LogReader;
  readonly store: CheckpointStore;
  readonly clock: Clock;
  /** Once, with the integrity error after which nothing is signed any more. */
  readonly onRefused: (refusal: PlumblineError) => void;
}

const LOCK = 'audit/publish';

export class Publisher {
  readonly #deps: PublisherDeps;
  readonly #secondPath: SecondPath;
  readonly #rounds: SharedRounds<Published>;
  #refusal: PlumblineError | undefined;

  constructor(deps: PublisherDeps) {
    this.#deps = deps;
    this.#secondPath = new SecondPath(deps.log);
    this.#rounds = new SharedRounds(() => this.#guarded());
  }

  /** Why nothing is signed any more. */
  get refusal(): PlumblineError | undefined {
    return this.#refusal;
  }

  /**
   * The checkpoint of the log as it is, of `size` leaves or more.
   * @throws the refusal, again and again; `audit.size_unknown` (invalid) when the log is shorter
   */
  async publish(size = 0): Promise<Published> {
    const published = await this.#rounds.join();
    if (published.size < size) throw sizeUnknown(size, published.size);
    return published;
  }

  /** A round, by one process at a time; after an integrity error there is none any more. */
  async #guarded(): Promise<Published> {
    if (this.#refusal !== undefined) throw this.#refusal;
    try {
      return await this.#deps.db.exclusive(LOCK, () => this.#round());
    } catch (error) {
      if (isPlumblineError(error) && error.kind === 'integrity') {
        this.#refusal = error;
        this.#deps.onRefused(error);
      }
      throw error;
    }
  }

  async #round(): Promise<Published> {
    const { log, signer, store } = this.#deps;
    const kept = await store.newest();
    if (kept !== undefined) await this.#demandOurs(kept);
    // The head before the closings: a day that is closed in between belongs to the next round.
    const [head, { size: signed }] = [await log.head(), await signer.last()];
    const closings = await log.closings(kept?.size ?? 0, head.size);
    let newest = kept;
    for (const closing of closings) {
      // Of an older size than was signed last there will be no checkpoint: the signer was restored from a newer one.
      if (closing.size < signed) continue;
      newest = await this.#sign(closing, 'daily');
    }
    const last = await signer.last();
    const isSigned = last.size === head.size && last.root.equals(head.root);
    return newest !== undefined && newest.size === head.size && isSigned ? newest : await this.#sign(head, 'newest');
  }

  async #sign(
    tree: { readonly size: number; readonly root: Uint8Array },
    kind: 'daily' | 'newest',
  ): Promise<Published> {
    const { log, signer, store, clock } = this.#deps;
    const { size, root } = tree;
    const last = await signer.last();
    let proof: readonly Uint8Array[] = [];
    if (last.size < size) {
      await this.#secondPath.demand(last, tree);
      proof = await consistencyProof(log.nodes(size), last.size, size);
    }
    const note = await signer.sign({ size, root, proof });
    const signedAt = new Date(clock.now());
    if (kind === 'daily') await store.keep({ kind, size, note, signedAt });
    await store.keep({ kind: 'newest', size, note, signedAt });
    return { size, note };
  }

  /** What the database gives out as signed is the signer's word, and not newer than what it remembers. */
  async #demandOurs({ size, note }: Published): Promise<void> {
    let ours: boolean;
    try {
      ours = await this.#deps.signer.confront(note);
    } catch (error) {
      if (isPlumblineError(error) && error.kind !== 'integrity') throw damaged(size, error);
      throw error;
    }
    if (!ours) throw damaged(size);
  }
}

/** The log is shorter than somebody believes. */
export const sizeUnknown = (wanted: number, size: number): PlumblineError =>
  new PlumblineError('invalid', 'audit.size_unknown', `the log has ${size} leaves, not ${wanted}`);

const damaged = (size: number, cause?: unknown): PlumblineError =>
  new PlumblineError(
    'integrity',
    'audit.checkpoint_damaged',
    `the newest checkpoint that the database holds, of size ${size}, is not one that the log's signer has signed: it was changed; nothing is signed until it is known how`,
    { details: { size }, cause },
  );
