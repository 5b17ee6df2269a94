/** Signed notes (c2sp.org/signed-note): a text, an empty line, and a line for each signature. */
import { PlumblineError } from '../../../kernel/errors.ts';
import { fromBase64, toBase64 } from './base64.ts';
import { assertKeyName, isKeyName, keyLabel, type Verifier } from './keys.ts';

export interface Signature {
  readonly name: string;
  readonly keyId: number;
  /** Without the key id. */
  readonly signature: Uint8Array;
  /** As it stands in the note, without its line end. */
  readonly line: string;
}

export interface SignedNote {
  /** What is signed, with its last line end. */
  readonly text: string;
  readonly signatures: readonly Signature[];
}

const MAX_BYTES = 1_000_000;
const MAX_SIGNATURES = 100;
const KEY_ID_BYTES = 4;
/** The dash is an em dash. */
const PREFIX = '\u2014 ';
// biome-ignore lint/suspicious/noControlCharactersInRegex: a note has none but line ends
const CONTROL = /[\u0000-\u0009\u000b-\u001f]/;

/** Reads a note and believes nothing of it. @throws `audit.note_malformed` (invalid) */
export function parseNote(note: string): SignedNote {
  assertLength(note);
  // The text may have empty lines of its own: the last one ends it.
  const end = note.lastIndexOf('\n\n');
  if (end < 0) throw malformed('no empty line stands between text and signatures');
  const text = note.slice(0, end + 1);
  assertText(text);
  const block = note.slice(end + 2);
  if (!block.endsWith('\n')) throw malformed(block === '' ? 'it has no signature' : 'its last line has no end');
  const lines = block.slice(0, -1).split('\n');
  assertCount(lines.length);
  return { text, signatures: [...new Set(lines)].map(parseLine) };
}

/**
 * @param text ends with a line end
 * @param lines of signatures; one that is there twice is written once
 * @throws `audit.note_malformed` (invalid): whatever this answers, `parseNote` reads
 */
export function formatNote(text: string, lines: readonly string[]): string {
  assertText(text);
  const once = [...new Set(lines)];
  assertCount(once.length);
  for (const line of once) parseLine(line);
  const note = `${text}\n${once.join('\n')}\n`;
  assertLength(note);
  return note;
}

/** Without its line end. @throws `audit.key_name` (invalid) */
export function signatureLine(name: string, keyId: number, signature: Uint8Array): string {
  assertKeyName(name);
  const id = Buffer.alloc(KEY_ID_BYTES);
  id.writeUInt32BE(keyId);
  return `${PREFIX}${name} ${toBase64(Buffer.concat([id, signature]))}`;
}

/**
 * Which of these keys have signed. Keys are told apart by name and id, wherever their lines stand;
 * signatures of others say nothing. None at all is an answer: who asks knows what is enough.
 * @throws `audit.signature_invalid` (integrity): one of them is named by a signature that is not its own,
 *   and then nothing of the note is believed
 */
export function verifiedBy({ text, signatures }: SignedNote, verifiers: readonly Verifier[]): readonly Verifier[] {
  return verifiers.filter((verifier) => {
    const own = signatures.filter(({ name, keyId }) => name === verifier.name && keyId === verifier.keyId);
    const wrong = own.find(({ signature }) => !verifier.verify(text, signature));
    if (wrong === undefined) return own.length > 0;
    throw new PlumblineError(
      'integrity',
      'audit.signature_invalid',
      `the signature of ${keyLabel(wrong)} does not fit the text; keep the note as evidence and fetch it again`,
    );
  });
}

function parseLine(line: string): Signature {
  const [name = '', base64 = '', ...more] = line.startsWith(PREFIX) ? line.slice(PREFIX.length).split(' ') : [];
  const bytes = fromBase64(base64);
  if (more.length > 0 || !isKeyName(name) || bytes === undefined || bytes.length <= KEY_ID_BYTES) {
    throw malformed(`${JSON.stringify(line.slice(0, 60))} is no signature`);
  }
  return { name, keyId: bytes.readUInt32BE(), signature: bytes.subarray(KEY_ID_BYTES), line };
}

function assertText(text: string): void {
  if (!text.endsWith('\n')) throw malformed('its text does not end with a line end');
  if (CONTROL.test(text)) throw malformed('its text has a control character');
  if (!text.isWellFormed()) throw malformed('its text has half a surrogate pair, which is no UTF-8');
}

function assertLength(note: string): void {
  if (note.length > MAX_BYTES || Buffer.byteLength(note) > MAX_BYTES) {
    throw malformed(`it is longer than ${MAX_BYTES} bytes`);
  }
}

function assertCount(signatures: number): void {
  if (signatures === 0 || signatures > MAX_SIGNATURES) {
    throw malformed(`it has ${signatures} signatures; 1 to ${MAX_SIGNATURES} are allowed`);
  }
}

const malformed = (why: string): PlumblineError =>
  new PlumblineError(
    'invalid',
    'audit.note_malformed',
    `this is no signed note: ${why}; it is lines of text, an empty line, and lines "${PREFIX}<key name> <base64>"`,
  );
