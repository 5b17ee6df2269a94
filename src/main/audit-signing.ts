/** The signer, where this process has one, joined with the log that it signs and with who is told when it refuses. */
import { join } from 'node:path';
import type { Signing } from '../features/audit/http.ts';
import { CheckpointKeeper } from '../features/audit/signer/keeper.ts';
import { folderKeys, textKeys } from '../features/audit/signer/keys.ts';
import type { LogSigner } from '../features/audit/signer/port.ts';
import { checkpointStore, logReader } from '../features/audit/signer/published-log.ts';
import { Publisher } from '../features/audit/signer/publisher.ts';
import { openSigner } from '../features/audit/signer/signer.ts';
import { isUnpublished } from '../features/audit/store.ts';
import type { NotificationService } from '../features/notifications/service.ts';
import type { Clock } from '../kernel/clock.ts';
import type { PlumblineError } from '../kernel/errors.ts';
import type { Config } from '../platform/config/config.ts';
import type { Db } from '../platform/db/port.ts';
import { openStateFolder } from '../platform/files/folder.ts';
import type { Logger } from '../platform/telemetry/port.ts';

export interface SigningDeps {
  readonly config: Config;
  readonly db: Db;
  readonly clock: Clock;
  readonly log: Logger;
  readonly notifications: NotificationService;
}

export interface AuditSigning {
  readonly signer: LogSigner;
  readonly publisher: Publisher;
  readonly keeper: CheckpointKeeper;
}

/** Undefined: this machine does not sign. */
export const signerFolder = ({ values }: Config): string | undefined =>
  values.AUDIT_SIGNER_FOLDER ?? (values.DATABASE_URL === undefined ? join(values.PLUMBLINE_DATA, 'signer') : undefined);

/** Undefined: this process does not sign. @throws what `openSigner` throws */
export async function openSigning(deps: SigningDeps): Promise<AuditSigning | undefined> {
  const { config, db, clock, log } = deps;
  const { AUDIT_SIGNING_KEY, AUDIT_ORIGIN } = config.values;
  const folder = signerFolder(config);
  if (folder === undefined) return undefined;
  const files = openStateFolder({ folder, clock });
  const ring = AUDIT_SIGNING_KEY === undefined ? folderKeys(files, clock) : textKeys(AUDIT_SIGNING_KEY, clock);
  const signer = await openSigner({ files, ring, origin: AUDIT_ORIGIN, clock });
  const publisher = new Publisher({
    ...{ db, signer, clock, log: logReader(db), store: checkpointStore(db) },
    onRefused: (refusal) => void tell(deps, refusal),
  });
  const hasGrown = (): Promise<boolean> => isUnpublished(db.sql);
  return { signer, publisher, keeper: new CheckpointKeeper({ clock, log, publisher, hasGrown }) };
}

/** What callers of the service may ask of it. */
export const signingOf = ({ signer, publisher }: AuditSigning): Signing => ({
  publish: (size) => publisher.publish(size),
  keys: () => signer.keys(),
});

/** Somebody has rewritten the log, or lost a part of it: nothing is signed until a person has looked. */
async function tell({ db, log, notifications }: SigningDeps, refusal: PlumblineError): Promise<void> {
  log.fatal({ code: refusal.code, err: refusal }, refusal.message);
  const notice = {
    key: `${refusal.code}:${JSON.stringify(refusal.details)}`.slice(0, 200),
    event: 'audit.refused',
    severity: 'critical',
    message: refusal.message,
    payload: { code: refusal.code },
  } as const;
  try {
    await db.transaction({}, (tx) => notifications.raise(tx, notice));
    await notifications.told(notice);
  } catch (error) {
    log.error({ code: 'audit.refusal_untold', err: error }, 'the refusal to sign could not be written down');
  }
}
