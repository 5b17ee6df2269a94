/** What signs evidence of reconciliations and proofs of liabilities, where this process has it. */
import { join } from 'node:path';
import { openProofSecrets } from '../features/reconciliation/proof/secrets.ts';
import { type ProofDeps, ProofOfLiabilities } from '../features/reconciliation/proof/service.ts';
import { openSigner, type Signer } from '../features/reconciliation/signing.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Config } from '../platform/config/config.ts';
import { openStateFolder } from '../platform/files/folder.ts';
import type { StateFolder } from '../platform/files/port.ts';
import { openObjects } from './adapters.ts';

/** Undefined: nothing is signed. @throws `reconciliation.key_malformed` (invalid) */
export const openReportSigner = ({ values }: Config, clock: Clock): Promise<Signer | undefined> =>
  openSigner({
    signingKey: values.RECONCILIATION_SIGNING_KEY,
    files: keptIn(values, clock),
  });

/** Undefined: no proofs are made. @throws `proof.key_malformed`, `proof.secret_malformed`, `proof.half_configured` (invalid) */
export async function openProofs(
  config: Config,
  deps: Omit<ProofDeps, 'objects' | 'secrets' | 'scratch'>,
): Promise<ProofOfLiabilities | undefined> {
  const { values } = config;
  const secrets = await openProofSecrets({
    signingKey: values.RECONCILIATION_SIGNING_KEY,
    proofSecret: values.RECONCILIATION_PROOF_SECRET,
    files: keptIn(values, deps.clock),
    random: deps.random,
  });
  if (secrets === undefined) return undefined;
  const scratch = join(values.PLUMBLINE_DATA, 'scratch');
  return new ProofOfLiabilities({ ...deps, objects: openObjects(config), secrets, scratch });
}

/** With the embedded database, what is not given is made once and kept. */
const keptIn = (
  { DATABASE_URL: url, PLUMBLINE_DATA: folder }: Config['values'],
  clock: Clock,
): StateFolder | undefined =>
  url === undefined ? openStateFolder({ folder: join(folder, 'reconciliation'), clock }) : undefined;
