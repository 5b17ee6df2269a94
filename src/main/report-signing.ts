/** The key that signs evidence of reconciliations, where this process has one. */
import { join } from 'node:path';
import { openSigner, type Signer } from '../features/reconciliation/signing.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Config } from '../platform/config/config.ts';
import { openStateFolder } from '../platform/files/folder.ts';

/** Undefined: nothing is signed. @throws `reconciliation.key_malformed` (invalid) */
export const openReportSigner = ({ values }: Config, clock: Clock): Promise<Signer | undefined> =>
  openSigner({
    signingKey: values.RECONCILIATION_SIGNING_KEY,
    files:
      values.DATABASE_URL === undefined
        ? openStateFolder({ folder: join(values.PLUMBLINE_DATA, 'reconciliation'), clock })
        : undefined,
  });
