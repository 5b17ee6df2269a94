/**
 * Wallets on an EVM chain, as of one block that is named by its hash.
 * Methods: https://ethereum.github.io/execution-apis/, block parameters: EIP-1898.
 */
import { z } from 'zod';
import { blockBefore } from './block-search.ts';
import type { Block, OpenedChain, Sighting, Wallets } from './chain.ts';
import { type Node, walletFault } from './endpoint.ts';
import { call, RpcRefusal } from './json-rpc.ts';

const QUANTITY = z.string().regex(/^0x[0-9a-f]{1,64}$/i, 'expected a quantity such as 0x1b4');
const HASH = z.string().regex(/^0x[0-9a-f]{64}$/, 'expected a hash of 32 bytes');
const CODE = z.string().regex(/^0x([0-9a-f]{2})*$/i, 'expected the bytes of a contract');
/** One uint256. `0x`, which a call to an address without code gives, is none. */
const WORD = z.string().regex(/^0x[0-9a-f]{64}$/i, 'expected 32 bytes: is there such a contract?');
const BLOCK = z.object({ number: QUANTITY, hash: HASH, timestamp: QUANTITY });

/** Selectors of ERC-20 (https://eips.ethereum.org/EIPS/eip-20): the first 4 bytes of the signature's hash. */
const BALANCE_OF = '0x70a08231';
const DECIMALS = '0x313ce567';

const hex = (value: number): string => `0x${value.toString(16)}`;

/** @throws `wallet.wrong_chain`, `wallet.unanswered`, `wallet.malformed` (upstream), RpcRefusal */
export async function openEvm(
  node: Node,
  wallets: Wallets,
  { chainId, confirmations }: { readonly chainId: number; readonly confirmations: number },
): Promise<OpenedChain> {
  const said = BigInt(await call(node, 'eth_chainId', [], QUANTITY));
  if (said !== BigInt(chainId)) {
    throw walletFault('wallet.wrong_chain', `is on the chain ${said}; the book says chain_id ${chainId}`);
  }
  const head = await blockAt(node, 'latest');
  const sight = async (number: number): Promise<Sighting> => {
    if (number < 0) throw walletFault('wallet.moved', `the chain has no ${confirmations} blocks yet`);
    return sightAt(node, wallets, await blockAt(node, number));
  };
  return {
    head,
    atCut: async (cut) => {
      try {
        const last = await blockBefore((number) => blockAt(node, number), head, cut.getTime());
        return last === undefined ? undefined : await sight(last - confirmations);
      } catch (error) {
        throw error instanceof RpcRefusal && isPruned(error) ? walletFault('wallet.no_history', error.message) : error;
      }
    },
    now: (ceiling) => sight(Math.min(head.number, ceiling) - confirmations),
    hashAt: async (number) => (await blockAt(node, number)).hash,
  };
}

async function blockAt(node: Node, number: number | 'latest'): Promise<Block> {
  const name = number === 'latest' ? number : hex(number);
  const block = await call(node, 'eth_getBlockByNumber', [name, false], BLOCK.nullable());
  if (block === null) throw walletFault('wallet.malformed', `has no block ${number}`);
  const at = Number(block.number);
  if (!Number.isSafeInteger(at) || (number !== 'latest' && at !== number)) {
    throw walletFault('wallet.malformed', `was asked for block ${number} and answered with block ${block.number}`);
  }
  return { number: at, hash: block.hash, timeMs: Number(block.timestamp) * 1_000 };
}

/** EIP-1898: by hash, and only while the block is part of the chain; else by height. */
type BlockName = { readonly blockHash: string; readonly requireCanonical: true } | string;

async function sightAt(node: Node, wallets: Wallets, block: Block): Promise<Sighting> {
  let balances: readonly bigint[];
  try {
    balances = await balancesAt(node, wallets, { blockHash: block.hash, requireCanonical: true });
  } catch (error) {
    if (!(error instanceof RpcRefusal) || !isUnknownParameter(error)) throw error;
    balances = await balancesAt(node, wallets, hex(block.number));
  }
  // By height anything may have been read meanwhile; by hash, something that is no longer the chain.
  const after = await blockAt(node, block.number);
  if (after.hash !== block.hash) {
    throw walletFault('wallet.moved', `block ${block.number} was ${block.hash} and became ${after.hash}`);
  }
  return { block, balances };
}

async function balancesAt(
  node: Node,
  { addresses, token, decimals }: Wallets,
  at: BlockName,
): Promise<readonly bigint[]> {
  if (token === undefined) {
    return Promise.all(addresses.map(async (each) => BigInt(await call(node, 'eth_getBalance', [each, at], QUANTITY))));
  }
  const ask = async (data: string): Promise<bigint> =>
    BigInt(await call(node, 'eth_call', [{ to: token, data }, at], WORD));
  if ((await call(node, 'eth_getCode', [token, at], CODE)) === '0x') {
    throw walletFault('wallet.no_contract', `there is no contract at ${token}`);
  }
  const said = await ask(DECIMALS);
  if (said !== BigInt(decimals)) {
    throw walletFault('wallet.wrong_unit', `the token ${token} has ${said} decimals; the book says ${decimals}`);
  }
  return Promise.all(addresses.map((each) => ask(BALANCE_OF + each.slice(2).toLowerCase().padStart(64, '0'))));
}

/** Invalid params (JSON-RPC 2.0, 5.1), as nodes answer that take a height alone. */
const isUnknownParameter = ({ code, message }: RpcRefusal): boolean =>
  code === -32602 || /cannot unmarshal object|invalid argument|blockHash/i.test(message);

/**
 * How nodes say that they keep no such old state: geth "missing trie node", "historical state ... is not
 * available", Nethermind "No state available", Besu "World state unavailable", Erigon and Reth "pruned",
 * providers "archive"; 4444 is EIP-4444's pruned history, -32001 and -32002 EIP-1474's missing resource.
 */
const isPruned = ({ code, message }: RpcRefusal): boolean =>
  [4444, -32001, -32002].includes(code) ||
  /missing trie node|historical state|state (is )?(not |un)available|no state available|prun|archive/i.test(message);
