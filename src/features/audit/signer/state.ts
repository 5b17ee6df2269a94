/** What the signer remembers, and how it stands in a file. */
import { z } from 'zod';
import { PlumblineError } from '../../../kernel/errors.ts';
import type { StateFolder } from '../../../platform/files/port.ts';
import { seal, unseal } from '../../../platform/files/sealed.ts';
import { EMPTY_ROOT } from '../tlog/hashing.ts';

const FILE = 'signer-state';
const TITLE = 'plumbline audit signer, version 1; never edit, never restore an older copy';
const SIZE = z.int().nonnegative();

const STATE = z.strictObject({
  origin: z.string().min(1),
  size: SIZE,
  root: z.string().regex(/^[0-9a-f]{64}$/),
  /** The note over size and root; null until it is signed. */
  checkpoint: z.string().nullable(),
  keys: z.array(
    z.strictObject({
      vkey: z.string(),
      from: SIZE,
      until: SIZE.nullable(),
      /** Epoch milliseconds at which it stops signing; null while nothing takes its place. */
      leaves: z.int().nullable(),
    }),
  ),
  statements: z.array(z.string()),
});

export type SignerState = z.infer<typeof STATE>;
export type LedgerKey = SignerState['keys'][number];

export const newState = (origin: string): SignerState => ({
  origin,
  size: 0,
  root: EMPTY_ROOT.toString('hex'),
  checkpoint: null,
  keys: [],
  statements: [],
});

/** Undefined when there is none. @throws `audit.signer_state_corrupt` (integrity) */
export async function readState(files: StateFolder): Promise<SignerState | undefined> {
  const text = await files.read(FILE);
  if (text === undefined) return undefined;
  const state = STATE.safeParse(unseal(TITLE, text));
  if (state.success) return state.data;
  throw new PlumblineError(
    'integrity',
    'audit.signer_state_corrupt',
    `the signer's state in ${files.path}/${FILE} is damaged, so nothing is signed: a signature could fork the log. ${RESTORE}`,
    { details: { folder: files.path } },
  );
}

export const writeState = (files: StateFolder, state: SignerState): Promise<void> =>
  files.write(FILE, seal(TITLE, state));

export const RESTORE =
  'Take the newest checkpoint that is known anywhere (a witness, the object store, a receipt) and run: plumbline audit signer restore --checkpoint FILE';

export const stateLost = (folder: string): PlumblineError =>
  new PlumblineError(
    'integrity',
    'audit.signer_state_lost',
    `there is a signing key and no state of the signer in ${folder}: what it has signed is not known, so nothing is signed. ${RESTORE}. A key that has never signed is taken into use by: plumbline audit signer init`,
    { details: { folder } },
  );
