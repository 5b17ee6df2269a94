/** What a witness has cosigned last, of each log: all in one file, so that none can be lost alone. */
import { z } from 'zod';
import { PlumblineError } from '../../../kernel/errors.ts';
import type { StateFolder } from '../../../platform/files/port.ts';
import { seal, unseal } from '../../../platform/files/sealed.ts';

const FILE = 'witness-state';
const TITLE = 'plumbline audit witness, version 1; never edit, never restore an older copy';

const STATE = z.strictObject({
  /** By origin. */
  logs: z.record(
    z.string(),
    z.strictObject({
      size: z.int().nonnegative(),
      root: z.string().regex(/^[0-9a-f]{64}$/),
      /** As the log has signed it. */
      checkpoint: z.string(),
    }),
  ),
});

export type WitnessState = z.infer<typeof STATE>;
export const NO_LOGS: WitnessState = { logs: {} };

/** Undefined when there is none. @throws `audit.witness_state_corrupt` (integrity) */
export async function readState(files: StateFolder): Promise<WitnessState | undefined> {
  const text = await files.read(FILE);
  if (text === undefined) return undefined;
  const state = STATE.safeParse(unseal(TITLE, text));
  if (state.success) return state.data;
  throw new PlumblineError(
    'integrity',
    'audit.witness_state_corrupt',
    `the state of the witness in ${files.path}/${FILE} is damaged, so nothing is cosigned. ${REMEDY}`,
    { details: { folder: files.path } },
  );
}

export const writeState = (files: StateFolder, state: WitnessState): Promise<void> =>
  files.write(FILE, seal(TITLE, state));

export const stateLost = (folder: string): PlumblineError =>
  new PlumblineError(
    'integrity',
    'audit.witness_state_lost',
    `there is a witness key and no state of the witness in ${folder}: what it has cosigned is not known. ${REMEDY}`,
    { details: { folder } },
  );

const REMEDY =
  'A witness that forgets helps a log to fork: make a new witness, with a new folder and a new key, and tell those who trust the old one';
