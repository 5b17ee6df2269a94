/** The two secrets of proofs: who signs headers, and what salts come from. Given, or made once and kept. */
import { generateKeyPairSync } from 'node:crypto';
import type { Random } from '../../../kernel/clock.ts';
import { PlumblineError } from '../../../kernel/errors.ts';
import type { StateFolder } from '../../../platform/files/port.ts';
import { type HeaderSigner, pemSigner } from './signing.ts';

export interface ProofSecrets {
  readonly signer: HeaderSigner;
  /** 32 bytes. Whoever has it can tell whose leaf is which, and lie about nothing. */
  readonly secret: Uint8Array;
}

export interface SecretsGiven {
  /** PEM, PKCS#8: RECONCILIATION_SIGNING_KEY. */
  readonly signingKey: string | undefined;
  /** 64 hexadecimal digits: RECONCILIATION_PROOF_SECRET. */
  readonly proofSecret: string | undefined;
  /** Where what is not given is made and kept; undefined: it has to be given. */
  readonly files: StateFolder | undefined;
  readonly random: Random;
}

const KEY = 'reconciliation-key.pem';
const SECRET = 'proof-secret';

/**
 * @returns undefined where neither is given and there is no folder to keep them in: then no proofs are made
 * @throws `proof.key_malformed`, `proof.secret_malformed`, `proof.half_configured` (invalid)
 */
export async function openProofSecrets(given: SecretsGiven): Promise<ProofSecrets | undefined> {
  const { files, random } = given;
  if (files === undefined) {
    const { signingKey, proofSecret } = given;
    if (signingKey === undefined && proofSecret === undefined) return undefined;
    if (signingKey === undefined || proofSecret === undefined) throw halfConfigured(signingKey === undefined);
    return { signer: pemSigner(signingKey, 'RECONCILIATION_SIGNING_KEY'), secret: secretOf(proofSecret) };
  }
  const kept = async (name: string, make: () => string): Promise<string> =>
    files.exclusive(async () => {
      const found = await files.read(name);
      if (found !== undefined) return found;
      const made = make();
      await files.write(name, made);
      return made;
    });
  const pem = given.signingKey ?? (await kept(KEY, makeKey));
  const secret = given.proofSecret ?? (await kept(SECRET, () => Buffer.from(random.bytes(32)).toString('hex')));
  const where = given.signingKey === undefined ? `${files.path}/${KEY}` : 'RECONCILIATION_SIGNING_KEY';
  return { signer: pemSigner(pem, where), secret: secretOf(secret.trim()) };
}

const makeKey = (): string =>
  generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

function secretOf(text: string): Uint8Array {
  if (/^[0-9a-f]{64}$/.test(text)) return Buffer.from(text, 'hex');
  throw new PlumblineError(
    'invalid',
    'proof.secret_malformed',
    'RECONCILIATION_PROOF_SECRET is not 64 hexadecimal digits (not shown: it is a secret); make one with: openssl rand -hex 32',
  );
}

const halfConfigured = (key: boolean): PlumblineError =>
  new PlumblineError(
    'invalid',
    'proof.half_configured',
    `proofs of liabilities need RECONCILIATION_SIGNING_KEY and RECONCILIATION_PROOF_SECRET; ${key ? 'the first' : 'the second'} is not set`,
  );
