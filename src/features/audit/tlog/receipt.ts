/** A proof that an entry is in the log, checked offline with the log's key alone. https://c2sp.org/tlog-proof */
import { PlumblineError } from '../../../kernel/errors.ts';
import { type Checkpoint, parseCheckpoint } from './checkpoint.ts';
import { HASH_BYTES } from './hashing.ts';
import type { Verifier } from './keys.ts';
import { parseNote, verifiedBy } from './note.ts';
import { verifyInclusion } from './proofs.ts';

const HEADER = 'c2sp.org/tlog-proof@v1';

export interface Receipt {
  readonly index: number;
  readonly proof: readonly Uint8Array[];
  /** The signed note. */
  readonly checkpoint: string;
  /** Of the application: nothing vouches for it. */
  readonly extra?: Uint8Array;
}

export function formatReceipt({ index, proof, checkpoint, extra }: Receipt): string {
  const lines = [
    HEADER,
    ...(extra === undefined ? [] : [`extra ${Buffer.from(extra).toString('base64')}`]),
    `index ${index}`,
    ...proof.map((hash) => Buffer.from(hash).toString('base64')),
    '',
  ];
  return `${lines.join('\n')}\n${checkpoint}`;
}

/** @throws `audit.receipt_malformed` (invalid) */
export function parseReceipt(text: string): Receipt {
  const blank = text.indexOf('\n\n');
  const [header, ...lines] = text.slice(0, Math.max(blank, 0)).split('\n');
  const extra =
    lines[0]?.startsWith('extra ') === true ? bytesOf(lines.shift()?.slice('extra '.length) ?? '') : undefined;
  const [, index] = /^index (0|[1-9]\d{0,15})$/.exec(lines.shift() ?? '') ?? [];
  const proof = lines.map(bytesOf);
  if (
    header !== HEADER ||
    index === undefined ||
    !Number.isSafeInteger(Number(index)) ||
    proof.length > 63 ||
    proof.some((hash) => hash.length !== HASH_BYTES)
  ) {
    throw new PlumblineError(
      'invalid',
      'audit.receipt_malformed',
      `no ${HEADER}: it begins with that line, the entry's index and the hashes of its proof`,
    );
  }
  return { index: Number(index), proof, checkpoint: text.slice(blank + 2), ...(extra === undefined ? {} : { extra }) };
}

/** @throws `audit.receipt_malformed` (invalid) where the text is not what these bytes are written as */
function bytesOf(base64: string): Buffer {
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.toString('base64') === base64) return bytes;
  throw new PlumblineError('invalid', 'audit.receipt_malformed', `"${base64.slice(0, 60)}" is not base64`);
}

/** Whom a verifier believes. */
export interface Trusted {
  readonly origin: string;
  /** The log's keys: one of them has signed. */
  readonly logKeys: readonly Verifier[];
  /** Those who have seen the log grow, and how many of them have to have signed. */
  readonly witnesses?: { readonly keys: readonly Verifier[]; readonly quorum: number };
}

/**
 * @param leaf the hash of the entry
 * @returns the checkpoint that the entry is under
 * @throws `audit.receipt_refused` (integrity) saying which check failed; what `parseNote` throws
 */
export function verifyReceipt(
  { index, proof, checkpoint: text }: Receipt,
  leaf: Uint8Array,
  trusted: Trusted,
): Checkpoint {
  const note = parseNote(text);
  const checkpoint = parseCheckpoint(note.text);
  if (checkpoint.origin !== trusted.origin) {
    throw refused(`its checkpoint is of the log "${checkpoint.origin.slice(0, 80)}", not of "${trusted.origin}"`);
  }
  if (verifiedBy(note, trusted.logKeys).length === 0) throw refused('no key of the log has signed its checkpoint');
  const { keys, quorum } = trusted.witnesses ?? { keys: [], quorum: 0 };
  const seen = new Set(verifiedBy(note, keys).map(({ name }) => name)).size;
  if (seen < quorum) throw refused(`${seen} of the ${quorum} witnesses that are needed have signed its checkpoint`);
  if (verifyInclusion(leaf, index, checkpoint.size, checkpoint.root, proof)) return checkpoint;
  throw refused(`the entry is not leaf ${index} of the log of size ${checkpoint.size}`);
}

const refused = (why: string): PlumblineError =>
  new PlumblineError('integrity', 'audit.receipt_refused', `the receipt does not prove the entry: ${why}`);
