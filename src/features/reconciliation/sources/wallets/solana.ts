/**
 * Wallets on Solana (https://solana.com/docs/rpc), at commitment `finalized`. All figures come from one
 * getMultipleAccounts, which is one slot's state. Nodes keep no older state: a figure is that of now.
 */
import { z } from 'zod';
import { integerNumber, JsonNumber } from '../../../../platform/http-client/exact-json.ts';
import type { Block, OpenedChain, Sighting, Wallets } from './chain.ts';
import { type Node, walletFault } from './endpoint.ts';
import { call, RpcRefusal } from './json-rpc.ts';

const HASH = z.string().regex(/^[1-9A-HJ-NP-Za-km-z]{32,44}$/, 'expected a hash in base58');
const BLOCK = z.object({ blockhash: HASH, blockTime: integerNumber.nullable() });
const CONTEXT = z.object({ slot: integerNumber });
const U64 = /^\d{1,20}$/;

const TOKEN_ACCOUNT = z.object({
  parsed: z.object({
    type: z.literal('account'),
    info: z.object({
      mint: z.string(),
      owner: z.string(),
      tokenAmount: z.object({ amount: z.string().regex(U64), decimals: integerNumber }),
    }),
  }),
});
const MINT = z.object({
  parsed: z.object({ type: z.literal('mint'), info: z.object({ decimals: integerNumber }) }),
});
const OWNED = z.object({ context: CONTEXT, value: z.array(z.object({ pubkey: z.string(), account: z.unknown() })) });
const accounts = <Schema extends z.ZodType>(each: Schema) => z.object({ context: CONTEXT, value: z.array(each) });
const COINS = accounts(z.object({ lamports: z.instanceof(JsonNumber) }).nullable());
const TOKENS = accounts(z.object({ data: z.union([TOKEN_ACCOUNT, MINT]) }).nullable());

const FINALIZED = { commitment: 'finalized' } as const;
/** Of getMultipleAccounts. */
const MOST_ACCOUNTS = 100;
/** "Minimum context slot has not been reached": another node behind the same address answered. */
const BEHIND = -32016;

/** @throws `wallet.wrong_chain`, `wallet.unanswered`, `wallet.malformed` (upstream), RpcRefusal */
export async function openSolana(node: Node, wallets: Wallets, genesis: string): Promise<OpenedChain> {
  const said = await call(node, 'getGenesisHash', [], HASH);
  if (said !== genesis) {
    throw walletFault('wallet.wrong_chain', `its genesis is ${said}; the network of the book begins with ${genesis}`);
  }
  const head = await blockAt(node, await call(node, 'getSlot', [FINALIZED], integerNumber));
  return {
    head,
    now: () => sight(node, wallets, head.number),
    hashAt: async (number) => (await blockAt(node, number)).hash,
  };
}

async function blockAt(node: Node, slot: number): Promise<Block> {
  const options = { ...FINALIZED, transactionDetails: 'none', rewards: false, maxSupportedTransactionVersion: 0 };
  const block = await call(node, 'getBlock', [slot, options], BLOCK.nullable());
  if (block === null || block.blockTime === null)
    throw walletFault('wallet.malformed', `tells no time of slot ${slot}`);
  return { number: slot, hash: block.blockhash, timeMs: block.blockTime * 1_000 };
}

async function sight(node: Node, wallets: Wallets, head: number): Promise<Sighting> {
  try {
    const { slot, balances } = await (wallets.token === undefined
      ? coins(node, wallets.addresses, head)
      : tokens(node, { ...wallets, token: wallets.token }, head));
    if (slot < head) throw walletFault('wallet.moved', `answered for slot ${slot}, before its own head ${head}`);
    return { block: await blockAt(node, slot), balances };
  } catch (error) {
    if (error instanceof RpcRefusal && error.code === BEHIND) throw walletFault('wallet.moved', error.message);
    throw error;
  }
}

interface AtSlot {
  readonly slot: number;
  readonly balances: readonly bigint[];
}

async function coins(node: Node, addresses: readonly string[], minContextSlot: number): Promise<AtSlot> {
  const options = { ...FINALIZED, encoding: 'base64', dataSlice: { offset: 0, length: 0 }, minContextSlot };
  const { context, value } = await call(node, 'getMultipleAccounts', [addresses, options], COINS);
  assertCount(value, addresses.length);
  const balances = value.map((account, index) => {
    if (account === null) {
      throw walletFault('wallet.missing', `does not know the wallet ${addresses[index]}: no such account exists`);
    }
    if (!U64.test(account.lamports.source)) {
      throw walletFault(
        'wallet.malformed',
        `the balance of ${addresses[index]} is ${account.lamports.source.slice(0, 40)}`,
      );
    }
    return BigInt(account.lamports.source);
  });
  return { slot: context.slot, balances };
}

type TokenWallets = Wallets & { readonly token: string };

/** Which token accounts the wallets own is asked wallet by wallet; what they hold, in one slot. */
async function tokens(
  node: Node,
  { addresses, token, decimals }: TokenWallets,
  minContextSlot: number,
): Promise<AtSlot> {
  const options = { ...FINALIZED, encoding: 'jsonParsed', minContextSlot };
  const owned = await Promise.all(
    addresses.map(async (owner) => {
      const found = await call(node, 'getTokenAccountsByOwner', [owner, { mint: token }, options], OWNED);
      if (found.value.length === 0) {
        throw walletFault('wallet.missing', `the wallet ${owner} has no account of the token ${token}`);
      }
      return { slot: found.context.slot, keys: found.value.map(({ pubkey }) => pubkey) };
    }),
  );
  const keys = [...new Set(owned.flatMap((each) => each.keys))];
  if (keys.length + 1 > MOST_ACCOUNTS) {
    throw walletFault(
      'wallet.malformed',
      `${keys.length} token accounts are more than one slot can be asked for; split the line`,
    );
  }
  const since = Math.max(minContextSlot, ...owned.map(({ slot }) => slot));
  const { context, value } = await call(
    node,
    'getMultipleAccounts',
    [[token, ...keys], { ...options, minContextSlot: since }],
    TOKENS,
  );
  assertCount(value, keys.length + 1);
  const [mint, ...held] = value;
  if (mint === null || mint === undefined || mint.data.parsed.type !== 'mint') {
    throw walletFault('wallet.no_contract', `there is no token at ${token}`);
  }
  if (mint.data.parsed.info.decimals !== decimals) {
    const said = mint.data.parsed.info.decimals;
    throw walletFault('wallet.wrong_unit', `the token ${token} has ${said} decimals; the book says ${decimals}`);
  }
  const sums = new Map(addresses.map((address) => [address, 0n]));
  held.forEach((account, index) => {
    const parsed = account?.data.parsed;
    if (parsed?.type !== 'account') throw walletFault('wallet.moved', `the token account ${keys[index]} is gone`);
    const { mint: of, owner, tokenAmount } = parsed.info;
    const sum = sums.get(owner);
    if (of !== token || sum === undefined || tokenAmount.decimals !== decimals) {
      throw walletFault(
        'wallet.malformed',
        `the token account ${keys[index]} is not of the wallets and the token asked for`,
      );
    }
    sums.set(owner, sum + BigInt(tokenAmount.amount));
  });
  return { slot: context.slot, balances: [...sums.values()] };
}

function assertCount(value: readonly unknown[], asked: number): void {
  if (value.length === asked) return;
  throw walletFault('wallet.malformed', `was asked for ${asked} accounts and answered with ${value.length}`);
}
