/** Waits for a run, and shows in a terminal how far it is: rate, and time left. */
import { SingleBar } from 'cli-progress';
import type { z } from 'zod';
import type { CommandContext } from '../../../platform/command-line/port.ts';
import type { RUN } from '../schemas.ts';

type Run = z.output<typeof RUN>;

const LOOK_MS = 500;
const FORM = ' {bar} {percentage} % | {value} of {total} rows | {rate} rows/s | {eta_formatted} left | {phase}';

/** The bar is drawn on stderr, and only where that is a terminal. @returns the run when it has ended */
export async function waitForRun(
  { clock }: Pick<CommandContext, 'clock'>,
  begun: Run,
  look: () => Promise<Run>,
): Promise<Run> {
  const bar = new SingleBar({ format: FORM, hideCursor: true, etaBuffer: 20, clearOnComplete: true });
  const from = clock.monotonic();
  bar.start(Number(begun.rows_total ?? 0), 0, { rate: 0, phase: begun.phase });
  try {
    for (let run = begun; ; run = await look()) {
      const done = Number(run.rows_done) + Number(run.rows_kept);
      const seconds = Math.max(0.001, (clock.monotonic() - from) / 1000);
      bar.setTotal(Math.max(done, Number(run.rows_total ?? 0)));
      bar.update(done, { rate: Math.round(done / seconds), phase: run.phase });
      if (run.state !== 'running') return run;
      await clock.sleep(LOOK_MS);
    }
  } finally {
    bar.stop();
  }
}
