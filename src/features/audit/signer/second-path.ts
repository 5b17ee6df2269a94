/**
 * The root of the log once more, from the hashes that stand with the leaves: neither the sequencer's
 * memory nor its stored tiles above the leaves have a part in it. A bit that flipped on the way to the
 * disk is found before it is signed, which is what has ended logs before.
 */
import { PlumblineError } from '../../../kernel/errors.ts';
import { frontierAt } from '../tlog/proofs.ts';
import type { Frontier } from '../tlog/tree.ts';
import type { LogReader } from './publisher-ports.ts';
import { fork } from './refusals.ts';

/** Leaves that are read at a time: 32 bytes each. */
const CHUNK = 16_384;

export class SecondPath {
  readonly #log: LogReader;
  #frontier: Frontier | undefined;

  constructor(log: LogReader) {
    this.#log = log;
  }

  /**
   * @param known the tree that was signed last, where this starts
   * @throws `audit.fork` when the stored tiles do not make what was signed; `audit.root_mismatch`,
   * `audit.leaves_missing` when the leaves after them do not make `root` (integrity)
   */
  async demand(known: Tree, { size, root }: Tree): Promise<void> {
    const frontier = await this.#startAt(known, size);
    this.#frontier = undefined; // until all of it has gone well
    for (let from = frontier.size; from < size; from += CHUNK) {
      const to = Math.min(from + CHUNK, size);
      const hashes = await this.#log.leafHashes(from, to);
      if (hashes.length !== to - from) throw missing(from, to, hashes.length);
      for (const hash of hashes) frontier.append(hash);
    }
    if (!frontier.root().equals(root)) throw mismatch(size, frontier.root(), root);
    this.#frontier = frontier;
  }

  async #startAt(known: Tree, size: number): Promise<Frontier> {
    if (this.#frontier !== undefined && this.#frontier.size >= known.size && this.#frontier.size <= size) {
      return this.#frontier.clone();
    }
    const frontier = await frontierAt(this.#log.nodes(known.size), known.size);
    if (frontier.root().equals(known.root)) return frontier;
    throw fork({ size: known.size, root: hex(known.root) }, { size: known.size, root: frontier.root() }, 'same size');
  }
}

interface Tree {
  readonly size: number;
  readonly root: Uint8Array;
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

const mismatch = (size: number, computed: Uint8Array, stated: Uint8Array): PlumblineError =>
  new PlumblineError(
    'integrity',
    'audit.root_mismatch',
    `the stored hashes of the first ${size} leaves make the root ${hex(computed)}, and ${hex(stated)} was stated: a stored hash is damaged or was changed; find it with plumbline audit verify; nothing is signed until then`,
    { details: { size, computed: hex(computed), stated: hex(stated) } },
  );

const missing = (from: number, to: number, found: number): PlumblineError =>
  new PlumblineError(
    'integrity',
    'audit.leaves_missing',
    `of the leaves ${from} to ${to - 1} only ${found} are there: leaves were deleted; nothing is signed until they are back`,
    { details: { from, to, found } },
  );
