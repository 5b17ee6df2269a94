/**
 * A witness (c2sp.org/tlog-witness): cosigns the checkpoints of the logs that it knows, each only when it
 * follows from the one that it has cosigned before.
 */
import type { Clock } from '../../../kernel/clock.ts';
import { isPlumblineError } from '../../../kernel/errors.ts';
import type { StateFolder } from '../../../platform/files/port.ts';
import type { KeyRing, LogKey } from '../signer/port.ts';
import { signNote } from '../signer/sign-note.ts';
import { type Checkpoint, parseCheckpoint } from '../tlog/checkpoint.ts';
import type { KeyAlgorithm } from '../tlog/cosignature.ts';
import { EMPTY_ROOT } from '../tlog/hashing.ts';
import type { Verifier } from '../tlog/keys.ts';
import { formatNote, parseNote, type SignedNote, verifiedBy } from '../tlog/note.ts';
import { verifyConsistency } from '../tlog/proofs.ts';
import { type AddCheckpoint, parseRequest, SIZE_TYPE } from './protocol.ts';
import { NO_LOGS, readState, stateLost, type WitnessState, writeState } from './state.ts';

export interface WitnessOptions {
  readonly files: StateFolder;
  readonly ring: KeyRing;
  /** Of its keys; a schema-less URL, such as witness.example/w1 */
  readonly name: string;
  readonly algorithms: readonly KeyAlgorithm[];
  /** Keys of the logs that it cosigns; the name of each is the log's origin. */
  readonly logs: readonly Verifier[];
  readonly clock: Clock;
  readonly onDoubt: (doubt: WitnessDoubt) => void;
}

/** A signed checkpoint that was not cosigned because it does not follow from the one before. */
export interface WitnessDoubt {
  readonly origin: string;
  /** Whether the two contradict each other for certain: two roots of one size. A wrong proof anybody can send. */
  readonly isFork: boolean;
  readonly cosigned: string;
  readonly offered: string;
}

export interface WitnessAnswer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

export interface Witness {
  /** Of the keys that it cosigns with. */
  readonly vkeys: readonly string[];
  /** @param body of the request */
  addCheckpoint(body: string): Promise<WitnessAnswer>;
}

/** @throws `audit.witness_state_lost`, `audit.witness_state_corrupt` (integrity) */
export async function openWitness(options: WitnessOptions): Promise<Witness> {
  const { files, ring, name } = options;
  const keys = await files.exclusive(async () => {
    const atHand = await ring.keys();
    if ((await readState(files)) === undefined) {
      if (atHand.length > 0) throw stateLost(files.path);
      await writeState(files, NO_LOGS);
    }
    const own = atHand.filter((key) => key.name === name);
    return own.length > 0 ? own : makeKeys(options);
  });
  return {
    vkeys: keys.map(({ vkey }) => vkey),
    async addCheckpoint(body) {
      const judged = judge(options, body);
      if ('status' in judged) return judged;
      return files.exclusive(() => advance(options, keys, judged));
    },
  };
}

interface Offered extends AddCheckpoint {
  readonly note: SignedNote;
  readonly offered: Checkpoint;
}

/** All that needs no state. */
function judge({ logs }: WitnessOptions, body: string): Offered | WitnessAnswer {
  let offered: Offered;
  try {
    const request = parseRequest(body);
    const note = parseNote(request.checkpoint);
    offered = { ...request, note, offered: parseCheckpoint(note.text) };
    const trusted = logs.filter((log) => log.name === offered.offered.origin);
    if (trusted.length === 0) return plain(404, 'this log is not known here');
    if (!isSigned(note, trusted))
      return plain(403, 'no key of this log that is trusted here has signed the checkpoint');
  } catch (error) {
    if (!isPlumblineError(error)) throw error;
    return plain(400, error.message);
  }
  return offered.old <= offered.offered.size ? offered : plain(400, 'the old size is larger than the checkpoint');
}

function isSigned(note: SignedNote, trusted: readonly Verifier[]): boolean {
  try {
    return verifiedBy(note, trusted).length > 0;
  } catch {
    return false; // a known key, and a signature that is not its own
  }
}

/** Compares with what was cosigned last, remembers, and then signs; nobody else comes between. */
async function advance(options: WitnessOptions, keys: readonly LogKey[], request: Offered): Promise<WitnessAnswer> {
  const { files, onDoubt } = options;
  const state = await readState(files);
  if (state === undefined) throw stateLost(files.path);
  const { old, proof, offered, note } = request;
  const { origin, size } = offered;
  const last = state.logs[origin];
  const [lastSize, lastRoot] = [last?.size ?? 0, last === undefined ? EMPTY_ROOT : Buffer.from(last.root, 'hex')];
  const doubt = (isFork: boolean): void =>
    onDoubt({ origin, isFork, cosigned: last?.checkpoint ?? '', offered: signedPart(options, note) });

  if (old !== lastSize) return conflict(lastSize);
  if (size === lastSize && !offered.root.equals(lastRoot)) {
    doubt(true);
    return conflict(lastSize);
  }
  if (!verifyConsistency(lastSize, lastRoot, size, offered.root, proof)) {
    doubt(false);
    return plain(422, 'the proof does not lead from what was cosigned to this checkpoint');
  }
  if (last === undefined || size > lastSize) {
    await writeState(files, withLog(state, offered, signedPart(options, note)));
  }
  const cosigned = await signNote(note.text, keys);
  return plain(200, cosigned.slice(note.text.length + 1));
}

/** The note with the log's signatures alone: whoever sent it may have added anything. */
const signedPart = ({ logs }: WitnessOptions, { text, signatures }: SignedNote): string => {
  const own = signatures.filter(({ name, keyId }) => logs.some((log) => log.name === name && log.keyId === keyId));
  return formatNote(
    text,
    own.map(({ line }) => line),
  );
};

const withLog = ({ logs }: WitnessState, { origin, size, root }: Checkpoint, checkpoint: string): WitnessState => ({
  logs: { ...logs, [origin]: { size, root: root.toString('hex'), checkpoint } },
});

async function makeKeys({ ring, name, algorithms }: WitnessOptions): Promise<readonly LogKey[]> {
  const made: LogKey[] = [];
  for (const algorithm of algorithms) {
    const key = await ring.create?.(algorithm, name);
    if (key !== undefined) made.push(key);
  }
  return made;
}

const conflict = (size: number): WitnessAnswer => ({ status: 409, type: SIZE_TYPE, body: `${size}\n` });
const plain = (status: number, body: string): WitnessAnswer => ({
  status,
  type: 'text/plain; charset=utf-8',
  body: body.endsWith('\n') ? body : `${body}\n`,
});
