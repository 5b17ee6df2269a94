/**
 * Receipts (c2sp.org/tlog-proof): all that is needed to check, without asking anybody, that an entry is
 * in a log: its index, its inclusion proof, and the checkpoint with its signatures.
 */
import { isPlumblineError, PlumblineError } from '../../../kernel/errors.ts';
import { fromBase64, toBase64 } from './base64.ts';
import { type Checkpoint, parseCheckpoint, parseSize } from './checkpoint.ts';
import { HASH_BYTES } from './hashing.ts';
import type { Verifier } from './keys.ts';
import { parseNote, verifiedBy } from './note.ts';
import { verifyInclusion } from './proofs.ts';

export interface Receipt {
  readonly index: number;
  /** The leaf's sibling first. */
  readonly proof: readonly Uint8Array[];
  /** The signed note, as the log gave it. */
  readonly checkpoint: string;
  /** Nobody signed this: it may help to find the entry, and proves nothing. */
  readonly extra?: Uint8Array;
}

/** Whom the holder of a receipt believes. */
export interface Trusted {
  readonly origin: string;
  /** The log's keys: one of them has signed. */
  readonly logKeys: readonly Verifier[];
  /** Those who have seen the log grow, and how many of them have to have signed. */
  readonly witnesses?: { readonly keys: readonly Verifier[]; readonly quorum: number };
}

const HEADER = 'c2sp.org/tlog-proof@v1';
const MAX_LENGTH = 2_000_000;
/** A tree of 2^64 leaves has no longer path. */
const MAX_PROOF = 64;

/** @throws `audit.receipt_malformed`, `audit.note_malformed` (invalid): whatever this answers, `parseReceipt` reads */
export function formatReceipt(receipt: Receipt): string {
  const extra = receipt.extra === undefined ? [] : [`extra ${toBase64(receipt.extra)}`];
  const text = [
    HEADER,
    ...extra,
    `index ${receipt.index}`,
    ...receipt.proof.map(toBase64),
    '',
    receipt.checkpoint,
  ].join('\n');
  parseReceipt(text);
  return text;
}

/** Reads a receipt and believes nothing of it. @throws `audit.receipt_malformed`, `audit.note_malformed` (invalid) */
export function parseReceipt(text: string): Receipt {
  if (text.length > MAX_LENGTH) throw malformed(`it is longer than ${MAX_LENGTH} characters`);
  const end = text.indexOf('\n\n');
  if (end < 0) throw malformed('no empty line stands before its checkpoint');
  const lines = text.slice(0, end).split('\n');
  const checkpoint = text.slice(end + 2);
  if (lines.shift() !== HEADER) throw malformed(`its first line is not ${HEADER}`);
  const extra = lines[0]?.startsWith('extra ') ? fromBase64(lines[0].slice('extra '.length)) : undefined;
  if (lines[0]?.startsWith('extra ')) {
    lines.shift();
    if (extra === undefined) throw malformed('its extra line is not base 64');
  }
  const indexLine = lines.shift() ?? '';
  const index = indexLine.startsWith('index ') ? parseSize(indexLine.slice('index '.length)) : undefined;
  if (index === undefined) throw malformed(`${JSON.stringify(indexLine.slice(0, 80))} is no index line`);
  if (lines.length > MAX_PROOF) throw malformed(`its proof has ${lines.length} hashes, and no tree is so high`);
  const proof = lines.map((line) => {
    const hash = fromBase64(line);
    if (hash?.length === HASH_BYTES) return hash;
    throw malformed(`${JSON.stringify(line.slice(0, 80))} is no hash of ${HASH_BYTES} bytes in base 64`);
  });
  parseNote(checkpoint);
  return { index, proof, checkpoint, ...(extra === undefined ? {} : { extra }) };
}

/**
 * The checkpoint that the receipt puts the leaf under.
 * @param leaf its hash
 * @throws `audit.receipt_refused` (integrity); `details.check` is the first check that failed
 */
export function verifyReceipt(receipt: Receipt, leaf: Uint8Array, trusted: Trusted): Checkpoint {
  const note = attempt('checkpoint', () => parseNote(receipt.checkpoint));
  const checkpoint = attempt('checkpoint', () => parseCheckpoint(note.text));
  if (checkpoint.origin !== trusted.origin) {
    throw refused('origin', `its checkpoint is of the log "${checkpoint.origin}", not of "${trusted.origin}"`);
  }
  if (attempt('signature', () => verifiedBy(note, trusted.logKeys)).length === 0) {
    throw refused('signature', 'no key of the log has signed its checkpoint');
  }
  const { keys, quorum } = trusted.witnesses ?? { keys: [], quorum: 0 };
  // A witness with two keys is one witness.
  const seen = new Set(attempt('witnesses', () => verifiedBy(note, keys)).map(({ name }) => name)).size;
  if (seen < quorum) {
    throw refused('witnesses', `${seen} of the ${quorum} witnesses that are needed have signed its checkpoint`);
  }
  const { size, root } = checkpoint;
  if (verifyInclusion(leaf, receipt.index, size, root, receipt.proof)) return checkpoint;
  throw refused('inclusion', `the entry is not leaf ${receipt.index} of the log of size ${size}`);
}

type Check = 'checkpoint' | 'origin' | 'signature' | 'witnesses' | 'inclusion';

function attempt<T>(check: Check, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (isPlumblineError(error)) throw refused(check, error.message, error);
    throw error;
  }
}

const refused = (check: Check, why: string, cause?: unknown): PlumblineError =>
  new PlumblineError(
    'integrity',
    'audit.receipt_refused',
    `the receipt does not prove the entry: ${why}; keep it as evidence and ask the log for another`,
    { details: { check }, cause },
  );

const malformed = (why: string): PlumblineError =>
  new PlumblineError(
    'invalid',
    'audit.receipt_malformed',
    `this is no receipt: ${why}; it is a file of the format ${HEADER}, from its first byte to its last`,
  );
