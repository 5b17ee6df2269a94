/** Signed notes (c2sp.org/signed-note): a text, an empty line, and a line for each signature. */
import { messageOf, PlumblineError } from '../../../kernel/errors.ts';
import { fromBase64, toBase64 } from './base64.ts';
import { cosignatureVerifier } from './cosignature.ts';
import {
  ALGORITHMS,
  assertKeyName,
  ed25519Verifier,
  isKeyName,
  keyLabel,
  parsePublicKeyText,
  type Signer,
  type Verifier,
  vkeyMalformed,
} from './keys.ts';

export type { Signer, Verifier } from './keys.ts';

export interface NoteSignature {
  readonly name: string;
  readonly keyId: number;
  /** Without the key id. */
  readonly signature: Uint8Array;
  /** As it stands in the note, without the newline. */
  readonly line: string;
}

export interface SignedNote {
  /** With its last newline: this is what is signed. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

const MAX_BYTES = 1_000_000;
const MAX_SIGNATURES = 100;
const KEY_ID_BYTES = 4;
const PREFIX = '\u2014 ';
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\u0000-\u0009\u000b-\u001f]/;

/** @throws `audit.vkey_malformed` (invalid) */
export function parseVerifierKey(vkey: string): Verifier {
  const key = parsePublicKeyText(vkey);
  try {
    return key.algorithm === ALGORITHMS.ed25519 ? ed25519Verifier(key) : cosignatureVerifier(key);
  } catch (error) {
    throw vkeyMalformed(vkey, messageOf(error));
  }
}

/** Reads a note and believes nothing of it. @throws `audit.note_malformed` (invalid) */
export function parseNote(note: string): SignedNote {
  if (note.length > MAX_BYTES || Buffer.byteLength(note) > MAX_BYTES) {
    throw malformed(`it is longer than ${MAX_BYTES} bytes`);
  }
  // The text may have empty lines of its own: the last one ends it.
  const split = note.lastIndexOf('\n\n');
  if (split < 0) throw malformed('no empty line stands between text and signatures');
  const text = note.slice(0, split + 1);
  assertText(text);
  const block = note.slice(split + 2);
  if (!block.endsWith('\n')) throw malformed(block === '' ? 'it has no signature' : 'its last line has no newline');
  const lines = block.slice(0, -1).split('\n');
  if (lines.length > MAX_SIGNATURES) throw malformed(`it has more than ${MAX_SIGNATURES} signatures`);
  return { text, signatures: [...new Set(lines)].map(parseSignatureLine) };
}

/**
 * @param lines signature lines, without newlines; one that stands there twice is written once
 * @throws `audit.note_malformed` (invalid): whatever this answers, `parseNote` reads
 */
export function formatNote(text: string, lines: readonly string[]): string {
  assertText(text);
  const once = [...new Set(lines)];
  if (once.length === 0 || once.length > MAX_SIGNATURES) throw malformed(`it has ${once.length} signatures`);
  for (const line of once) parseSignatureLine(line);
  const note = `${text}\n${once.join('\n')}\n`;
  if (Buffer.byteLength(note) > MAX_BYTES) throw malformed(`it is longer than ${MAX_BYTES} bytes`);
  return note;
}

/** The line of a signature, without the newline. @throws `audit.key_name_invalid` (invalid) */
export function signatureLine(
  { name, keyId }: { readonly name: string; readonly keyId: number },
  signature: Uint8Array,
): string {
  assertKeyName(name);
  const id = Buffer.alloc(KEY_ID_BYTES);
  id.writeUInt32BE(keyId);
  return `${PREFIX}${name} ${toBase64(Buffer.concat([id, signature]))}`;
}

/** Signs the text with every signer, in their order. */
export async function signNote(text: string, signers: readonly Signer[]): Promise<string> {
  assertText(text);
  return formatNote(
    text,
    await Promise.all(signers.map(async (signer) => signatureLine(signer, await signer.sign(text)))),
  );
}

/**
 * Which of the verifiers signed the note. Keys are told apart by name and key id, wherever their lines
 * stand; lines of other keys say nothing. None at all is an empty answer: who asks decides what is enough.
 * @throws `audit.note_signature_bad` (integrity) when a known key's signature is wrong: then nothing of
 *   the note is believed
 * @throws `audit.verifiers_ambiguous` (invalid)
 */
export function verifiedBy(note: SignedNote, verifiers: readonly Verifier[]): readonly Verifier[] {
  const known = new Map<string, Verifier>();
  for (const verifier of verifiers) {
    const label = keyLabel(verifier);
    if (known.has(label)) {
      throw new PlumblineError(
        'invalid',
        'audit.verifiers_ambiguous',
        `two verifier keys are called ${label}; give each key once`,
      );
    }
    known.set(label, verifier);
  }
  const signed = new Set<Verifier>();
  for (const each of note.signatures) {
    const verifier = known.get(keyLabel(each));
    if (verifier === undefined) continue;
    if (!verifier.verify(note.text, each.signature)) {
      throw new PlumblineError(
        'integrity',
        'audit.note_signature_bad',
        `the signature of ${keyLabel(each)} is not of this text; keep the note as evidence and fetch it again`,
      );
    }
    signed.add(verifier);
  }
  return [...signed];
}

/** A signature line as another may send it, without the newline. @throws `audit.note_malformed` (invalid) */
export function parseSignatureLine(line: string): NoteSignature {
  const [name = '', base64 = '', ...more] = line.startsWith(PREFIX) ? line.slice(PREFIX.length).split(' ') : [];
  const bytes = fromBase64(base64);
  if (more.length > 0 || !isKeyName(name) || bytes === undefined || bytes.length <= KEY_ID_BYTES) {
    throw malformed(`${JSON.stringify(line.slice(0, 120))} is no signature line`);
  }
  return { name, keyId: bytes.readUInt32BE(0), signature: bytes.subarray(KEY_ID_BYTES), line };
}

function assertText(text: string): void {
  if (!text.endsWith('\n')) throw malformed('its text does not end with a newline');
  if (CONTROL.test(text)) throw malformed('its text has a control character');
  if (!text.isWellFormed()) throw malformed('its text has half a surrogate pair, which is no UTF-8');
}

const malformed = (why: string): PlumblineError =>
  new PlumblineError(
    'invalid',
    'audit.note_malformed',
    `this is no signed note: ${why}; it is a text, an empty line, and lines "${PREFIX}<key name> <base64>"`,
  );
