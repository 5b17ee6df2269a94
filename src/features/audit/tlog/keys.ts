/**
 * Keys of signed notes, and their texts:
 *
 *     name+id+base64(algorithm || public key)            of one that verifies
 *     PRIVATE+KEY+name+id+base64(algorithm || seed)      of one that signs: a secret
 *
 * The id is the beginning of a hash over name, algorithm and public key: it tells keys apart, and proves
 * nothing. (c2sp.org/signed-note, pkg.go.dev/golang.org/x/mod/sumdb/note)
 */
import { createPrivateKey, createPublicKey, hash, type KeyObject, randomBytes, sign, verify } from 'node:crypto';
import { isPlumblineError, messageOf, PlumblineError } from '../../../kernel/errors.ts';
import { fromBase64, toBase64 } from './base64.ts';
import { ALGORITHM, type KeyAlgorithm, signedBytes, splitTime, withTime } from './cosignature.ts';

/** What can judge the signatures of one key. */
export interface Verifier {
  readonly name: string;
  readonly keyId: number;
  /** The key's first byte. */
  readonly algorithm: number;
  /** `signature` as it stands in the note, without the key id. */
  verify(text: string, signature: Uint8Array): boolean;
}

/** What can sign with one key, wherever that key is. */
export interface Signer {
  readonly name: string;
  readonly keyId: number;
  sign(text: string): Promise<Uint8Array> | Uint8Array;
}

export interface SigningKey extends Signer {
  readonly algorithm: KeyAlgorithm;
  /** The key that verifies, as text. */
  readonly vkey: string;
  /** This key, as text: a secret. */
  readonly secret: string;
}

const SEED_BYTES = 32;

interface Encoding {
  readonly publicBytes: number;
  /** What stands before the bare key in its DER forms (RFC 8410, RFC 9881): Node reads no bare keys. */
  readonly spki: Buffer;
  readonly pkcs8: Buffer;
}
const ED25519: Encoding = {
  publicBytes: 32,
  spki: Buffer.from('302a300506032b6570032100', 'hex'),
  pkcs8: Buffer.from('302e020100300506032b657004220420', 'hex'),
};
const ENCODINGS: Readonly<Record<KeyAlgorithm, Encoding>> = {
  ed25519: ED25519,
  'ed25519-cosignature': ED25519,
  'ml-dsa-44': {
    publicBytes: 1_312,
    spki: Buffer.from('30820532300b06096086480165030403110382052100', 'hex'),
    pkcs8: Buffer.from('3034020100300b060960864801650304031104228020', 'hex'),
  },
};

/** @throws `audit.vkey_malformed` (invalid) */
export function parseVerifierKey(vkey: string): Verifier {
  const malformed = (why: string): PlumblineError => vkeyMalformed(vkey, why);
  const { name, algorithm, keyId, body } = parts(vkey, 'a verifier key is <name>+<id>+<base64>', malformed);
  const { publicBytes, spki } = ENCODINGS[algorithm];
  if (body.length !== publicBytes) throw malformed(`its key has ${body.length} bytes instead of ${publicBytes}`);
  assertId(keyId, idOf(name, algorithm, body), malformed);
  const key = imported(
    () => createPublicKey({ key: Buffer.concat([spki, body]), format: 'der', type: 'spki' }),
    malformed,
  );
  return {
    ...{ name, keyId, algorithm: ALGORITHM[algorithm] },
    verify: (text, bytes) => {
      const timed = algorithm === 'ed25519' ? { seconds: 0, signature: bytes } : splitTime(bytes);
      if (timed === undefined) return false;
      try {
        return verify(null, signedBytes(algorithm, name, text, timed.seconds), key, timed.signature);
      } catch (error) {
        // A witness signs checkpoints alone: of another text this is no signature.
        if (isPlumblineError(error)) return false;
        throw error;
      }
    },
  };
}

const vkeyMalformed = (vkey: string, why: string): PlumblineError =>
  new PlumblineError(
    'invalid',
    'audit.vkey_malformed',
    `"${vkey.length > 120 ? `${vkey.slice(0, 120)}...` : vkey}" is no key that verifies: ${why}; copy it again from its owner`,
  );

/**
 * @param now seconds since the Unix epoch, for cosignatures
 * @throws `audit.skey_malformed` (invalid); no message holds any part of the key
 */
export function parseSigningKey(secret: string, now: () => number): SigningKey {
  const text = secret.startsWith(PRIVATE) ? secret.slice(PRIVATE.length) : '';
  const { name, algorithm, keyId, body } = parts(text, `it is ${PRIVATE}<name>+<id>+<base64>`, skeyMalformed);
  if (body.length !== SEED_BYTES) throw skeyMalformed(`it has ${body.length} bytes instead of ${SEED_BYTES}`);
  const key = signingKey(name, algorithm, body, now);
  assertId(keyId, key.keyId, skeyMalformed);
  return key;
}

const PRIVATE = 'PRIVATE+KEY+';

const skeyMalformed = (why: string): PlumblineError =>
  new PlumblineError(
    'invalid',
    'audit.skey_malformed',
    `this is no key that signs (not shown: it is a secret): ${why}; give the text that was made with it`,
  );

/** @param now as of `parseSigningKey`. @throws `audit.key_name` (invalid) */
export function generateSigningKey(name: string, algorithm: KeyAlgorithm, now: () => number): SigningKey {
  assertKeyName(name);
  return signingKey(name, algorithm, randomBytes(SEED_BYTES), now);
}

function signingKey(name: string, algorithm: KeyAlgorithm, seed: Uint8Array, now: () => number): SigningKey {
  const { pkcs8, publicBytes } = ENCODINGS[algorithm];
  const pem = { key: Buffer.concat([pkcs8, seed]), format: 'der', type: 'pkcs8' } as const;
  const key = imported(() => createPrivateKey(pem), skeyMalformed);
  const body = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-publicBytes);
  const keyId = idOf(name, algorithm, body);
  return {
    ...{ name, keyId, algorithm },
    vkey: textOf(name, algorithm, keyId, body),
    secret: PRIVATE + textOf(name, algorithm, keyId, seed),
    sign: (text) => {
      if (algorithm === 'ed25519') return sign(null, Buffer.from(text), key);
      const seconds = now();
      return withTime(seconds, sign(null, signedBytes(algorithm, name, text, seconds), key));
    },
  };
}

/** Neither white space, by Unicode's definition, nor "+", which separates the parts of a key's text. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
const NAME = /^[^\p{White_Space}\u0000-\u001f+]+$/u;

export const isKeyName = (name: string): boolean => NAME.test(name) && name.isWellFormed();

/** @throws `audit.key_name` (invalid) */
export function assertKeyName(name: string): void {
  if (isKeyName(name)) return;
  throw new PlumblineError(
    'invalid',
    'audit.key_name',
    `"${name.slice(0, 60)}" is no name of a key: it is not empty, and has no spaces and no "+"; for example log.example/audit`,
  );
}

/** How a key is called in messages. */
export const keyLabel = ({ name, keyId }: { readonly name: string; readonly keyId: number }): string =>
  `${name}+${idText(keyId)}`;

const idText = (keyId: number): string => keyId.toString(16).padStart(8, '0');

/** The first four bytes of the hash of name and key. */
function idOf(name: string, algorithm: KeyAlgorithm, body: Uint8Array): number {
  const key = Buffer.concat([Buffer.from(`${name}\n`), Buffer.of(ALGORITHM[algorithm]), body]);
  return hash('sha256', key, 'buffer').readUInt32BE();
}

const textOf = (name: string, algorithm: KeyAlgorithm, keyId: number, body: Uint8Array): string =>
  `${keyLabel({ name, keyId })}+${toBase64(Buffer.concat([Buffer.of(ALGORITHM[algorithm]), body]))}`;

/** What the two texts share. A name has no "+", base 64 may. */
function parts(text: string, form: string, malformed: (why: string) => PlumblineError) {
  const [, name = '', id = '', base64 = ''] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(text) ?? [];
  const bytes = fromBase64(base64);
  const [type] = bytes ?? [];
  if (!isKeyName(name) || bytes === undefined || type === undefined) throw malformed(form);
  const algorithm = ALGORITHMS.find((each) => ALGORITHM[each] === type);
  if (algorithm === undefined) {
    throw malformed(`its algorithm is 0x${type.toString(16).padStart(2, '0')}; 0x01, 0x04 and 0x06 are known`);
  }
  return { name, algorithm, keyId: Number.parseInt(id, 16), body: bytes.subarray(1) };
}

const ALGORITHMS = ['ed25519', 'ed25519-cosignature', 'ml-dsa-44'] as const;

function assertId(given: number, right: number, malformed: (why: string) => PlumblineError): void {
  if (given === right) return;
  throw malformed(`its id is ${idText(given)}, but the one of this name and key is ${idText(right)}`);
}

/** Whether this Node has such signatures: before 24 it knows no ML-DSA. */
export function canSignWith(algorithm: KeyAlgorithm): boolean {
  const { pkcs8 } = ENCODINGS[algorithm];
  try {
    createPrivateKey({ key: Buffer.concat([pkcs8, Buffer.alloc(SEED_BYTES, 1)]), format: 'der', type: 'pkcs8' });
    return true;
  } catch {
    return false;
  }
}

function imported(read: () => KeyObject, malformed: (why: string) => PlumblineError): KeyObject {
  try {
    return read();
  } catch (error) {
    throw malformed(`Node ${process.version} makes nothing of it (${messageOf(error)})`);
  }
}
