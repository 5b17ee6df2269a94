/** Checkpoints (c2sp.org/tlog-checkpoint): what a log says of itself at one size. The text of a signed note. */
import { PlumblineError } from '../../../kernel/errors.ts';
import { fromBase64, toBase64 } from './base64.ts';
import { HASH_BYTES } from './hashing.ts';

export interface Checkpoint {
  /** The log's name for all time. */
  readonly origin: string;
  readonly size: number;
  readonly root: Buffer;
  /** Further lines, which other logs may have. Ours have none: nobody can audit them. */
  readonly extensions: readonly string[];
}

/** @throws `audit.checkpoint_malformed` (invalid): whatever this answers, `parseCheckpoint` reads */
export function formatCheckpoint(
  checkpoint: Pick<Checkpoint, 'origin' | 'size'> & { readonly root: Uint8Array },
): string {
  const { origin, size, root } = checkpoint;
  const text = `${origin}\n${size}\n${toBase64(root)}\n`;
  parseCheckpoint(text);
  return text;
}

/** @param text of the note, without signatures @throws `audit.checkpoint_malformed` (invalid) */
export function parseCheckpoint(text: string): Checkpoint {
  if (!text.endsWith('\n')) throw malformed('its last line has no newline');
  const [origin = '', size, root, ...extensions] = text.slice(0, -1).split('\n');
  if (size === undefined || root === undefined) throw malformed('it has fewer than three lines');
  if (origin === '' || extensions.includes('')) throw malformed('one of its lines is empty');
  const leaves = parseSize(size);
  if (leaves === undefined) throw malformed(`its size is "${size}" instead of a decimal number below 2^53`);
  const bytes = fromBase64(root);
  if (bytes?.length !== HASH_BYTES) throw malformed(`its root is "${root}" instead of ${HASH_BYTES} bytes in base 64`);
  return { origin, size: leaves, root: bytes, extensions };
}

/** A size or an index as the formats write it: no sign, no leading zero. Undefined: it is none, or not exact. */
export function parseSize(text: string): number | undefined {
  if (!/^(0|[1-9][0-9]{0,15})$/.test(text)) return undefined;
  const size = Number(text);
  return Number.isSafeInteger(size) ? size : undefined;
}

const malformed = (why: string): PlumblineError =>
  new PlumblineError(
    'invalid',
    'audit.checkpoint_malformed',
    `this is no checkpoint: ${why}; it has the lines origin, size, and root hash in base 64`,
  );
