/** What a book says of wallets, and what is made of it. */
import { z } from 'zod';
import { PlumblineError } from '../../../../kernel/errors.ts';
import type { Currency } from '../../../../kernel/money.ts';
import { type AddressFault, evmAddressFault, solanaAddressFault, tronAddressFault } from './addresses.ts';
import { ENDPOINT, type Endpoint, endpointOf, sameHost } from './endpoint.ts';

export interface WalletSource {
  readonly chain: ChainOf;
  /** At least one; no two are the same. */
  readonly addresses: readonly string[];
  /** Contract or mint; undefined: the chain's own coin. */
  readonly token: string | undefined;
  /** Of the units that the chain counts in. */
  readonly decimals: number;
  readonly endpoints: readonly Endpoint[];
  /** How many endpoints have to say the same; more than half of them. */
  readonly quorum: number;
  /** A node whose newest block is older than this lags, and is not asked. */
  readonly maxHeadAgeMs: number;
  /** A single endpoint's zero is believed. */
  readonly mayBeEmpty: boolean;
}

export type ChainOf =
  | { readonly family: 'evm'; readonly chainId: number; readonly confirmations: number }
  | { readonly family: 'tron'; readonly genesis: string }
  | { readonly family: 'solana'; readonly genesis: string };

/** https://developers.tron.network/docs/networks: the ids of the blocks numbered 0. */
const TRON_NETWORKS: Readonly<Record<string, string>> = {
  mainnet: '00000000000000001ebf88508a03865c71d452e25f4d51194196a1d22b6653dc',
  nile: '0000000000000000d698d4192c56cb6be724a558448e2684802de4d6cd8690dc',
  shasta: '0000000000000000de1aa88295e1fcf982742f773e0419c5a9c134c994a9059e',
};

/** What getGenesisHash answers on each cluster (https://solana.com/docs/references/clusters). */
const SOLANA_NETWORKS: Readonly<Record<string, string>> = {
  mainnet: '5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d',
  devnet: 'EtWTRABZaYq6iMfeYKouRu166VU2xqa1wcaWoxPkrZBG',
  testnet: '4uhcVJyU9pJkvQyS88uRDiswHXSCkY3zQawwpjk2NsNY',
};

const NATIVE_DECIMALS = { evm: 18, tron: 6, solana: 9 } as const;

const common = (address: (text: string) => AddressFault, headAgeSeconds: number) => {
  const checked = z.string('an address, in quotes').superRefine((text, context) => {
    const message = address(text);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });
  return {
    addresses: z
      .array(checked)
      .min(1, 'at least one address: a line without wallets would always read zero')
      .max(100)
      .superRefine((given, context) => {
        given.forEach((each, index) => {
          if (given.indexOf(each) === index) return;
          context.addIssue({ code: 'custom', path: [index], message: `${each} is listed twice and would count twice` });
        });
      }),
    token: checked.optional(),
    decimals: z.int().min(0).max(30).optional(),
    endpoints: z.array(ENDPOINT).min(1).max(9),
    quorum: z.int().min(1).max(9).optional(),
    max_head_age_seconds: z.int().min(1).max(86_400).default(headAgeSeconds),
    may_be_empty: z.boolean().default(false),
  };
};

const network = (known: Readonly<Record<string, string>>, form: RegExp, what: string) =>
  z.string().transform((text, context) => {
    const genesis = known[text] ?? (form.test(text) ? text : undefined);
    if (genesis !== undefined) return genesis;
    context.addIssue({ code: 'custom', message: `one of ${Object.keys(known).join(', ')}, or ${what}` });
    return z.NEVER;
  });

const EVM = z.strictObject({
  chain: z.literal('evm'),
  chain_id: z.int().min(1),
  /** The depth at which the platform credits a deposit: assets are counted with the finality of liabilities. */
  confirmations: z.int().min(0).max(10_000).default(12),
  ...common(evmAddressFault, 300),
});
const TRON = z.strictObject({
  chain: z.literal('tron'),
  network: network(TRON_NETWORKS, /^[0-9a-f]{64}$/, 'the id of block 0, 64 hexadecimal digits').prefault('mainnet'),
  ...common(tronAddressFault, 300),
});
const SOLANA = z.strictObject({
  chain: z.literal('solana'),
  network: network(SOLANA_NETWORKS, /^[1-9A-HJ-NP-Za-km-z]{32,44}$/, 'the genesis hash, base58').prefault('mainnet'),
  ...common(solanaAddressFault, 300),
});

/** The value of a line's key `wallet`. */
export const WALLET = z.discriminatedUnion('chain', [EVM, TRON, SOLANA]).superRefine((wallet, context) => {
  const fault = (path: string, message: string): void => context.addIssue({ code: 'custom', path: [path], message });
  const { endpoints, quorum } = wallet;
  if (quorum !== undefined && quorum > endpoints.length) {
    fault('quorum', `${quorum} of ${endpoints.length} endpoints can never agree; declare more endpoints`);
  }
  if (quorum !== undefined && quorum * 2 <= endpoints.length) {
    fault('quorum', `${quorum} of ${endpoints.length} is no majority: two answers could both have it`);
  }
  if (wallet.token !== undefined && wallet.decimals === undefined) {
    fault('decimals', 'say how many decimals the token has; the chain is asked whether it is so');
  }
  const native = NATIVE_DECIMALS[wallet.chain];
  if (wallet.token === undefined && wallet.decimals !== undefined && wallet.decimals !== native) {
    fault('decimals', `the chain's own coin has ${native} decimals; leave the key out, or name the token`);
  }
  for (const message of sameHost(endpoints)) fault('endpoints', message);
});

/** @throws `book.wallet_precision` (invalid): the line's currency cannot carry what the chain counts in */
export function walletSource(config: z.output<typeof WALLET>, currency: Currency): WalletSource {
  const decimals = config.decimals ?? NATIVE_DECIMALS[config.chain];
  if (decimals > currency.decimals) {
    throw new PlumblineError(
      'invalid',
      'book.wallet_precision',
      `the wallet counts in ${decimals} decimals, ${currency.code} has ${currency.decimals} in this book; declare ${currency.code} under "currencies" with ${decimals} decimals`,
      { details: { currency: currency.code, decimals } },
    );
  }
  return {
    chain: chainOf(config),
    addresses: config.addresses,
    token: config.token,
    decimals,
    endpoints: config.endpoints.map(endpointOf),
    quorum: config.quorum ?? Math.floor(config.endpoints.length / 2) + 1,
    maxHeadAgeMs: config.max_head_age_seconds * 1_000,
    mayBeEmpty: config.may_be_empty,
  };
}

function chainOf(config: z.output<typeof WALLET>): ChainOf {
  if (config.chain === 'evm') {
    return { family: 'evm', chainId: config.chain_id, confirmations: config.confirmations };
  }
  return { family: config.chain, genesis: config.network };
}

/** What a wallet is, wherever it is declared: two lines with one of these count it twice. */
export const walletKeys = ({ chain, addresses, token }: WalletSource): readonly string[] =>
  addresses.map((address) =>
    [chain.family, chain.family === 'evm' ? chain.chainId : chain.genesis, token ?? 'coin', address].join(':'),
  );
