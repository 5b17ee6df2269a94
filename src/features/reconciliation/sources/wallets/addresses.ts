/**
 * Addresses of the three families, checked by what they carry against slips of the pen: a wallet that
 * nobody owns reads as an honest zero, so the slip has to be found when the book is read.
 */
import { hash } from 'node:crypto';
import { keccak256 } from './keccak.ts';

/** What is wrong with it and what would be right; undefined where nothing is. */
export type AddressFault = string | undefined;

const HEX_ADDRESS = /^0x[0-9a-fA-F]{40}$/;

/** EIP-55: a letter is upper case where the hash of the lower-case digits has a nibble of 8 or more. */
export function checksummed(address: string): string {
  const digits = address.slice(2).toLowerCase();
  const nibbles = Buffer.from(keccak256(Buffer.from(digits))).toString('hex');
  const cased = [...digits].map((digit, index) =>
    Number.parseInt(nibbles.charAt(index), 16) >= 8 ? digit.toUpperCase() : digit,
  );
  return `0x${cased.join('')}`;
}

/** An address without capitals carries no checksum: whoever means it writes the form that does. */
export function evmAddressFault(address: string): AddressFault {
  if (!HEX_ADDRESS.test(address)) return `"${shown(address)}" is not an address: 0x and 40 hexadecimal digits`;
  const right = checksummed(address);
  if (address === right) return undefined;
  return /[a-f]/.test(address.slice(2)) && /[A-F]/.test(address.slice(2))
    ? `the checksum of ${address} (EIP-55) does not fit: a digit or a letter's case is wrong`
    : `${address} carries no checksum; if every digit of it is right, write ${right}`;
}

const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

/** Undefined where a character is not of the alphabet. */
export function fromBase58(text: string): Uint8Array | undefined {
  let value = 0n;
  for (const character of text) {
    const digit = ALPHABET.indexOf(character);
    if (digit < 0) return undefined;
    value = value * 58n + BigInt(digit);
  }
  const digits = value === 0n ? '' : value.toString(16);
  const zeros = /^1*/.exec(text)?.[0].length ?? 0;
  return Buffer.concat([Buffer.alloc(zeros), Buffer.from(digits.length % 2 === 1 ? `0${digits}` : digits, 'hex')]);
}

const sha256 = (bytes: Uint8Array): Buffer => hash('sha256', bytes, 'buffer');

const TRON_PREFIX = 0x41;
const TRON_BYTES = 25;

/** Base58check: 0x41, 20 bytes, and 4 of their double SHA-256. */
export function tronAddressFault(address: string): AddressFault {
  const bytes = address.length > 60 ? undefined : fromBase58(address);
  if (bytes === undefined || bytes.length !== TRON_BYTES || bytes[0] !== TRON_PREFIX) {
    return `"${shown(address)}" is not an address of TRON: T and 33 more base58 characters`;
  }
  const check = sha256(sha256(bytes.subarray(0, 21))).subarray(0, 4);
  return check.equals(bytes.subarray(21)) ? undefined : `the checksum of ${address} does not fit: a character is wrong`;
}

/** The 20 bytes of a TRON address as the ABI wants them: 32 bytes, hexadecimal. */
export const tronAbiWord = (address: string): string =>
  Buffer.from(fromBase58(address)?.subarray(1, 21) ?? [])
    .toString('hex')
    .padStart(64, '0');

/** 32 bytes in base58: a Solana address has no checksum of its own. */
export function solanaAddressFault(address: string): AddressFault {
  const bytes = address.length > 50 ? undefined : fromBase58(address);
  return bytes?.length === 32 ? undefined : `"${shown(address)}" is not an address of Solana: 32 bytes in base58`;
}

const shown = (text: string): string => text.slice(0, 80);
