/** Who signs what reconciliation gives away: one Ed25519 key, given or made once and kept. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';
import { PlumblineError } from '../../kernel/errors.ts';
import { sha256Hex } from '../../kernel/hash.ts';
import type { StateFolder } from '../../platform/files/port.ts';

export interface PublicKey {
  /** 32 bytes in base64. */
  readonly publicKey: string;
  /** The first 16 hexadecimal digits of the SHA-256 of the 32 bytes. */
  readonly keyId: string;
}

export interface Signer extends PublicKey {
  /** The public half as `openssl` reads it: SubjectPublicKeyInfo in PEM. */
  readonly publicPem: string;
  /** 64 bytes (RFC 8032). */
  sign(bytes: Uint8Array): Uint8Array;
}

/** What a bare Ed25519 key has before it in its DER form (RFC 8410). */
const SPKI = Buffer.from('302a300506032b6570032100', 'hex');
const FILE = 'reconciliation-key.pem';

const keyIdOf = (raw: Uint8Array): string => sha256Hex(raw).slice(0, 16);

export interface SigningGiven {
  /** PEM, PKCS#8: RECONCILIATION_SIGNING_KEY. */
  readonly signingKey: string | undefined;
  /** Where a key is made and kept that is not given; undefined: it has to be given. */
  readonly files: StateFolder | undefined;
}

/**
 * @returns undefined where no key is given and there is no folder to keep one in: nothing is signed then
 * @throws `reconciliation.key_malformed` (invalid)
 */
export async function openSigner({ signingKey, files }: SigningGiven): Promise<Signer | undefined> {
  if (signingKey !== undefined) return signerOf(signingKey, 'RECONCILIATION_SIGNING_KEY');
  if (files === undefined) return undefined;
  const pem = await files.exclusive(async () => {
    const found = await files.read(FILE);
    if (found !== undefined) return found;
    const made = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    await files.write(FILE, made);
    return made;
  });
  return signerOf(pem, `${files.path}/${FILE}`);
}

/**
 * @param pem the private key, PKCS#8 (`openssl genpkey -algorithm ed25519`)
 * @param where for messages
 * @throws `reconciliation.key_malformed` (invalid)
 */
export function signerOf(pem: string, where: string): Signer {
  const key = ed25519(() => createPrivateKey(pem));
  if (key === undefined) {
    const why = 'is not an Ed25519 key in PEM (not shown: it is a secret)';
    throw malformed(`${where} ${why}; make one with: openssl genpkey -algorithm ed25519`);
  }
  const half = createPublicKey(key);
  const raw = rawOf(half);
  return {
    publicKey: raw.toString('base64'),
    keyId: keyIdOf(raw),
    publicPem: half.export({ type: 'spki', format: 'pem' }).toString(),
    sign: (bytes) => sign(null, bytes, key),
  };
}

/**
 * @param text a public key: PEM as `openssl pkey -pubout` writes it, or its 32 bytes in base64
 * @param where for messages
 * @throws `reconciliation.key_malformed` (invalid)
 */
export function publicKeyOf(text: string, where: string): PublicKey & { readonly key: KeyObject } {
  const bytes = Buffer.from(text.trim(), 'base64');
  const isRaw = bytes.length === 32 && bytes.toString('base64') === text.trim();
  const key = ed25519(() =>
    isRaw ? createPublicKey({ key: Buffer.concat([SPKI, bytes]), format: 'der', type: 'spki' }) : createPublicKey(text),
  );
  if (key === undefined)
    throw malformed(`${where} is not a public Ed25519 key; give its PEM, or its 32 bytes in base64`);
  const raw = rawOf(key);
  return { key, publicKey: raw.toString('base64'), keyId: keyIdOf(raw) };
}

/** @param signature 64 bytes in base64 */
export function isSignedBy(key: KeyObject, bytes: Uint8Array, signature: string): boolean {
  const decoded = Buffer.from(signature, 'base64');
  // One signature has one text: another that decodes to the same bytes would be a second.
  return decoded.toString('base64') === signature && decoded.length === 64 && verify(null, bytes, key, decoded);
}

const rawOf = (key: KeyObject): Buffer =>
  Buffer.from(key.export({ format: 'der', type: 'spki' }).subarray(SPKI.length));

function ed25519(read: () => KeyObject): KeyObject | undefined {
  try {
    const key = read();
    return key.asymmetricKeyType === 'ed25519' ? key : undefined;
  } catch {
    return undefined;
  }
}

const malformed = (message: string): PlumblineError =>
  new PlumblineError('invalid', 'reconciliation.key_malformed', message);
