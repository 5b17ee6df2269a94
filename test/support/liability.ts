/** Secrets of proofs that are the same in every run of the tests. */
import { createPrivateKey } from 'node:crypto';
import type { ProofSecrets } from '../../src/features/reconciliation/proof/secrets.ts';
import { pemSigner } from '../../src/features/reconciliation/proof/signing.ts';

/** A private key whose seed is that byte, 32 times. */
export const keyOf = (byte: number): string =>
  createPrivateKey({
    key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.alloc(32, byte)]),
    format: 'der',
    type: 'pkcs8',
  })
    .export({ type: 'pkcs8', format: 'pem' })
    .toString();

export const proofSecrets: ProofSecrets = {
  signer: pemSigner(keyOf(7), 'the key of the tests'),
  secret: Buffer.alloc(32, 9),
};
