/** What a node of any family can say of wallets. */
import type { WalletSource } from './config.ts';

export interface Block {
  /** Height, or slot. */
  readonly number: number;
  readonly hash: string;
  /** Epoch milliseconds, as the chain has it. */
  readonly timeMs: number;
}

/** All wallets of a line in one state of the chain. */
export interface Sighting {
  readonly block: Block;
  /** In the order of the addresses, in the units that the chain counts in. */
  readonly balances: readonly bigint[];
}

/** A node whose chain, unit and head were found right. */
export interface OpenedChain {
  readonly head: Block;
  /**
   * As of the last block before the cut; absent in families whose nodes keep no old state. Undefined: no
   * block after the cut is known yet, so which was the last before it is open.
   * @throws `wallet.no_history` where this node has thrown the state away
   */
  readonly atCut?: (cut: Date) => Promise<Sighting | undefined>;
  /**
   * As of now, at most as high as `ceiling` where the family can look back at all.
   * @throws `wallet.moved` where the chain moved on meanwhile: asking again helps
   */
  now(ceiling: number): Promise<Sighting>;
  /** Of the block at this height on this node's chain. */
  hashAt(number: number): Promise<string>;
}

export type Wallets = Pick<WalletSource, 'addresses' | 'token' | 'decimals'>;
