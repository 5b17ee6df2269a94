/** Tells of something that must never happen to the audit log: critical, once for each. */
import type { NotificationService } from '../features/notifications/service.ts';
import type { Json } from '../kernel/canonical.ts';
import type { PlumblineError } from '../kernel/errors.ts';
import { sha256Hex } from '../kernel/hash.ts';
import type { Notice } from '../kernel/notice.ts';
import type { Db } from '../platform/db/port.ts';
import type { Logger } from '../platform/telemetry/port.ts';

export interface TellDeps {
  readonly db: Db;
  readonly log: Logger;
  readonly notifications: NotificationService;
}

export const damageNotice = ({ code, message }: Pick<PlumblineError, 'code' | 'message'>, evidence: Json): Notice => ({
  key: `${code}:${sha256Hex(message).slice(0, 32)}`,
  event: 'audit.refused',
  severity: 'critical',
  message,
  payload: { code, evidence },
});

/** @param evidence for whoever looks into it */
export async function tellOfDamage(
  { db, log, notifications }: TellDeps,
  damage: PlumblineError,
  evidence: Json = null,
): Promise<void> {
  log.fatal({ code: damage.code, err: damage }, damage.message);
  const notice = damageNotice(damage, evidence);
  try {
    await db.transaction({}, (tx) => notifications.raise(tx, notice));
    await notifications.told(notice);
  } catch (error) {
    log.error({ code: 'audit.refusal_untold', err: error }, 'what happened to the log could not be written down');
  }
}
