/** An answer that is given again and again, until somebody has seen enough. */
import type { Clock } from '../../kernel/clock.ts';
import type { Shown } from '../../platform/command-line/port.ts';

export interface Terminal {
  /** Somebody looks at it: what was written can be written over. */
  readonly interactive: boolean;
  readonly write: (text: string) => void;
}

export interface WatchOptions {
  readonly everyMs: number;
  readonly times: number;
  /** Ends it, after the answer that is under way. */
  readonly signal: AbortSignal;
  readonly textOf: (shown: Shown) => string;
}

/** Up over so many lines, and everything below them cleared: ECMA-48 CPL and ED. */
const back = (lines: number): string => (lines === 0 ? '' : `\u001b[${lines}F\u001b[0J`);

export async function watch(
  look: () => Promise<Shown>,
  terminal: Terminal,
  clock: Clock,
  { everyMs, times, signal, textOf }: WatchOptions,
): Promise<void> {
  let written = 0;
  for (let time = 1; !signal.aborted; time += 1) {
    const text = textOf(await look());
    terminal.write(terminal.interactive ? back(written) + text : text);
    written = text.split('\n').length - 1;
    if (time >= times) return;
    await clock.sleep(everyMs, signal).catch(() => undefined); // interrupted: the loop sees it
  }
}
