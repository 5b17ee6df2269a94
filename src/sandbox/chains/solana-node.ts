/** JSON-RPC as a Solana node answers it (https://solana.com/docs/rpc). */
import { sha256Hex } from '../../kernel/hash.ts';
import { base58 } from './base58.ts';
import { type RpcAnswer, type RpcRequest, refused } from './json-rpc.ts';
import type { NodeView } from './view.ts';

const TOKEN_PROGRAM = 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA';
const SYSTEM_PROGRAM = '11111111111111111111111111111111';

export function answerSolana(view: NodeView, { method, params }: RpcRequest): RpcAnswer {
  const [first, second] = params;
  const slot = view.head?.number ?? 0;
  switch (method) {
    case 'getGenesisHash':
      return { result: base58(view.genesis) };
    case 'getSlot':
      return { result: slot };
    case 'getBlock': {
      const block = view.block(Number(first));
      if (block === undefined) return refused(-32004, `Block not available for slot ${String(first)}`);
      return {
        result: {
          blockHeight: block.number,
          blockTime: Math.floor(block.timeMs / 1_000),
          blockhash: base58(block.hash),
          parentSlot: block.number - 1,
          previousBlockhash: base58(block.parent),
        },
      };
    }
    case 'getTokenAccountsByOwner':
      return behind(view, second, params[2]) ?? inContext(slot, ownedBy(view, slot, String(first)));
    case 'getMultipleAccounts': {
      const keys = Array.isArray(first) ? first.map(String) : [];
      return (
        behind(view, undefined, second) ??
        inContext(
          slot,
          keys.map((key) => account(view, slot, key)),
        )
      );
    }
    default:
      return refused(-32601, 'Method not found');
  }
}

const inContext = (slot: number, value: unknown): RpcAnswer => ({
  result: { context: { apiVersion: '2.2.16', slot }, value },
});

function behind(view: NodeView, filter: unknown, options: unknown): RpcAnswer | undefined {
  const { minContextSlot } = Object.assign({ minContextSlot: 0 }, options);
  if (minContextSlot > (view.head?.number ?? 0)) return refused(-32016, 'Minimum context slot has not been reached');
  const { mint } = Object.assign({ mint: view.chain.token.address }, filter);
  return mint === view.chain.token.address && view.fault !== 'no-contract'
    ? undefined
    : refused(-32602, 'Invalid param: could not find mint');
}

/** The key of the account in which a wallet holds the token. */
const tokenAccountOf = (view: NodeView, owner: string): string =>
  base58(sha256Hex(`${owner}/${view.chain.token.address}`));

function owners(view: NodeView): readonly string[] {
  const asset = view.chain.token.address;
  const changes = view.chain.blocks.flatMap((block) => block.changes.filter((change) => change.asset === asset));
  return [...new Set(changes.map(({ address }) => address))];
}

function ownedBy(view: NodeView, slot: number, owner: string): readonly unknown[] {
  if (!owners(view).includes(owner)) return [];
  const pubkey = tokenAccountOf(view, owner);
  const found = account(view, slot, pubkey);
  return found === null ? [] : [{ pubkey, account: found }];
}

function account(view: NodeView, slot: number, key: string) {
  const { address: mint } = view.chain.token;
  if (key === mint) {
    const info = {
      decimals: view.decimals,
      freezeAuthority: null,
      isInitialized: true,
      mintAuthority: null,
      supply: '0',
    };
    return accountOf({ parsed: { info, type: 'mint' }, program: 'spl-token', space: 82 }, 1_461_600, TOKEN_PROGRAM);
  }
  const owner = owners(view).find((each) => tokenAccountOf(view, each) === key);
  if (owner === undefined) {
    const lamports = view.balance(slot, key, 'coin');
    return lamports === undefined ? null : accountOf(['', 'base64'], Number(lamports), SYSTEM_PROGRAM);
  }
  const units = view.balance(slot, owner, mint);
  if (units === undefined) return null;
  const tokenAmount = { amount: String(units), decimals: view.decimals, uiAmountString: String(units) };
  const info = { isNative: false, mint, owner, state: 'initialized', tokenAmount };
  return accountOf({ parsed: { info, type: 'account' }, program: 'spl-token', space: 165 }, 2_039_280, TOKEN_PROGRAM);
}

const accountOf = (data: unknown, lamports: number, owner: string) => ({
  data,
  executable: false,
  lamports,
  owner,
  rentEpoch: 0,
  space: 165,
});
