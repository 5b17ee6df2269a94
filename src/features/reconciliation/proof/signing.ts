/** Who signs headers: an Ed25519 key, and how its two halves are written. */
import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { PlumblineError } from '../../../kernel/errors.ts';
import { headerBytes } from './format.ts';
import type { Header } from './header.ts';

export interface HeaderSigner {
  /** The public half, 32 bytes in base64: what verifiers are given. */
  readonly publicKey: string;
  sign(header: Header): string;
}

/** What a bare Ed25519 key has before it in its DER form (RFC 8410). */
const SPKI = Buffer.from('302a300506032b6570032100', 'hex');

/**
 * @param pem the private key, PKCS#8 (`openssl genpkey -algorithm ed25519`)
 * @throws `proof.key_malformed` (invalid)
 */
export function pemSigner(pem: string, where: string): HeaderSigner {
  const malformed = (cause?: unknown): PlumblineError =>
    new PlumblineError(
      'invalid',
      'proof.key_malformed',
      `${where} is not an Ed25519 key in PEM (not shown: it is a secret); make one with: openssl genpkey -algorithm ed25519`,
      { cause },
    );
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch (error) {
    throw malformed(error);
  }
  if (key.asymmetricKeyType !== 'ed25519') throw malformed();
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
  return {
    publicKey: spki.subarray(SPKI.length).toString('base64'),
    sign: (header) => sign(null, headerBytes(header), key).toString('base64'),
  };
}

/** @returns undefined where the text is no public key */
export function publicKeyOf(base64: string): KeyObject | undefined {
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.length !== 32 || bytes.toString('base64') !== base64) return undefined;
  return createPublicKey({ key: Buffer.concat([SPKI, bytes]), format: 'der', type: 'spki' });
}

export const isSignedBy = (header: Header, signature: string, key: KeyObject): boolean =>
  verify(null, headerBytes(header), key, Buffer.from(signature, 'base64'));
