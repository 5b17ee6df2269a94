/**
 * The stateful signer. Every step reads its state anew under the folder's lock, so that any number of
 * processes of one machine may open it; what is promised is on the disk before a signature is made.
 */
import type { Clock } from '../../../kernel/clock.ts';
import type { StateFolder } from '../../../platform/files/port.ts';
import { formatCheckpoint, parseCheckpoint } from '../tlog/checkpoint.ts';
import type { KeyAlgorithm } from '../tlog/cosignature.ts';
import { parseVerifierKey } from '../tlog/keys.ts';
import { parseNote, verifiedBy } from '../tlog/note.ts';
import { verifyConsistency } from '../tlog/proofs.ts';
import { addKeys, inForce, publicLedger, retireDue, rotateKeys } from './ledger.ts';
import type { KeyRing, LogKey, LogSigner, Signed, SignRequest } from './port.ts';
import { fork, isOlder, malformedOrigin, otherOrigin, rollback } from './refusals.ts';
import { signNote } from './sign-note.ts';
import { newState, readState, type SignerState, stateLost, writeState } from './state.ts';

export interface SignerOptions {
  readonly files: StateFolder;
  readonly ring: KeyRing;
  /** Of the log; the name of its keys. */
  readonly origin: string;
  readonly clock: Clock;
  /** Each checkpoint bears a signature of each; Ed25519 alone unless told. */
  readonly algorithms?: readonly KeyAlgorithm[];
}

/**
 * Opens the signer, and makes its key and its state where there is neither.
 * @throws `audit.signer_state_lost`, `audit.signer_state_corrupt` (integrity); `audit.origin_mismatch`,
 * `audit.signer_key_missing` (invalid)
 */
export async function openSigner(options: SignerOptions): Promise<LogSigner> {
  const { files, ring, origin, clock, algorithms = ['ed25519'] } = options;
  if (!/^[^\s+]{1,200}$/.test(origin)) throw malformedOrigin(origin);

  const load = async (): Promise<SignerState> => {
    const state = await readState(files);
    if (state === undefined) throw stateLost(files.path);
    if (state.origin !== origin) throw otherOrigin(origin, state.origin);
    return state;
  };
  const save = async (state: SignerState): Promise<SignerState> => {
    await writeState(files, state);
    return state;
  };
  const keysOf = async (state: SignerState): Promise<readonly LogKey[]> => inForce(state, await ring.keys());

  await files.exclusive(async () => {
    let state = await readState(files);
    if (state === undefined) {
      if ((await ring.keys()).length > 0) throw stateLost(files.path);
      // Before the key: who is killed between the two is told from who has lost the state.
      state = await save(newState(origin));
    }
    state = await load();
    const added = await addKeys(state, ring, algorithms);
    if (added !== state) state = await save(added);
    await keysOf(state);
  });

  return {
    origin,
    last: async () => signedOf(await load()),
    sign: (request) =>
      files.exclusive(async () => {
        let state = await load();
        if (request.size === state.size && state.checkpoint !== null && state.root === hex(request.root)) {
          return state.checkpoint;
        }
        demandAhead(state, request);
        const retired = await retireDue(state, ring, clock.now());
        const keys = await keysOf(retired.state);
        const promised = { ...retired.state, size: request.size, root: hex(request.root), checkpoint: null };
        state = await save(promised);
        for (const vkey of retired.gone) await ring.destroy?.(vkey);
        const checkpoint = await signNote(
          formatCheckpoint({ origin, size: request.size, root: Buffer.from(request.root) }),
          keys,
        );
        await save({ ...state, checkpoint });
        return checkpoint;
      }),
    async confront(checkpoint) {
      const state = await load();
      const note = parseNote(checkpoint);
      const offered = parseCheckpoint(note.text);
      if (offered.origin !== origin) throw otherOrigin(origin, offered.origin);
      const verifiers = state.keys.map(({ vkey }) => parseVerifierKey(vkey));
      if (verifiedBy(note, verifiers).length === 0) return false;
      if (offered.size > state.size) throw isOlder(state, offered.size, files.path);
      if (offered.size === state.size && hex(offered.root) !== state.root) throw fork(state, offered, 'same size');
      return true;
    },
    keys: async () => publicLedger(await load()),
    keyStatements: async () => (await load()).statements,
    rotate: ({ overlapMs }) =>
      files.exclusive(async () => {
        const state = await load();
        await keysOf(state);
        return publicLedger(await save(await rotateKeys(state, ring, algorithms, clock.now() + overlapMs)));
      }),
  };
}

/** @throws `audit.rollback`, `audit.fork` (integrity) */
function demandAhead(state: SignerState, request: SignRequest): void {
  const { size, root, proof } = request;
  if (!Number.isSafeInteger(size) || size < 0) throw new RangeError(`${size} is not the size of a tree`);
  if (size < state.size) throw rollback(state, size);
  if (size === state.size) {
    if (hex(root) !== state.root) throw fork(state, request, 'same size');
    return; // promised, and not signed by then
  }
  if (!verifyConsistency(state.size, Buffer.from(state.root, 'hex'), size, root, proof)) {
    throw fork(state, request, 'proof');
  }
}

const signedOf = ({ size, root, checkpoint }: SignerState): Signed => ({
  size,
  root: Buffer.from(root, 'hex'),
  ...(checkpoint === null ? {} : { checkpoint }),
});

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
