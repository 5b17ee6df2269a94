import { describe, expect, it } from 'vitest';
import {
  checksummed,
  evmAddressFault,
  fromBase58,
  solanaAddressFault,
  tronAbiWord,
  tronAddressFault,
} from './addresses.ts';
import { keccak256 } from './keccak.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('keccak256', () => {
  // https://github.com/XKCP/XKCP, ShortMsgKAT_Keccak-256, and Ethereum's hash of nothing.
  it.each([
    ['', 'c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470'],
    ['transfer(address,uint256)', 'a9059cbb2ab09eb219583f4a59a5d0623ade346d962bcd4e46b11da047c9049b'],
  ])('hashes %j', (message, digest) => {
    expect(hex(keccak256(Buffer.from(message)))).toBe(digest);
  });

  it('hashes what fills one block, and more than one', () => {
    const lengths = [135, 136, 137, 300];
    const digests = lengths.map((length) => hex(keccak256(Buffer.alloc(length, 'a'))));
    expect(new Set(digests).size).toBe(lengths.length);
    expect(hex(keccak256(Buffer.from('balanceOf(address)'))).slice(0, 8)).toBe('70a08231');
    expect(hex(keccak256(Buffer.from('decimals()'))).slice(0, 8)).toBe('313ce567');
  });
});

describe('addresses', () => {
  // The examples of EIP-55.
  it.each([
    '0x52908400098527886E0F7030069857D2E4169EE7',
    '0xde709f2102306220921060314715629080e2fb77',
    '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed',
    '0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359',
    '0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb',
  ])('takes %s', (address) => {
    expect(checksummed(address.toLowerCase())).toBe(address);
    expect(evmAddressFault(address)).toBeUndefined();
  });

  it('refuses a slip of the pen and shows the right form where there is no checksum', () => {
    expect(evmAddressFault('0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAee')).toContain('EIP-55');
    expect(evmAddressFault('0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed')).toContain(
      'write 0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed',
    );
    expect(evmAddressFault('0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAe')).toContain('40 hexadecimal digits');
  });

  it("checks TRON's base58check", () => {
    expect(tronAddressFault('TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t')).toBeUndefined();
    expect(tronAddressFault('TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6s')).toContain('checksum');
    expect(tronAddressFault('1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa')).toContain('not an address of TRON');
    expect(tronAddressFault('TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj60')).toContain('not an address of TRON');
    // https://developers.tron.network/docs/account: USDT's contract in hexadecimal.
    expect(tronAbiWord('TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t')).toBe(
      '000000000000000000000000a614f803b6fd780986a42c78ec9c7f77e6ded13c',
    );
  });

  it('wants 32 bytes of Solana', () => {
    expect(solanaAddressFault('Es9vMFrzaCERmJfrF4H2FYD4KCoNkY11McCe8BenwNYB')).toBeUndefined();
    expect(solanaAddressFault('11111111111111111111111111111111')).toBeUndefined();
    expect(solanaAddressFault('Es9vMFrzaCERmJfrF4H2FYD4KCoNkY11McCe8Be')).toContain('32 bytes');
    expect(fromBase58('0')).toBeUndefined();
  });
});
