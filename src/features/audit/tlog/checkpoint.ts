/** What a log says about itself: its name, its size, its root. https://c2sp.org/tlog-checkpoint */
import { PlumblineError } from '../../../kernel/errors.ts';
import { HASH_BYTES } from './hashing.ts';

export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Buffer;
  /** Lines that this format says nothing about. */
  readonly extensions: readonly string[];
}

export const formatCheckpoint = ({
  origin,
  size,
  root,
}: Pick<Checkpoint, 'origin' | 'size'> & { readonly root: Uint8Array }): string =>
  `${origin}\n${size}\n${Buffer.from(root).toString('base64')}\n`;

/** @param text of the note, without its signatures. @throws `audit.checkpoint_malformed` (invalid) */
export function parseCheckpoint(text: string): Checkpoint {
  const [origin = '', size = '', root = '', ...rest] = text.split('\n');
  const hash = Buffer.from(root, 'base64');
  const [end, ...extensions] = rest.toReversed();
  const isRight =
    origin !== '' &&
    /^(0|[1-9]\d{0,15})$/.test(size) &&
    Number.isSafeInteger(Number(size)) &&
    hash.length === HASH_BYTES &&
    hash.toString('base64') === root &&
    end === '' &&
    !extensions.includes('');
  if (isRight) return { origin, size: Number(size), root: hash, extensions: extensions.toReversed() };
  throw new PlumblineError(
    'invalid',
    'audit.checkpoint_malformed',
    `"${text.slice(0, 80)}" is no checkpoint: its lines are the log's origin, its size and its root in base64`,
  );
}
