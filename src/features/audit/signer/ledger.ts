/** The keys of a log over time. All have one name, the origin; each change is said in a signed statement. */
import { PlumblineError } from '../../../kernel/errors.ts';
import { ALGORITHM, type KeyAlgorithm } from '../tlog/cosignature.ts';
import { parseVerifierKey } from '../tlog/keys.ts';
import type { KeyRing, LogKey, PublishedKey } from './port.ts';
import { signNote } from './sign-note.ts';
import type { LedgerKey, SignerState } from './state.ts';

const isActive = ({ until }: LedgerKey): boolean => until === null;
const typeOf = (vkey: string): number => parseVerifierKey(vkey).algorithm;

export const publicLedger = ({ keys }: SignerState): readonly PublishedKey[] =>
  keys.map(({ vkey, from, until }) => ({ vkey, from, until }));

/** The keys that sign now, out of those at hand. @throws `audit.signer_key_missing` (invalid) */
export function inForce({ keys, origin }: SignerState, ring: readonly LogKey[]): readonly LogKey[] {
  return keys.filter(isActive).map(({ vkey }) => {
    const key = ring.find((each) => each.vkey === vkey);
    if (key !== undefined) return key;
    throw new PlumblineError(
      'invalid',
      'audit.signer_key_missing',
      `the log ${origin} is signed by ${vkey}, whose private key is not at hand; put it back (AUDIT_SIGNING_KEY or the signer's folder). If it is lost for good: plumbline audit signer restore --checkpoint FILE, with a new key`,
      { details: { vkey } },
    );
  });
}

/** The state with a key of each algorithm that has none yet. */
export async function addKeys(
  state: SignerState,
  ring: KeyRing,
  algorithms: readonly KeyAlgorithm[],
): Promise<SignerState> {
  const active = state.keys.filter(isActive).map(({ vkey }) => typeOf(vkey));
  const lacking = algorithms.filter((algorithm) => !active.includes(ALGORITHM[algorithm]));
  if (lacking.length === 0) return state;
  const added = await obtain(state, ring, lacking);
  return stated(state, [...state.keys, ...added.map((key) => entered(state, key))], ring);
}

/** The state with a new key of each algorithm beside those that are in force, which leave at `leaves`. */
export async function rotateKeys(
  state: SignerState,
  ring: KeyRing,
  algorithms: readonly KeyAlgorithm[],
  leaves: number,
): Promise<SignerState> {
  const old = state.keys.filter((key) => isActive(key) && key.leaves === null);
  const added = await obtain(state, ring, algorithms);
  const kept = state.keys.map((key) => (old.includes(key) ? { ...key, leaves } : key));
  return stated(state, [...kept, ...added.map((key) => entered(state, key))], ring);
}

/** The state without those whose time is over, and who they are. */
export async function retireDue(
  state: SignerState,
  ring: KeyRing,
  now: number,
): Promise<{ readonly state: SignerState; readonly gone: readonly string[] }> {
  const due = state.keys.filter((key) => isActive(key) && key.leaves !== null && key.leaves <= now);
  if (due.length === 0) return { state, gone: [] };
  const keys = state.keys.map((key) => (due.includes(key) ? { ...key, until: state.size } : key));
  return { state: await stated(state, keys, ring), gone: due.map(({ vkey }) => vkey) };
}

/** Keys that are not at hand any more have signed until `size`. */
export const withoutMissing = (
  keys: readonly LedgerKey[],
  atHand: readonly LogKey[],
  size: number,
): readonly LedgerKey[] =>
  keys.map((key) =>
    isActive(key) && !atHand.some(({ vkey }) => vkey === key.vkey) ? { ...key, until: size, leaves: null } : key,
  );

/** From the next checkpoint on: what was signed stays as it is. */
const entered = ({ size, checkpoint }: SignerState, { vkey }: LogKey): LedgerKey => ({
  vkey,
  from: checkpoint === null ? size : size + 1,
  until: null,
  leaves: null,
});

/** A key that is at hand and was never used comes first: it was made elsewhere, or by a rotation that was cut short. */
async function obtain(
  { keys, origin }: SignerState,
  ring: KeyRing,
  algorithms: readonly KeyAlgorithm[],
): Promise<readonly LogKey[]> {
  const unused = (await ring.keys()).filter(
    ({ name, vkey }) => name === origin && !keys.some((each) => each.vkey === vkey),
  );
  return Promise.all(
    algorithms.map(async (algorithm) => {
      const found = unused.find(({ vkey }) => typeOf(vkey) === ALGORITHM[algorithm]);
      const key = found ?? (await ring.create?.(algorithm, origin));
      if (key !== undefined) return key;
      throw new PlumblineError(
        'invalid',
        'audit.signer_key_missing',
        `there is no new ${algorithm} key named ${origin}; make one (plumbline audit signer keygen) and give it beside the old one`,
        { details: { algorithm, origin } },
      );
    }),
  );
}

/**
 * Signed by all Ed25519 keys that are in force then: who trusts one of them learns of the others. An ML-DSA-44
 * key signs checkpoints and nothing else (c2sp.org/tlog-cosignature).
 */
async function stated(state: SignerState, keys: readonly LedgerKey[], ring: KeyRing): Promise<SignerState> {
  const next = { ...state, keys: [...keys] };
  const lines = publicLedger(next).map(({ vkey, from, until }) => `${vkey} ${from} ${until ?? '-'}\n`);
  const text = `plumbline/audit-keys@v1\n${state.origin}\n${lines.join('')}`;
  const signers = inForce(next, await ring.keys()).filter(({ vkey }) => typeOf(vkey) === ALGORITHM.ed25519);
  const statement = await signNote(text, signers);
  return { ...next, statements: [...state.statements, statement] };
}
