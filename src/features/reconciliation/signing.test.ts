import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { isSignedBy, openSigner, publicKeyOf, signerOf } from './signing.ts';

// RFC 8032, 7.1, test 2.
const SECRET = '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb';
const PUBLIC = '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c';
const SIGNATURE =
  '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00';
const PEM = `-----BEGIN PRIVATE KEY-----\n${Buffer.from(`302e020100300506032b657004220420${SECRET}`, 'hex').toString('base64')}\n-----END PRIVATE KEY-----\n`;

test('signs as RFC 8032 does, and its public half is read in both forms', () => {
  const signer = signerOf(PEM, 'the key');
  expect(Buffer.from(signer.publicKey, 'base64').toString('hex')).toBe(PUBLIC);
  const signature = Buffer.from(signer.sign(Buffer.from('72', 'hex')));
  expect(signature.toString('hex')).toBe(SIGNATURE);
  for (const text of [signer.publicKey, signer.publicPem]) {
    const { key, keyId } = publicKeyOf(text, 'the key');
    expect(keyId).toBe(signer.keyId);
    expect(isSignedBy(key, Buffer.from('72', 'hex'), signature.toString('base64'))).toBe(true);
    expect(isSignedBy(key, Buffer.from('73', 'hex'), signature.toString('base64'))).toBe(false);
    expect(isSignedBy(key, Buffer.from('72', 'hex'), signature.toString('base64url'))).toBe(false);
  }
});

test('what is no Ed25519 key is refused, and not shown', async () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  for (const text of [pem, 'secret', '']) {
    expect(() => signerOf(text, 'RECONCILIATION_SIGNING_KEY')).toThrow(
      /^RECONCILIATION_SIGNING_KEY is not an Ed25519 key/,
    );
  }
  expect(() => publicKeyOf(rsa.publicKey.export({ type: 'spki', format: 'pem' }).toString(), 'key.pem')).toThrow(
    'key.pem',
  );
  expect(await openSigner({ signingKey: undefined, files: undefined })).toBeUndefined();
});
