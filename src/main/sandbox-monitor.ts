/**
 * What watches the sandbox's audit log, beside the service as an auditor's would: whoever tampers with the log sees
 * it found and told within seconds. A real service is watched from another machine: `plumbline audit monitor`.
 */
import type { Damage } from '../features/audit/verify/damage.ts';
import { Monitor } from '../features/audit/verify/monitor.ts';
import type { Resume } from '../features/audit/verify/tiles.ts';
import { PlumblineError } from '../kernel/errors.ts';
import { tellOfDamage } from './audit-tell.ts';
import type { App } from './parts.ts';

const EVERY_MS = 2_000;

/** Begins at the first leaf with each start. Stop it before the service closes. */
export function sandboxMonitor(
  app: Pick<App, 'db' | 'clock' | 'log' | 'notifications'>,
): Pick<Monitor, 'start' | 'stop'> {
  const tell = async (damages: readonly Damage[]): Promise<void> => {
    for (const damage of damages) {
      const { kind, message, ...where } = damage;
      await tellOfDamage(app, new PlumblineError('integrity', `audit.${kind}`, message), { kind, ...where });
    }
  };
  return new Monitor({
    ...{ db: app.db, clock: app.clock, state: inMemory(), options: {}, intervalMs: EVERY_MS },
    onDamage: tell,
    onRollback: (rollback) => tell([rollback]),
    onFailure: (error) =>
      app.log.error({ code: 'audit.monitor_failed', err: error }, 'the log could not be looked at; it is tried again'),
  });
}

/** A sandbox's database comes and goes: what was verified of another one says nothing of it. */
function inMemory(): Resume {
  let kept: string | undefined;
  return {
    load: () => Promise.resolve(kept),
    save: (text) => {
      kept = text;
      return Promise.resolve();
    },
  };
}
