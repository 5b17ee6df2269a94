/**
 * A leaf's text, which is what its hash is of. The same is stated in SQL (`audit_append`); neither
 * trusts the other.
 *
 *   plumbline/audit@v1
 *   <stream> <seq>
 *   <record_id> <op>
 *   <data_hash> <previous_hash>     lower-case hex; of a stream's first leaf the genesis of the stream;
 *                                   and " bare" where the record itself was never kept here
 *   <at_us> <actor>                 microseconds since the Unix epoch
 *
 * The hash is RFC 6962's, so that one hash is the Merkle leaf, what the stream's next leaf names as
 * `previous_hash`, and the identity of the record.
 */
import { hash } from 'node:crypto';
import { canonicalJson, type Json } from '../../../kernel/canonical.ts';
import { PlumblineError } from '../../../kernel/errors.ts';
import { sha256Hex } from '../../../kernel/hash.ts';
import { leafHash } from '../tlog/hashing.ts';

const FORMAT = 'plumbline/audit@v1';
/** An entry's length is two bytes in a tile (c2sp.org/tlog-tiles). */
export const MAX_LEAF_BYTES = 65_535;

export interface LeafFields {
  readonly stream: string;
  readonly seq: number;
  readonly recordId: string;
  readonly op: string;
  /** Lower-case hex, as all hashes here. */
  readonly dataHash: string;
  readonly previousHash: string;
  /** Epoch microseconds. */
  readonly atUs: number;
  readonly actor: string;
  /** A hash alone was given: there never was a payload. */
  readonly bare: boolean;
}

/** Ends the line of hashes. */
export const BARE = ' bare';

export const leafText = ({
  stream,
  seq,
  recordId,
  op,
  dataHash,
  previousHash,
  atUs,
  actor,
  bare,
}: LeafFields): string =>
  `${FORMAT}\n${stream} ${seq}\n${recordId} ${op}\n${dataHash} ${previousHash}${bare ? BARE : ''}\n${atUs} ${actor}\n`;

/**
 * A row of the log does not say whether its leaf is bare, for the leaf's hash does: it is of one of two texts.
 * @param hashes what the hash may be, lower-case hex. @returns false where it is of neither
 */
export function isBare(fields: Omit<LeafFields, 'bare'>, ...hashes: readonly (string | undefined)[]): boolean {
  const isOf = (bare: boolean): boolean => hashes.includes(leafHash(leafText({ ...fields, bare })).toString('hex'));
  return !isOf(false) && isOf(true);
}

const HEX = '[0-9a-f]{64}';
const LEAF = new RegExp(
  `^${FORMAT}\\n([a-z][a-z0-9_.]{0,63}) (0|[1-9]\\d*)\\n([^\\n]+) ([a-z][a-z0-9_-]{0,31})\\n(${HEX}) (${HEX})(${BARE})?\\n([1-9]\\d*) ([^\\n]+)\\n$`,
);

/** @throws `audit.leaf_malformed` (integrity) */
export function parseLeaf(text: string): LeafFields {
  const [, stream, seq, recordId, op, dataHash, previousHash, bare, atUs, actor] = LEAF.exec(text) ?? [];
  if (
    stream === undefined ||
    recordId === undefined ||
    op === undefined ||
    dataHash === undefined ||
    previousHash === undefined ||
    actor === undefined ||
    !Number.isSafeInteger(Number(seq)) ||
    !Number.isSafeInteger(Number(atUs))
  ) {
    throw new PlumblineError('integrity', 'audit.leaf_malformed', `"${text.slice(0, 80)}" is no leaf of an audit log`);
  }
  return {
    stream,
    seq: Number(seq),
    recordId,
    op,
    dataHash,
    previousHash,
    atUs: Number(atUs),
    actor,
    bare: bare !== undefined,
  };
}

/** What a stream's first leaf names as the one before it. */
export const genesisHash = (origin: string, stream: string): string =>
  sha256Hex(`${FORMAT}\ngenesis ${origin} ${stream}\n`);

/** SHA-256 of the salt, where there is one, and the record's canonical JSON. */
export function dataHash(salt: Uint8Array | undefined, record: string): string {
  return salt === undefined ? sha256Hex(record) : hash('sha256', Buffer.concat([salt, Buffer.from(record)]), 'hex');
}

/** @throws `audit.record_not_canonical` (invalid) naming the value that has no single form */
export function canonicalRecord(record: Json): string {
  try {
    return canonicalJson(record);
  } catch (error) {
    if (!(error instanceof PlumblineError)) throw error;
    throw new PlumblineError('invalid', 'audit.record_not_canonical', `record: ${error.message}`, {
      faults: [{ pointer: '/record', message: error.message }],
      cause: error,
    });
  }
}

const CONTROL = /\p{Cc}/u;

/** One field of an entry and what is right for it. */
const FIELDS: readonly {
  readonly name: 'stream' | 'recordId' | 'op' | 'actor';
  readonly is: (text: string) => boolean;
  readonly expected: string;
}[] = [
  {
    name: 'stream',
    is: (text) => /^[a-z][a-z0-9_.]{0,63}$/.test(text),
    expected: '1 to 64 of a-z, 0-9, "_" and ".", beginning with a letter',
  },
  {
    name: 'recordId',
    is: (text) => isLine(text, 512),
    expected: '1 to 512 characters on one line, no control characters',
  },
  {
    name: 'op',
    is: (text) => /^[a-z][a-z0-9_-]{0,31}$/.test(text),
    expected: 'a word of a-z, 0-9, "_" and "-", such as "update", of 32 characters at the most',
  },
  {
    name: 'actor',
    is: (text) => isLine(text, 200),
    expected: '1 to 200 characters on one line, no control characters',
  },
];

const isLine = (text: string, max: number): boolean =>
  text.length > 0 && (text.length <= max || [...text].length <= max) && !CONTROL.test(text) && text.isWellFormed();

/** @throws `audit.entry_malformed` (invalid) with a fault for each wrong field */
export function assertFields(entry: Readonly<Record<'stream' | 'recordId' | 'op' | 'actor', string>>): void {
  const faults = FIELDS.filter(({ name, is }) => !is(entry[name])).map(({ name, expected }) => ({
    pointer: `/${name === 'recordId' ? 'record_id' : name}`,
    message: `${JSON.stringify(entry[name].slice(0, 60))} is not ${expected}`,
  }));
  if (faults.length === 0) return;
  throw new PlumblineError('invalid', 'audit.entry_malformed', faults.map(({ message }) => message).join('; '), {
    faults,
  });
}
