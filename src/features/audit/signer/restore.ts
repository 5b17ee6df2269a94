/** How an operator takes a signer into use again whose state is lost, or a key that was made elsewhere. */
import { PlumblineError } from '../../../kernel/errors.ts';
import type { StateFolder } from '../../../platform/files/port.ts';
import { parseCheckpoint } from '../tlog/checkpoint.ts';
import { parseVerifierKey } from '../tlog/keys.ts';
import { parseNote, verifiedBy } from '../tlog/note.ts';
import { addKeys, withoutMissing } from './ledger.ts';
import type { KeyRing } from './port.ts';
import { otherOrigin, rollback } from './refusals.ts';
import { newState, readState, type SignerState, writeState } from './state.ts';

export interface RestoreOptions {
  readonly files: StateFolder;
  readonly ring: KeyRing;
  readonly origin: string;
  /** The newest one that is known anywhere. */
  readonly checkpoint: string;
}

/**
 * Says that this checkpoint was signed last. Keys that are not at hand any more are retired at its size;
 * where none is left, a new one takes their place, and whoever verifies has to be told of it.
 * @throws `audit.checkpoint_foreign` (invalid) when no key of this log has signed it; `audit.rollback`
 * (integrity) when the state that is there has signed more
 */
export function restoreSigner({ files, ring, origin, checkpoint }: RestoreOptions): Promise<SignerState> {
  return files.exclusive(async () => {
    const before = await readState(files).catch(() => undefined); // damaged: as if there were none
    const note = parseNote(checkpoint);
    const { size, root, origin: found } = parseCheckpoint(note.text);
    if (found !== origin) throw otherOrigin(origin, found);
    if (before !== undefined && before.origin !== origin) throw otherOrigin(origin, before.origin);
    if (before !== undefined && before.size > size) throw rollback(before, size);

    const atHand = (await ring.keys()).filter(({ name }) => name === origin);
    const known = new Set([...(before?.keys ?? []), ...atHand].map(({ vkey }) => vkey));
    const signers = verifiedBy(
      note,
      [...known].map((vkey) => parseVerifierKey(vkey)),
    );
    if (signers.length === 0) throw foreign(origin);

    const earlier = before?.keys ?? [];
    const signing = atHand.filter(
      ({ name, keyId, vkey }) =>
        !earlier.some((key) => key.vkey === vkey) && signers.some((each) => each.name === name && each.keyId === keyId),
    );
    const state = {
      ...(before ?? newState(origin)),
      size,
      root: root.toString('hex'),
      checkpoint: null, // what is kept is what this signer has signed itself
      keys: [
        ...withoutMissing(earlier, atHand, size),
        ...signing.map(({ vkey }) => ({ vkey, from: 0, until: null, leaves: null })),
      ],
    };
    const whole = await addKeys(state, ring, ['ed25519']);
    await writeState(files, whole);
    return whole;
  });
}

/**
 * Takes keys into use that have never signed.
 * @throws `audit.signer_in_use` (conflict) where there is a state already
 */
export function initSigner({ files, origin }: { readonly files: StateFolder; readonly origin: string }): Promise<void> {
  return files.exclusive(async () => {
    if ((await readState(files)) === undefined) return writeState(files, newState(origin));
    throw new PlumblineError(
      'conflict',
      'audit.signer_in_use',
      `the signer in ${files.path} has a state already; init is for keys that have never signed`,
    );
  });
}

const foreign = (origin: string): PlumblineError =>
  new PlumblineError(
    'invalid',
    'audit.checkpoint_foreign',
    `no known key of the log ${origin} has signed this checkpoint; give one that the log has published, and its key`,
  );
