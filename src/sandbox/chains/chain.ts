/**
 * A simulated chain: blocks with times, what each wallet holds after each of them, and reorganisations.
 * Nodes of any family tell of it in their own words.
 */

import { PlumblineError } from '../../kernel/errors.ts';
import { sha256Hex } from '../../kernel/hash.ts';

export interface SimulatedBlock {
  readonly number: number;
  /** 64 hexadecimal digits. */
  readonly hash: string;
  readonly parent: string;
  readonly timeMs: number;
  /** What changed in it: the new balance, in the units that the chain counts in. */
  readonly changes: readonly Change[];
}

export interface Change {
  readonly address: string;
  /** `coin`, or the token's address. */
  readonly asset: string;
  readonly units: bigint;
}

export interface ChainOptions {
  /** Part of every hash: two chains of one name are one network. */
  readonly name: string;
  readonly startMs: number;
  readonly token: { readonly address: string; readonly decimals: number };
}

export class SimulatedChain {
  readonly token: ChainOptions['token'];
  readonly #name: string;
  readonly #blocks: SimulatedBlock[] = [];
  #fork = 0;

  constructor({ name, startMs, token }: ChainOptions) {
    this.#name = name;
    this.token = token;
    this.mine(startMs, []);
  }

  get blocks(): readonly SimulatedBlock[] {
    return this.#blocks;
  }

  get genesis(): string {
    return this.#blocks[0]?.hash ?? '';
  }

  /** Adds a block. */
  mine(timeMs: number, changes: readonly Change[]): SimulatedBlock {
    const parent = this.#blocks.at(-1);
    const number = this.#blocks.length;
    if (parent !== undefined && timeMs < parent.timeMs) {
      throw new PlumblineError(
        'invalid',
        'sandbox.block_before_parent',
        `block ${number} would be older than its parent`,
      );
    }
    const digest = sha256Hex(JSON.stringify([this.#name, number, timeMs, this.#fork, parent?.hash ?? '']));
    // A TRON block's id begins with its number; elsewhere it does no harm.
    const hash = number.toString(16).padStart(16, '0') + digest.slice(16);
    const block = { number, hash, parent: parent?.hash ?? '0'.repeat(64), timeMs, changes };
    this.#blocks.push(block);
    return block;
  }

  /** The last `depth` blocks never were: others of the same times take their place, with other changes. */
  reorganise(depth: number, changes: readonly Change[]): void {
    const gone = this.#blocks.splice(this.#blocks.length - depth);
    this.#fork += 1;
    gone.forEach(({ timeMs }, index) => {
      this.mine(timeMs, index === 0 ? changes : []);
    });
  }

  /** After the block; undefined where the wallet was never heard of. */
  balanceAt(number: number, address: string, asset: string): bigint | undefined {
    for (let at = Math.min(number, this.#blocks.length - 1); at >= 0; at -= 1) {
      const change = this.#blocks[at]?.changes.findLast((each) => each.address === address && each.asset === asset);
      if (change !== undefined) return change.units;
    }
    return undefined;
  }
}
