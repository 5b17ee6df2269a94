/** Keeps the newest checkpoint young: looks whether the log has grown, and has it signed. */
import type { Clock } from '../../../kernel/clock.ts';
import { isPlumblineError } from '../../../kernel/errors.ts';
import { Loop } from '../../../platform/clock/loop.ts';
import type { Logger } from '../../../platform/telemetry/port.ts';

export interface KeeperDeps {
  readonly clock: Clock;
  readonly log: Logger;
  /** Has the log signed as it is, and cosigned where there are witnesses. */
  readonly publish: () => Promise<unknown>;
  /** Whether the signer has refused, and nothing is signed any more. */
  readonly isRefused: () => boolean;
  /** Whether the log has leaves that no checkpoint covers. */
  readonly hasGrown: () => Promise<boolean>;
}

/** A leaf is under a checkpoint within about this long, milliseconds. */
const INTERVAL_MS = 1_000;
const COMPLAINT_MS = 60_000;

export function createKeeper({ clock, log, publish, isRefused, hasGrown }: KeeperDeps): Loop {
  let complainedAt = Number.NEGATIVE_INFINITY;
  // A log that was put back to an older copy has not grown: the first look is at the signer's memory.
  let hasLooked = false;
  return new Loop(clock, async () => {
    try {
      if (!isRefused() && (!hasLooked || (await hasGrown()))) await publish();
      hasLooked = true;
    } catch (error) {
      const isTold = isPlumblineError(error) && error.kind === 'integrity'; // the publisher has told of it
      if (!isTold && clock.monotonic() - complainedAt >= COMPLAINT_MS) {
        complainedAt = clock.monotonic();
        log.error({ code: 'audit.publish_failed', err: error }, 'the log could not be signed; it is tried again');
      }
    }
    return INTERVAL_MS;
  });
}
