/**
 * Keys as text: `name+id+base64` of one that verifies, `PRIVATE+KEY+name+id+base64` of one that signs.
 * https://c2sp.org/signed-note, https://pkg.go.dev/golang.org/x/mod/sumdb/note
 */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  hash,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';
import { z } from 'zod';
import { PlumblineError } from '../../../kernel/errors.ts';
import { ALGORITHM, type KeyAlgorithm, signedBytes, splitTime, withTime } from './cosignature.ts';

export interface Verifier {
  readonly name: string;
  readonly keyId: number;
  /** The key's first byte. */
  readonly algorithm: number;
  verify(text: string, signature: Uint8Array): boolean;
}

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
const PUBLIC_BYTES: Readonly<Record<KeyAlgorithm, number>> = {
  ed25519: 32,
  'ed25519-cosignature': 32,
  'ml-dsa-44': 1_312,
};
/** What stands before the key in its DER forms (RFC 8410, RFC 9881). */
const ED25519 = { spki: '302a300506032b6570032100', pkcs8: '302e020100300506032b657004220420' };
const ML_DSA_44 = {
  spki: '30820532300b0609608648016503040311038205' + '2100',
  pkcs8: '3034020100300b060960864801650304031104228020',
};
const DER: Readonly<Record<KeyAlgorithm, { readonly spki: string; readonly pkcs8: string }>> = {
  ed25519: ED25519,
  'ed25519-cosignature': ED25519,
  'ml-dsa-44': ML_DSA_44,
};

const TEXT = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})$/u;
const PRIVATE = 'PRIVATE+KEY+';

/** @throws `audit.vkey_malformed` (invalid) */
export function parseVerifierKey(vkey: string): Verifier {
  const { name, algorithm, keyId, body } = parts(vkey, 'audit.vkey_malformed', PUBLIC_BYTES);
  if (keyId !== idOf(name, algorithm, body))
    throw malformed('audit.vkey_malformed', 'its id is not the one of this name and key');
  const key = createPublicKey({
    key: Buffer.concat([Buffer.from(DER[algorithm].spki, 'hex'), body]),
    format: 'der',
    type: 'spki',
  });
  return {
    ...{ name, keyId, algorithm: ALGORITHM[algorithm] },
    verify: (text, signature) => {
      if (algorithm === 'ed25519') return verify(null, Buffer.from(text), key, signature);
      const timed = splitTime(signature);
      return (
        timed !== undefined && verify(null, signedBytes(algorithm, name, text, timed.seconds), key, timed.signature)
      );
    },
  };
}

/** @param now seconds since the Unix epoch, for cosignatures. @throws `audit.skey_malformed` (invalid) */
export function parseSigningKey(secret: string, now: () => number): SigningKey {
  const text = secret.startsWith(PRIVATE) ? secret.slice(PRIVATE.length) : '';
  const { name, algorithm, keyId, body } = parts(text, 'audit.skey_malformed', () => SEED_BYTES);
  const key = signingKey(name, algorithm, fromSeed(algorithm, body), now);
  if (key.keyId !== keyId) throw malformed('audit.skey_malformed', 'its id is not the one of this name and key');
  return key;
}

/** @param now as of `parseSigningKey`. @throws `audit.key_name` (invalid) */
export function generateSigningKey(name: string, algorithm: KeyAlgorithm, now: () => number): SigningKey {
  if (!/^[^\s+]{1,255}$/u.test(name)) {
    throw new PlumblineError(
      'invalid',
      'audit.key_name',
      `"${name.slice(0, 60)}" is no name of a key: it has no spaces and no "+"`,
    );
  }
  return signingKey(name, algorithm, newPrivateKey(algorithm), now);
}

function signingKey(name: string, algorithm: KeyAlgorithm, key: KeyObject, now: () => number): SigningKey {
  const body = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-PUBLIC_BYTES[algorithm]);
  const keyId = idOf(name, algorithm, body);
  return {
    ...{ name, keyId, algorithm },
    vkey: textOf(name, algorithm, keyId, body),
    secret: PRIVATE + textOf(name, algorithm, keyId, seedOf(key)),
    sign: (text) => {
      if (algorithm === 'ed25519') return sign(null, Buffer.from(text), key);
      const seconds = now();
      return withTime(seconds, sign(null, signedBytes(algorithm, name, text, seconds), key));
    },
  };
}

/** The first four bytes of the hash of name and key. */
function idOf(name: string, algorithm: KeyAlgorithm, body: Uint8Array): number {
  const key = Buffer.concat([Buffer.from(`${name}\n`), Buffer.of(ALGORITHM[algorithm]), body]);
  return hash('sha256', key, 'buffer').readUInt32BE();
}

const textOf = (name: string, algorithm: KeyAlgorithm, keyId: number, body: Uint8Array): string =>
  `${name}+${keyId.toString(16).padStart(8, '0')}+${Buffer.concat([Buffer.of(ALGORITHM[algorithm]), body]).toString('base64')}`;

function parts(text: string, code: string, lengths: Readonly<Record<KeyAlgorithm, number>> | (() => number)) {
  const [, name, id, base64 = ''] = TEXT.exec(text) ?? [];
  const bytes = Buffer.from(base64, 'base64');
  const [algorithm] = Object.entries(ALGORITHM).find(([, byte]) => byte === bytes[0]) ?? [];
  if (
    name === undefined ||
    id === undefined ||
    algorithm === undefined ||
    !isAlgorithm(algorithm) ||
    bytes.toString('base64') !== base64
  ) {
    throw malformed(code, 'it is a name, an id of 8 hexadecimal digits and a key in base64, with "+" between them');
  }
  const body = bytes.subarray(1);
  const length = typeof lengths === 'function' ? lengths() : lengths[algorithm];
  if (body.length !== length)
    throw malformed(code, `a key of kind ${algorithm} has ${length} bytes, not ${body.length}`);
  return { name, algorithm, keyId: Number.parseInt(id, 16), body };
}

const isAlgorithm = (name: string): name is KeyAlgorithm => Object.hasOwn(ALGORITHM, name);

/** The text itself is not shown: it may be a secret. */
const malformed = (code: string, why: string): PlumblineError =>
  new PlumblineError('invalid', code, `this is no key: ${why}`);

const fromSeed = (algorithm: KeyAlgorithm, seed: Uint8Array): KeyObject =>
  createPrivateKey({
    key: Buffer.concat([Buffer.from(DER[algorithm].pkcs8, 'hex'), seed]),
    format: 'der',
    type: 'pkcs8',
  });

const newPrivateKey = (algorithm: KeyAlgorithm): KeyObject =>
  (algorithm === 'ml-dsa-44' ? generateKeyPairSync('ml-dsa-44') : generateKeyPairSync('ed25519')).privateKey;

const JWK = z.union([z.object({ priv: z.base64url() }), z.object({ d: z.base64url() })]);

function seedOf(key: KeyObject): Buffer {
  const jwk = JWK.parse(key.export({ format: 'jwk' }));
  return Buffer.from('priv' in jwk ? jwk.priv : jwk.d, 'base64url');
}
