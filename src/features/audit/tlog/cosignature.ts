/**
 * What is signed by each kind of key (c2sp.org/signed-note, c2sp.org/tlog-cosignature): the note's text
 * as it is; or, by a witness, that at a time a checkpoint was the largest it had seen of that log and
 * continued what it had seen before. Such a signature is the time, 8 bytes, then that of an Ed25519 key
 * or of an ML-DSA-44 key, each over a message of its own. A log that wants a second, post-quantum
 * signature signs as an ML-DSA-44 witness of itself.
 */
import { PlumblineError } from '../../../kernel/errors.ts';
import { type Checkpoint, parseCheckpoint } from './checkpoint.ts';

/** The first byte of a key. */
export const ALGORITHM = { ed25519: 0x01, 'ed25519-cosignature': 0x04, 'ml-dsa-44': 0x06 } as const;
export type KeyAlgorithm = keyof typeof ALGORITHM;

const SECONDS_BYTES = 8;

/**
 * @param name of the key
 * @param seconds since the Unix epoch
 * @throws `audit.checkpoint_malformed`, `audit.checkpoint_extended` (invalid): witnesses sign checkpoints alone
 */
export function signedBytes(algorithm: KeyAlgorithm, name: string, text: string, seconds: number): Buffer {
  if (algorithm === 'ed25519') return Buffer.from(text);
  const checkpoint = parseCheckpoint(text);
  return algorithm === 'ml-dsa-44'
    ? subtreeMessage(name, seconds, checkpoint)
    : Buffer.from(`cosignature/v1\ntime ${seconds}\n${text}`);
}

/** The structure `cosigned_message`, of the whole tree: from leaf 0. */
function subtreeMessage(name: string, seconds: number, { origin, size, root, extensions }: Checkpoint): Buffer {
  if (extensions.length > 0) {
    // This message leaves extension lines out: they would look signed and are not.
    throw new PlumblineError(
      'invalid',
      'audit.checkpoint_extended',
      `the checkpoint of ${origin} has extension lines, which ML-DSA-44 does not cosign; sign it without them`,
    );
  }
  const parts = [shortText(name), uint64(seconds), shortText(origin), uint64(0), uint64(size), root];
  return Buffer.concat([Buffer.from('subtree/v1\n\0'), ...parts]);
}

/** Cosignatures carry their time before them. */
export const withTime = (seconds: number, signature: Uint8Array): Buffer => Buffer.concat([uint64(seconds), signature]);

/**
 * The seconds, 0 where the cosigner does not say when, and the signature; undefined where it is too short
 * to hold both, or its time is none.
 * @param bytes of a cosignature as it stands in the note, without the key id
 */
export function splitTime(bytes: Uint8Array): { readonly seconds: number; readonly signature: Uint8Array } | undefined {
  if (bytes.length <= SECONDS_BYTES) return undefined;
  const seconds = Number(Buffer.from(bytes.subarray(0, SECONDS_BYTES)).readBigUInt64BE());
  return Number.isSafeInteger(seconds) ? { seconds, signature: bytes.subarray(SECONDS_BYTES) } : undefined;
}

function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

/** Behind its length, of one byte. */
function shortText(text: string): Buffer {
  const bytes = Buffer.from(text);
  if (bytes.length >= 1 && bytes.length <= 255) return Buffer.concat([Buffer.of(bytes.length), bytes]);
  throw new PlumblineError(
    'invalid',
    'audit.checkpoint_malformed',
    `"${text.slice(0, 80)}" has ${bytes.length} bytes; ML-DSA-44 cosigns names and origins of 1 to 255`,
  );
}
