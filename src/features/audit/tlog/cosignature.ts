/**
 * Cosignatures (c2sp.org/tlog-cosignature): a witness says that, at a time, a checkpoint was the largest
 * it had seen of that log, and continued what it had seen before. The signature is the time, 8 bytes,
 * then that of an Ed25519 key (type 0x04) or of an ML-DSA-44 key (type 0x06), each over its own message.
 * A log that wants a second, post-quantum signature of its own signs by 0x06 too.
 */
import { type KeyObject, sign, verify } from 'node:crypto';
import { PlumblineError } from '../../../kernel/errors.ts';
import { type Checkpoint, parseCheckpoint } from './checkpoint.ts';
import {
  ALGORITHMS,
  assertKeyName,
  formatVerifierKey,
  keyIdOf,
  type PublicKeyText,
  publicKeyOf,
  rawPublicKey,
  type Signer,
  type Verifier,
} from './keys.ts';

const TIME_BYTES = 8;
const MAX_TIME = 2n ** 63n - 1n;
const SIGNATURE_BYTES: Readonly<Record<number, number>> = {
  [ALGORITHMS.cosignature]: 64,
  [ALGORITHMS.mlDsa44]: 2420,
};

/**
 * Signs as a witness; the kind of the key decides the type of signature.
 * @param now seconds since the epoch
 */
export function cosigner(name: string, privateKey: KeyObject, now: () => number): Signer & { readonly vkey: string } {
  assertKeyName(name);
  const algorithm = privateKey.asymmetricKeyType === 'ed25519' ? ALGORITHMS.cosignature : ALGORITHMS.mlDsa44;
  const publicKey = rawPublicKey(privateKey);
  return {
    name,
    keyId: keyIdOf(name, algorithm, publicKey),
    vkey: formatVerifierKey(name, algorithm, publicKey),
    sign(text) {
      const time = BigInt(now());
      const timeBytes = Buffer.alloc(TIME_BYTES);
      timeBytes.writeBigUInt64BE(time);
      return Buffer.concat([timeBytes, sign(null, messageOf(algorithm, name, time, text), privateKey)]);
    },
  };
}

/** @throws an error that says why; callers name the key */
export function cosignatureVerifier({ name, keyId, algorithm, publicKey }: PublicKeyText): Verifier {
  const key = publicKeyOf(algorithm, publicKey);
  return {
    name,
    keyId,
    algorithm,
    verify(text, signature) {
      if (signature.length !== TIME_BYTES + (SIGNATURE_BYTES[algorithm] ?? 0)) return false;
      const time = timeOf(signature);
      if (time > MAX_TIME) return false;
      try {
        return verify(null, messageOf(algorithm, name, time, text), key, signature.subarray(TIME_BYTES));
      } catch (error) {
        // Witnesses sign checkpoints alone: of another text this is no signature.
        if (error instanceof PlumblineError) return false;
        throw error;
      }
    },
  };
}

/**
 * When it was signed, in seconds since the epoch: 0, the cosigner says nothing of when.
 * @param signature as it stands in the note, without the key id
 */
export function cosignatureTime(signature: Uint8Array): number | undefined {
  if (signature.length < TIME_BYTES) return undefined;
  const seconds = Number(timeOf(signature));
  return Number.isSafeInteger(seconds) ? seconds : undefined;
}

const timeOf = (signature: Uint8Array): bigint => Buffer.from(signature.subarray(0, TIME_BYTES)).readBigUInt64BE(0);

/** @throws `audit.checkpoint_malformed`, `audit.checkpoint_extended` (invalid) */
function messageOf(algorithm: number, cosigner: string, time: bigint, text: string): Buffer {
  const checkpoint = parseCheckpoint(text);
  return algorithm === ALGORITHMS.mlDsa44
    ? subtreeMessage(cosigner, time, checkpoint)
    : Buffer.from(`cosignature/v1\ntime ${time}\n${text}`);
}

/** The structure `cosigned_message` of the whole tree, that is from leaf 0. */
function subtreeMessage(cosigner: string, time: bigint, { origin, size, root, extensions }: Checkpoint): Buffer {
  if (extensions.length > 0) {
    // This message leaves extension lines out: they would look signed and are not.
    throw new PlumblineError(
      'invalid',
      'audit.checkpoint_extended',
      `the checkpoint of ${origin} has extension lines, which ML-DSA-44 does not cosign; sign it without them`,
    );
  }
  return Buffer.concat([
    Buffer.from('subtree/v1\n\0'),
    shortText(cosigner),
    uint64(time),
    shortText(origin),
    uint64(0n),
    uint64(BigInt(size)),
    root,
  ]);
}

function shortText(text: string): Buffer {
  const bytes = Buffer.from(text);
  if (bytes.length < 1 || bytes.length > 255) {
    throw new PlumblineError(
      'invalid',
      'audit.checkpoint_malformed',
      `"${text.slice(0, 80)}" has ${bytes.length} bytes; ML-DSA-44 cosigns names and origins of 1 to 255`,
    );
  }
  return Buffer.concat([Buffer.of(bytes.length), bytes]);
}

function uint64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(value);
  return bytes;
}
