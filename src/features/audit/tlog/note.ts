/** Text with signatures below it. https://c2sp.org/signed-note */
import { PlumblineError } from '../../../kernel/errors.ts';
import type { Verifier } from './keys.ts';

export interface Signature {
  readonly name: string;
  readonly keyId: number;
  readonly signature: Uint8Array;
  /** As it stands in the note, without its line end. */
  readonly line: string;
}

export interface SignedNote {
  /** What is signed, with its last line end. */
  readonly text: string;
  readonly signatures: readonly Signature[];
}

const MAX_CHARACTERS = 1_000_000;
const MAX_SIGNATURES = 100;
const KEY_ID_BYTES = 4;
/** The dash is an em dash, U+2014. */
const LINE = /^\u2014 ([^\s+]+) ([A-Za-z0-9+/]+={0,2})$/u;
// biome-ignore lint/suspicious/noControlCharactersInRegex: a note has none but line ends
const CONTROL = /[\u0000-\u0009\u000b-\u001f]/;

/** @throws `audit.note_malformed` (invalid) */
export function parseNote(note: string): SignedNote {
  const end = note.lastIndexOf('\n\n');
  if (end < 0 || !note.endsWith('\n') || note.length > MAX_CHARACTERS || CONTROL.test(note) || !note.isWellFormed()) {
    throw malformed('it is lines of text, an empty line, and lines of signatures');
  }
  const lines = note
    .slice(end + 2)
    .split('\n')
    .slice(0, -1);
  if (lines.length === 0 || lines.length > MAX_SIGNATURES) {
    throw malformed(`it has ${lines.length} signatures; 1 to ${MAX_SIGNATURES} are allowed`);
  }
  return { text: note.slice(0, end + 1), signatures: lines.map(parseLine) };
}

function parseLine(line: string): Signature {
  const [, name, base64 = ''] = LINE.exec(line) ?? [];
  const bytes = Buffer.from(base64, 'base64');
  if (name === undefined || bytes.length <= KEY_ID_BYTES || bytes.toString('base64') !== base64) {
    throw malformed(
      `"${line.slice(0, 60)}" is no signature: a dash, the key's name, and its id and signature in base64`,
    );
  }
  return { name, keyId: bytes.readUInt32BE(), signature: bytes.subarray(KEY_ID_BYTES), line };
}

const malformed = (why: string): PlumblineError =>
  new PlumblineError('invalid', 'audit.note_malformed', `this is no signed note: ${why}`);

export function signatureLine(name: string, keyId: number, signature: Uint8Array): string {
  const id = Buffer.alloc(KEY_ID_BYTES);
  id.writeUInt32BE(keyId);
  return `\u2014 ${name} ${Buffer.concat([id, signature]).toString('base64')}`;
}

/** @param text ends with a line end */
export const formatNote = (text: string, lines: readonly string[]): string =>
  `${text}\n${lines.map((line) => `${line}\n`).join('')}`;

/**
 * Which of these keys have signed. Keys are told apart by name and id; signatures of others say nothing.
 * @throws `audit.signature_invalid` (integrity): one of them is named by a signature that is not its own
 */
export function verifiedBy({ text, signatures }: SignedNote, verifiers: readonly Verifier[]): readonly Verifier[] {
  return verifiers.filter((verifier) => {
    const own = signatures.filter(({ name, keyId }) => name === verifier.name && keyId === verifier.keyId);
    const wrong = own.find(({ signature }) => !verifier.verify(text, signature));
    if (wrong === undefined) return own.length > 0;
    throw new PlumblineError(
      'integrity',
      'audit.signature_invalid',
      `the signature of ${wrong.name} does not fit the text`,
    );
  });
}
