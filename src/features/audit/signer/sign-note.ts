/** A note signed by several keys, each of whose signatures was verified before anybody sees it. */
import { PlumblineError } from '../../../kernel/errors.ts';
import { parseVerifierKey } from '../tlog/keys.ts';
import { formatNote, parseNote, signatureLine, verifiedBy } from '../tlog/note.ts';
import type { LogKey } from './port.ts';

/**
 * A signature that does not verify is a fault of the machine or the wrong key of a KMS; published, the
 * one could give the key away and the other is worth nothing.
 * @throws `audit.signature_faulty` (integrity)
 */
export async function signNote(text: string, keys: readonly LogKey[]): Promise<string> {
  const signed = keys.map(async (key) => signatureLine(key.name, key.keyId, await key.sign(text)));
  const note = formatNote(text, await Promise.all(signed));
  const verifiers = keys.map(({ vkey }) => parseVerifierKey(vkey));
  let verified = 0;
  try {
    verified = verifiedBy(parseNote(note), verifiers).length;
  } catch {
    // said below
  }
  if (verified === verifiers.length) return note;
  throw new PlumblineError(
    'integrity',
    'audit.signature_faulty',
    `a signature by ${keys.map(({ vkey }) => vkey.slice(0, vkey.lastIndexOf('+'))).join(' or ')} does not verify, so it is not published; check that the key belongs to its name, and the machine`,
  );
}
