/**
 * Keys of signed notes, and their texts:
 *
 *     name+keyid+base64(algorithm || public key)               a verifier key
 *     PRIVATE+KEY+name+keyid+base64(algorithm || seed)         a signing key, to be kept secret
 *
 * The key id is the beginning of a hash over name, algorithm and public key: it tells keys apart, and
 * proves nothing.
 */
import { createPrivateKey, createPublicKey, hash, type KeyObject, sign, verify } from 'node:crypto';
import { messageOf, PlumblineError } from '../../../kernel/errors.ts';
import { fromBase64, toBase64 } from './base64.ts';

/** What can judge the signatures of one key. */
export interface Verifier {
  readonly name: string;
  readonly keyId: number;
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

export const ALGORITHMS = { ed25519: 0x01, cosignature: 0x04, mlDsa44: 0x06 } as const;

/** Neither white space, by Unicode's definition, nor "+", which separates the parts of a key's text. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
const NAME = /^[^\p{White_Space}\u0000-\u001f+]+$/u;

export const isKeyName = (name: string): boolean => NAME.test(name) && name.isWellFormed();

export function keyIdOf(name: string, algorithm: number, publicKey: Uint8Array): number {
  const named = Buffer.concat([Buffer.from(`${name}\n`), Buffer.of(algorithm), publicKey]);
  return hash('sha256', named, 'buffer').readUInt32BE(0);
}

const keyIdText = (keyId: number): string => keyId.toString(16).padStart(8, '0');

/** How a key is called in messages. */
export const keyLabel = ({ name, keyId }: { readonly name: string; readonly keyId: number }): string =>
  `${name}+${keyIdText(keyId)}`;

export interface PublicKeyText {
  readonly name: string;
  readonly keyId: number;
  readonly algorithm: number;
  readonly publicKey: Buffer;
}

export function formatVerifierKey(name: string, algorithm: number, publicKey: Uint8Array): string {
  const material = Buffer.concat([Buffer.of(algorithm), publicKey]);
  return `${keyLabel({ name, keyId: keyIdOf(name, algorithm, publicKey) })}+${toBase64(material)}`;
}

/** @throws `audit.vkey_malformed` (invalid) */
export function parsePublicKeyText(vkey: string): PublicKeyText {
  const parts = partsOf(vkey);
  if (parts === undefined) {
    throw vkeyMalformed(vkey, 'it must be <name>+<key id, 8 hexadecimal digits>+<base64>');
  }
  const { name, keyId, algorithm, material } = parts;
  const right = keyIdOf(name, algorithm, material);
  if (right !== keyId) {
    throw vkeyMalformed(
      vkey,
      `its key id is ${keyIdText(keyId)}, but that of this name and key is ${keyIdText(right)}`,
    );
  }
  return { name, keyId, algorithm, publicKey: material };
}

export const vkeyMalformed = (vkey: string, why: string): PlumblineError =>
  new PlumblineError(
    'invalid',
    'audit.vkey_malformed',
    `"${vkey.length > 120 ? `${vkey.slice(0, 120)}...` : vkey}" is no verifier key: ${why}; copy it again from its owner`,
  );

/** A private key with the name it signs under. */
export interface SigningKey {
  readonly name: string;
  /** ed25519 or mlDsa44. One Ed25519 key may sign as a log and, by its other key id, as a witness. */
  readonly algorithm: number;
  readonly privateKey: KeyObject;
}

/**
 * The text of a new signing key.
 * @param seed 32 bytes of a cryptographically strong source
 * @throws `audit.key_name_invalid` (invalid)
 */
export function formatSigningKey(
  name: string,
  seed: Uint8Array,
  algorithm: number = ALGORITHMS.ed25519,
): { readonly skey: string; readonly vkey: string } {
  assertKeyName(name);
  const publicKey = rawPublicKey(privateKeyOf(algorithm, seed));
  const label = keyLabel({ name, keyId: keyIdOf(name, algorithm, publicKey) });
  return {
    skey: `PRIVATE+KEY+${label}+${toBase64(Buffer.concat([Buffer.of(algorithm), seed]))}`,
    vkey: formatVerifierKey(name, algorithm, publicKey),
  };
}

/** @throws `audit.skey_malformed` (invalid); no message holds any part of the key */
export function parseSigningKey(skey: string): SigningKey {
  const prefix = 'PRIVATE+KEY+';
  const parts = skey.startsWith(prefix) ? partsOf(skey.slice(prefix.length)) : undefined;
  if (parts === undefined) throw skeyMalformed('it must be PRIVATE+KEY+<name>+<key id>+<base64>');
  const { name, keyId, algorithm, material } = parts;
  const privateKey = privateKeyOf(algorithm, material);
  const right = keyIdOf(name, algorithm, rawPublicKey(privateKey));
  if (right !== keyId) throw skeyMalformed(`its key id is ${keyIdText(keyId)}, but the key's is ${keyIdText(right)}`);
  return { name, algorithm, privateKey };
}

const skeyMalformed = (why: string, cause?: unknown): PlumblineError =>
  new PlumblineError(
    'invalid',
    'audit.skey_malformed',
    `the signing key cannot be read: ${why}; give the text that was made with it`,
    { cause },
  );

/** @throws `audit.key_name_invalid` (invalid) */
export function assertKeyName(name: string): void {
  if (isKeyName(name)) return;
  throw new PlumblineError(
    'invalid',
    'audit.key_name_invalid',
    `"${name}" cannot name a key: it must not be empty and has neither white space nor "+"; write it like log.example.com/audit`,
  );
}

/** The part that both texts share. A name has no "+", base 64 may. */
function partsOf(text: string) {
  const [, name = '', hex = '', base64 = ''] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(text) ?? [];
  const bytes = fromBase64(base64);
  const algorithm = bytes?.[0];
  if (!isKeyName(name) || bytes === undefined || algorithm === undefined) return undefined;
  return { name, keyId: Number.parseInt(hex, 16), algorithm, material: bytes.subarray(1) };
}

/**
 * Node reads no bare keys; these DER prefixes (RFC 8410, RFC 9881) make them whole. What follows is
 * the public key, or the seed of the private one.
 */
const DER = {
  [ALGORITHMS.ed25519]: {
    name: 'ed25519',
    publicBytes: 32,
    spki: Buffer.from('302a300506032b6570032100', 'hex'),
    pkcs8: Buffer.from('302e020100300506032b657004220420', 'hex'),
  },
  [ALGORITHMS.mlDsa44]: {
    name: 'ml-dsa-44',
    publicBytes: 1312,
    spki: Buffer.from('30820532300b06096086480165030403110382052100', 'hex'),
    pkcs8: Buffer.from('3034020100300b060960864801650304031104228020', 'hex'),
  },
} as const;

const SEED_BYTES = 32;

/** How the key of a signature type is encoded: witnesses sign with ordinary Ed25519 keys. */
const derOf = (algorithm: number) =>
  algorithm === ALGORITHMS.mlDsa44
    ? DER[ALGORITHMS.mlDsa44]
    : algorithm === ALGORITHMS.ed25519 || algorithm === ALGORITHMS.cosignature
      ? DER[ALGORITHMS.ed25519]
      : undefined;

/** @throws an error that says why; callers name the key */
export function publicKeyOf(algorithm: number, raw: Uint8Array): KeyObject {
  const der = derOf(algorithm);
  if (der === undefined)
    throw new Error(`its algorithm is 0x${algorithm.toString(16).padStart(2, '0')}, known are 0x01, 0x04 and 0x06`);
  if (raw.length !== der.publicBytes) throw new Error(`its key has ${raw.length} bytes instead of ${der.publicBytes}`);
  return createPublicKey({ key: Buffer.concat([der.spki, raw]), format: 'der', type: 'spki' });
}

function privateKeyOf(algorithm: number, seed: Uint8Array): KeyObject {
  const der = algorithm === ALGORITHMS.cosignature ? undefined : derOf(algorithm);
  if (der === undefined) throw skeyMalformed('its algorithm must be 0x01 (Ed25519) or 0x06 (ML-DSA-44)');
  if (seed.length !== SEED_BYTES) throw skeyMalformed(`it has ${seed.length} bytes instead of ${SEED_BYTES}`);
  try {
    return createPrivateKey({ key: Buffer.concat([der.pkcs8, seed]), format: 'der', type: 'pkcs8' });
  } catch (error) {
    throw skeyMalformed(`this Node ${process.version} makes nothing of it (${messageOf(error)})`, error);
  }
}

/** The bare public key of an Ed25519 or ML-DSA-44 key, public or private. */
export function rawPublicKey(key: KeyObject): Buffer {
  const spki = (key.type === 'private' ? createPublicKey(key) : key).export({ format: 'der', type: 'spki' });
  for (const der of Object.values(DER)) {
    if (spki.length === der.spki.length + der.publicBytes && spki.subarray(0, der.spki.length).equals(der.spki)) {
      return spki.subarray(der.spki.length);
    }
  }
  throw new PlumblineError(
    'invalid',
    'audit.key_unsupported',
    `a key of type ${key.asymmetricKeyType} cannot sign notes; use Ed25519 or ML-DSA-44`,
  );
}

/** Signs a note's text with an Ed25519 key, as a log does. */
export function ed25519Signer(name: string, privateKey: KeyObject): Signer & { readonly vkey: string } {
  assertKeyName(name);
  const publicKey = rawPublicKey(privateKey);
  if (publicKey.length !== DER[ALGORITHMS.ed25519].publicBytes) {
    throw new PlumblineError('invalid', 'audit.key_unsupported', `the key of ${name} is not an Ed25519 key; use one`);
  }
  return {
    name,
    keyId: keyIdOf(name, ALGORITHMS.ed25519, publicKey),
    vkey: formatVerifierKey(name, ALGORITHMS.ed25519, publicKey),
    sign: (text) => sign(null, Buffer.from(text), privateKey),
  };
}

export const ED25519_SIGNATURE_BYTES = 64;

/** Verifies what `ed25519Signer` signs. */
export function ed25519Verifier({ name, keyId, publicKey }: PublicKeyText): Verifier {
  const key = publicKeyOf(ALGORITHMS.ed25519, publicKey);
  return {
    name,
    keyId,
    algorithm: ALGORITHMS.ed25519,
    verify: (text, signature) =>
      signature.length === ED25519_SIGNATURE_BYTES && verify(null, Buffer.from(text), key, signature),
  };
}
