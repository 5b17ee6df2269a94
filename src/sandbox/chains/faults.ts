/** How a simulated node can misbehave: each way was seen with a real one. */
export const NODE_FAULTS = [
  'none',
  /** The connection stays open and nothing comes. */
  'timeout',
  'dead',
  'status-500',
  'rate-limited',
  'html',
  'empty-body',
  'empty-object',
  'not-json',
  'error-under-200',
  'result-null',
  /** `0x`, which a call to nobody's code gives. */
  'empty-result',
  /** Every balance is zero, everything else is right. */
  'zero',
  /** One unit more than there is. */
  'one-more',
  /** The token's contract is not there. */
  'no-contract',
  /** It does not know the wallets. */
  'no-wallet',
  /** It stopped hearing of blocks an hour ago. */
  'stale',
  /** Its newest block is an hour in the future. */
  'future',
  /** The token says another number of decimals. */
  'wrong-unit',
  'wrong-chain',
  /** Each look at a block finds another in its place. */
  'moving',
  /** Answers another request than it was asked. */
  'wrong-id',
] as const;
export type NodeFault = (typeof NODE_FAULTS)[number];

export interface NodeOptions {
  /** State of older blocks than this many below the head is thrown away; undefined: none is. */
  readonly historyBlocks?: number;
  /** Whether a block can be named by its hash (EIP-1898). */
  readonly byHash?: boolean;
}
