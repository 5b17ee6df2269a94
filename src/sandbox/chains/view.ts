/** What one node sees of the chain, with its fault, if it has one. */
import type { Clock } from '../../kernel/clock.ts';
import type { SimulatedBlock, SimulatedChain } from './chain.ts';
import type { NodeFault, NodeOptions } from './faults.ts';

const HOUR_MS = 3_600_000;

export class NodeView {
  readonly chain: SimulatedChain;
  readonly options: NodeOptions;
  fault: NodeFault = 'none';
  readonly #clock: Clock;
  #looks = 0;

  constructor(chain: SimulatedChain, clock: Clock, options: NodeOptions) {
    this.chain = chain;
    this.#clock = clock;
    this.options = options;
  }

  get head(): SimulatedBlock | undefined {
    const { blocks } = this.chain;
    if (this.fault !== 'stale') return this.#seen(blocks.at(-1));
    const until = this.#clock.now() - HOUR_MS;
    return blocks.findLast(({ timeMs }) => timeMs <= until) ?? blocks[0];
  }

  block(number: number): SimulatedBlock | undefined {
    const head = this.head;
    return head === undefined || number > head.number ? undefined : this.#seen(this.chain.blocks[number]);
  }

  byHash(hash: string): SimulatedBlock | undefined {
    return this.chain.blocks.find((block) => block.hash === hash);
  }

  /** Undefined: this node does not know the wallet. */
  balance(number: number, address: string, asset: string): bigint | undefined {
    const units = this.chain.balanceAt(number, address, asset);
    if (this.fault === 'zero') return 0n;
    if (this.fault === 'no-wallet') return undefined;
    return this.fault === 'one-more' ? (units ?? 0n) + 1n : units;
  }

  get decimals(): number {
    return this.chain.token.decimals + (this.fault === 'wrong-unit' ? 12 : 0);
  }

  get genesis(): string {
    return this.fault === 'wrong-chain' ? `f${this.chain.genesis.slice(1)}` : this.chain.genesis;
  }

  isPruned(number: number): boolean {
    const { historyBlocks } = this.options;
    return historyBlocks !== undefined && number < (this.head?.number ?? 0) - historyBlocks;
  }

  #seen(block: SimulatedBlock | undefined): SimulatedBlock | undefined {
    if (block === undefined) return undefined;
    if (this.fault === 'future' && block === this.chain.blocks.at(-1)) {
      return { ...block, timeMs: this.#clock.now() + HOUR_MS };
    }
    if (this.fault !== 'moving' || block.number === 0) return block;
    this.#looks += 1;
    return { ...block, hash: block.hash.slice(0, 56) + this.#looks.toString(16).padStart(8, '0') };
  }
}
