/** A turn of the event loop: what was ready runs before it resolves. It waits for nothing else. */
import { setImmediate as immediate } from 'node:timers/promises';

export const turnOfLoop = (): Promise<void> => immediate();
