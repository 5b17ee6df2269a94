/** Wallets on simulated chains: what they hold at the cut and now, and the nodes that tell of it. */

import { WALLET, type WalletSource, walletSource } from '../../src/features/reconciliation/sources/wallets/config.ts';
import type { EndpointDeps } from '../../src/features/reconciliation/sources/wallets/endpoint.ts';
import type { Clock } from '../../src/kernel/clock.ts';
import { Currencies, type Currency } from '../../src/kernel/money.ts';
import { systemClock } from '../../src/platform/clock/system.ts';
import { fileReader } from '../../src/platform/files/reader.ts';
import { createHttpClient } from '../../src/platform/http-client/undici.ts';
import { base58 } from '../../src/sandbox/chains/base58.ts';
import { SimulatedChain } from '../../src/sandbox/chains/chain.ts';
import { evmChainId } from '../../src/sandbox/chains/evm-node.ts';
import type { NodeOptions } from '../../src/sandbox/chains/faults.ts';
import { type Family, type SimulatedNode, startNode } from '../../src/sandbox/chains/node.ts';

export const CUT = new Date('2026-11-23T17:00:00Z');
const NOW = CUT.getTime() + 600_000;
const BLOCK_MS = 12_000;
const START = CUT.getTime() - 1_200_000;

/** Stands at ten minutes after the cut; its timers are real. */
export const clock: Clock = { ...systemClock, now: () => NOW };

export const USDT: Currency = new Currencies([{ code: 'USDT', decimals: 18, shown: 6 }]).get('USDT');

/** Tether's contracts, and addresses from the standards' examples. */
export const ACCOUNTS: Readonly<
  Record<Family, { readonly token: string; readonly wallets: readonly [string, string] }>
> = {
  evm: {
    token: '0xdAC17F958D2ee523a2206206994597C13D831ec7',
    wallets: ['0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed', '0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359'],
  },
  tron: {
    token: 'TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t',
    wallets: ['TXLAQ63Xg1NAzckPwKHvzw7CSEmLMEqcdj', 'T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb'],
  },
  solana: {
    token: 'Es9vMFrzaCERmJfrF4H2FYD4KCoNkY11McCe8BenwNYB',
    wallets: ['4fYNw3dojWmQ4dXtSGE9epjRGy9pFSx62YypT7avPYvA', 'vines1vzrYbzLMRdu58ou5XTby4qAqVRLmqo36NKPTg'],
  },
};

/** In units of 6 decimals: at the cut 1,500.25 and 0.75, since then 400 less. */
export const AT_CUT = '1501.000000000000000000';
export const AT_NOW = '1101.000000000000000000';
export const COINS_NOW = '7.000000000000000000';

export function chainOf(family: Family): SimulatedChain {
  const { token, wallets } = ACCOUNTS[family];
  const own = (address: string): string => (family === 'evm' ? address.toLowerCase() : address);
  const chain = new SimulatedChain({ name: family, startMs: START, token: { address: token, decimals: 6 } });
  for (let timeMs = START + BLOCK_MS; timeMs <= NOW; timeMs += BLOCK_MS) {
    const { length } = chain.blocks;
    const change = (index: 0 | 1, asset: string, units: bigint) => ({ address: own(wallets[index]), asset, units });
    if (length === 3) {
      const coin = 7n * 10n ** (family === 'evm' ? 18n : family === 'tron' ? 6n : 9n);
      chain.mine(timeMs, [
        change(0, token, 1_500_250_000n),
        change(1, token, 750_000n),
        change(0, 'coin', coin),
        change(1, 'coin', coin),
      ]);
    } else chain.mine(timeMs, timeMs === CUT.getTime() + 5 * BLOCK_MS ? [change(0, token, 1_100_250_000n)] : []);
  }
  return chain;
}

export interface WalletRig {
  readonly family: Family;
  readonly chain: SimulatedChain;
  readonly nodes: readonly SimulatedNode[];
  readonly deps: EndpointDeps;
  source(config?: object): WalletSource;
  close(): Promise<void>;
}

export const networkOf = (family: Family, chain: SimulatedChain): object =>
  family === 'evm'
    ? { chain_id: evmChainId(chain.genesis), confirmations: 3 }
    : { network: family === 'tron' ? chain.genesis : base58(chain.genesis) };

/** One node for each of `options`. */
export async function startWallets(
  family: Family,
  options: readonly NodeOptions[],
  timeoutMs = 5_000,
): Promise<WalletRig> {
  const chain = chainOf(family);
  const nodes = await Promise.all(options.map((each) => startNode(family, chain, clock, each)));
  const http = createHttpClient({ clock });
  const { token, wallets } = ACCOUNTS[family];
  return {
    family,
    chain,
    nodes,
    deps: { http, clock, files: fileReader, timeoutMs },
    source(config = {}) {
      const whole = {
        chain: family,
        ...networkOf(family, chain),
        addresses: wallets,
        token,
        decimals: 6,
        endpoints: nodes.map(({ url }) => url),
        ...config,
      };
      return walletSource(WALLET.parse(whole), USDT);
    },
    async close() {
      await http.close();
      await Promise.all(nodes.map((node) => node.close()));
    },
  };
}
