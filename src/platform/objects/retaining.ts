/** A cold store that retains every object, at least for so many days from the put. */
import type { Clock } from '../../kernel/clock.ts';
import type { ColdStore, Retention } from './cold-port.ts';

const DAY = 86_400_000;

/** A put that asks for another retention is given that: the longer, and never a weaker mode. */
export function retaining(
  store: ColdStore,
  always: { readonly mode: Retention['mode']; readonly days: number },
  clock: Clock,
): ColdStore {
  return {
    ...store,
    put: (key, body, options) => {
      const until = new Date(clock.now() + always.days * DAY);
      const asked = options.retention;
      const retention: Retention =
        asked === undefined
          ? { mode: always.mode, until }
          : {
              mode: asked.mode === 'COMPLIANCE' ? asked.mode : always.mode,
              until: asked.until > until ? asked.until : until,
            };
      return store.put(key, body, { ...options, retention });
    },
    check: () => store.check({ retention: true }),
  };
}
