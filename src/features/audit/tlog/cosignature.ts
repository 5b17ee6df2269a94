/**
 * What is signed by each algorithm of key: the text itself, or the text and the time at which it was seen.
 * https://c2sp.org/tlog-cosignature
 */
import { parseCheckpoint } from './checkpoint.ts';

/** The first byte of a key (https://c2sp.org/signed-note, tlog-cosignature). */
export const ALGORITHM = { ed25519: 0x01, 'ed25519-cosignature': 0x04, 'ml-dsa-44': 0x06 } as const;
export type KeyAlgorithm = keyof typeof ALGORITHM;

const SECONDS_BYTES = 8;

/** @param seconds since the Unix epoch */
export function signedBytes(algorithm: KeyAlgorithm, name: string, text: string, seconds: number): Buffer {
  if (algorithm === 'ed25519') return Buffer.from(text);
  if (algorithm === 'ed25519-cosignature') return Buffer.from(`cosignature/v1\ntime ${seconds}\n${text}`);
  const { origin, size, root } = parseCheckpoint(text);
  return Buffer.concat([
    Buffer.from('subtree/v1\n\0'),
    shortText(name),
    uint64(seconds),
    shortText(origin),
    uint64(0),
    uint64(size),
    root,
  ]);
}

/** Cosignatures carry their time before them. */
export const withTime = (seconds: number, signature: Uint8Array): Buffer => Buffer.concat([uint64(seconds), signature]);

/** The seconds and the signature; undefined where it is too short to hold both. */
export function splitTime(bytes: Uint8Array): { readonly seconds: number; readonly signature: Uint8Array } | undefined {
  if (bytes.length <= SECONDS_BYTES) return undefined;
  const seconds = Number(Buffer.from(bytes).readBigUInt64BE());
  return Number.isSafeInteger(seconds) ? { seconds, signature: bytes.subarray(SECONDS_BYTES) } : undefined;
}

function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

/** Behind its length, of one byte. */
const shortText = (text: string): Buffer => Buffer.concat([Buffer.of(Buffer.byteLength(text)), Buffer.from(text)]);
