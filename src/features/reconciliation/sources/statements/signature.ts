/** The bank's signature over the exact bytes of its answer, apart from them in a header. */
import { createHmac, createPublicKey, type KeyObject, timingSafeEqual, verify } from 'node:crypto';
import { z } from 'zod';
import type { FileReader } from '../../../../platform/files/port.ts';
import { readSecret } from '../secrets.ts';
import { statementFault } from './text.ts';

export const SIGNATURE = z.strictObject({
  algorithm: z.enum(['ed25519', 'hmac-sha256']),
  header: z.string().regex(/^[A-Za-z0-9-]{1,60}$/, 'the name of an HTTP header'),
  /** Ed25519: the public key, PEM or 32 bytes in base64. HMAC: the shared secret, as it is. */
  key_file: z.string().min(1),
});
export type SignatureRule = z.output<typeof SIGNATURE>;

/** @throws `statement.refused` (invalid) where it is missing or wrong; `secret.*`, `files.*` */
export async function verifySignature(
  files: FileReader,
  { algorithm, header, key_file }: SignatureRule,
  bytes: Uint8Array,
  headers: { readonly [name: string]: string },
  place: string,
): Promise<void> {
  const given = headers[header.toLowerCase()];
  if (given === undefined) throw statementFault(place, `the answer is not signed: it has no header ${header}`);
  const signature = bytesOf(given);
  if (signature === undefined)
    throw statementFault(place, `the signature in ${header} is neither base64 nor hexadecimal`);
  const secret = await readSecret(files, key_file);
  const isRight =
    algorithm === 'hmac-sha256'
      ? isHmac(secret, bytes, signature)
      : signature.length === 64 && verify(null, bytes, publicKey(secret, place), signature);
  if (!isRight)
    throw statementFault(place, `the signature in ${header} is not that of these bytes by the key in ${key_file}`);
}

function isHmac(secret: string, bytes: Uint8Array, signature: Uint8Array): boolean {
  const right = createHmac('sha256', secret).update(bytes).digest();
  return right.length === signature.length && timingSafeEqual(right, signature);
}

/** Some write `sha256=` or `ed25519=` before it. */
function bytesOf(text: string): Uint8Array | undefined {
  const value = text.trim().replace(/^(sha256|ed25519)=/i, '');
  if (/^([0-9a-f]{64}|[0-9a-f]{128})$/i.test(value)) return Buffer.from(value, 'hex');
  return /^[A-Za-z0-9+/_-]{43,88}={0,2}$/.test(value) ? Buffer.from(value, 'base64') : undefined;
}

function publicKey(text: string, place: string): KeyObject {
  try {
    if (text.includes('-----BEGIN')) {
      const key = createPublicKey(text);
      if (key.asymmetricKeyType === 'ed25519') return key;
    } else {
      const raw = Buffer.from(text, 'base64');
      if (raw.length === 32) {
        return createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x: raw.toString('base64url') } });
      }
    }
  } catch {
    // said below
  }
  throw statementFault(place, 'the key file holds no Ed25519 public key: PEM, or 32 bytes in base64');
}
