/** The signer, where this process has one, joined with the log that it signs and with who is told when it refuses. */
import { join } from 'node:path';
import type { Signing } from '../features/audit/http.ts';
import { createKeeper } from '../features/audit/signer/keeper.ts';
import { folderKeys, textKeys } from '../features/audit/signer/keys.ts';
import type { LogSigner } from '../features/audit/signer/port.ts';
import { checkpointStore, logReader } from '../features/audit/signer/published-log.ts';
import { Publisher } from '../features/audit/signer/publisher.ts';
import { openSigner } from '../features/audit/signer/signer.ts';
import { isUnpublished } from '../features/audit/store.ts';
import { heldBack, WitnessedCheckpoints } from '../features/audit/witness/witnessed.ts';
import type { Loop } from '../platform/clock/loop.ts';
import type { Config } from '../platform/config/config.ts';
import { openStateFolder } from '../platform/files/folder.ts';
import { signingAlgorithms } from './audit-algorithms.ts';
import { tellOfDamage } from './audit-tell.ts';
import { openWitnesses, type WitnessingDeps } from './audit-witnesses.ts';

export interface AuditSigning {
  readonly signer: LogSigner;
  /** Has a checkpoint of at least that size signed, and cosigned where there are witnesses. */
  readonly publish: (size?: number) => Promise<unknown>;
  readonly keeper: Loop;
}

/** Undefined: this machine does not sign. */
export const signerFolder = ({ values }: Config): string | undefined =>
  values.AUDIT_SIGNER_FOLDER ?? (values.DATABASE_URL === undefined ? join(values.PLUMBLINE_DATA, 'signer') : undefined);

/** Undefined: this process does not sign. @throws what `openSigner` throws */
export async function openSigning(deps: WitnessingDeps): Promise<AuditSigning | undefined> {
  const { config, db, clock, log } = deps;
  const { AUDIT_SIGNING_KEY, AUDIT_ORIGIN } = config.values;
  const folder = signerFolder(config);
  if (folder === undefined) return undefined;
  const algorithms = signingAlgorithms(config.values);
  const files = openStateFolder({ folder, clock });
  const ring = AUDIT_SIGNING_KEY === undefined ? folderKeys(files, clock) : textKeys(AUDIT_SIGNING_KEY, clock);
  const signer = await openSigner({ files, ring, origin: AUDIT_ORIGIN, clock, algorithms });
  const store = checkpointStore(db);
  const witnesses = await openWitnesses(deps, signer, store);
  const publisher = new Publisher({
    ...{ db, signer, clock, log: logReader(db), store: witnesses === undefined ? store : heldBack(store) },
    onRefused: (refusal) => void tellOfDamage(deps, refusal),
  });
  const checkpoints =
    witnesses === undefined ? publisher : new WitnessedCheckpoints({ publisher, witnesses, store, clock });
  const publish = (size?: number): Promise<unknown> => checkpoints.publish(size);
  const keeper = createKeeper({
    ...{ clock, log, publish },
    isRefused: () => publisher.refusal !== undefined,
    hasGrown: () => isUnpublished(db.sql),
  });
  return { signer, publish, keeper };
}

/** What callers of the service may ask of it. */
export const signingOf = ({ signer, publish }: AuditSigning): Signing => ({
  publish,
  keys: () => signer.keys(),
});
