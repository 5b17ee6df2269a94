import { describe, expect, it } from 'vitest';
import type { Currency } from '../../../../kernel/money.ts';
import { WALLET, walletKeys, walletSource } from './config.ts';

const USDT: Currency = { code: 'USDT', decimals: 18, shown: 6 };
const ADDRESS = '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed';
const EVM = {
  chain: 'evm',
  chain_id: 1,
  addresses: [ADDRESS],
  token: '0xdAC17F958D2ee523a2206206994597C13D831ec7',
  decimals: 6,
  endpoints: ['https://one.example/v3/key', 'https://two.example', 'https://three.example'],
};

const faults = (change: object): readonly string[] => {
  const parsed = WALLET.safeParse({ ...EVM, ...change });
  return parsed.success ? [] : parsed.error.issues.map(({ path, message }) => `/${path.join('/')}: ${message}`);
};

describe('a wallet of a book', () => {
  it('needs no more than the chain, the wallets and the nodes', () => {
    expect(walletSource(WALLET.parse(EVM), USDT)).toMatchObject({
      chain: { family: 'evm', chainId: 1, confirmations: 12 },
      quorum: 2,
      maxHeadAgeMs: 300_000,
      mayBeEmpty: false,
    });
    const tron = {
      chain: 'tron',
      addresses: ['TXLAQ63Xg1NAzckPwKHvzw7CSEmLMEqcdj'],
      endpoints: ['https://tron.example'],
    };
    expect(walletSource(WALLET.parse(tron), USDT)).toMatchObject({
      chain: { family: 'tron', genesis: '00000000000000001ebf88508a03865c71d452e25f4d51194196a1d22b6653dc' },
      decimals: 6,
      quorum: 1,
    });
  });

  it.each([
    [{ addresses: [] }, '/addresses: at least one address: a line without wallets would always read zero'],
    [{ addresses: [ADDRESS, ADDRESS] }, `/addresses/1: ${ADDRESS} is listed twice and would count twice`],
    [{ quorum: 1 }, '/quorum: 1 of 3 is no majority: two answers could both have it'],
    [{ quorum: 4 }, '/quorum: 4 of 3 endpoints can never agree; declare more endpoints'],
    [{ decimals: undefined }, '/decimals: say how many decimals the token has; the chain is asked whether it is so'],
    [{ token: undefined }, "/decimals: the chain's own coin has 18 decimals; leave the key out, or name the token"],
    [
      { endpoints: ['https://one.example/a', 'https://one.example/b'] },
      '/endpoints: https://one.example is listed twice; its agreement with itself proves nothing',
    ],
  ])('refuses %j', (change, fault) => {
    expect(faults(change)).toEqual([fault]);
  });

  it('refuses an address with a slip, and a secret in the address of a node', () => {
    expect(faults({ addresses: [`${ADDRESS.slice(0, -1)}e`] })[0]).toMatch(/^\/addresses\/0: the checksum/);
    expect(faults({ endpoints: ['https://user:secret@one.example'] })[0]).toMatch(/^\/endpoints\/0\/url: a secret/);
    expect(faults({ endpoints: ['one.example'] })).toEqual(['/endpoints/0/url: the http(s) address of a node']);
    expect(faults({ endpoints: [{ header: { name: 'X', file: '/x' } }] })).toEqual([
      '/endpoints/0: exactly one of url and url_file',
    ]);
  });

  it('refuses a currency that is coarser than the chain', () => {
    expect(() => walletSource(WALLET.parse({ ...EVM, decimals: 18 }), { ...USDT, decimals: 6 })).toThrow(
      expect.objectContaining({ code: 'book.wallet_precision' }),
    );
  });

  it('has a key for each wallet, so that two lines cannot count one', () => {
    expect(walletKeys(walletSource(WALLET.parse(EVM), USDT))).toEqual([
      `evm:1:0xdAC17F958D2ee523a2206206994597C13D831ec7:${ADDRESS}`,
    ]);
  });
});
