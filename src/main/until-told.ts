/** Resolves when the process is asked to end: Ctrl-C, or SIGTERM from whoever runs it. */
import type { Clock } from '../kernel/clock.ts';
import { systemClock } from '../platform/clock/system.ts';

/** A terminal's Ctrl-C can arrive twice, once from the terminal and once through npm: that is one. */
const ONE_REQUEST_MS = 2_000;

/** Asked again later, the process ends at once, whatever it is doing. */
export function untilTold(clock: Clock): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let first: number | undefined;
    const onSignal = (signal: NodeJS.Signals): void => {
      const now = clock.monotonic();
      first ??= now;
      resolve(signal);
      if (now - first > ONE_REQUEST_MS) process.exit(130);
    };
    process.on('SIGINT', onSignal);
    process.on('SIGTERM', onSignal);
  });
}

/** Aborts when the process is asked to end. */
export function interrupted(): AbortSignal {
  const controller = new AbortController();
  void untilTold(systemClock).then(() => controller.abort());
  return controller.signal;
}
