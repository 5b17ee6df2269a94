/** The names of objects: what every store can hold, on any file system and in S3. */
import { PlumblineError } from '../../kernel/errors.ts';

/** Characters. */
const MAX_KEY = 512;
const MAX_SEGMENT = 200;

const SEGMENT = /^[A-Za-z0-9_.=+-]+$/;

const isSegment = (segment: string): boolean =>
  SEGMENT.test(segment) && segment.length <= MAX_SEGMENT && segment !== '.' && segment !== '..';

/** @throws `objects.key_malformed` (invalid) */
export function assertKey(key: string): void {
  if (key.length <= MAX_KEY && key.split('/').every(isSegment)) return;
  throw new PlumblineError(
    'invalid',
    'objects.key_malformed',
    `"${key.slice(0, 80)}" is not the key of an object; write parts of letters, digits and _ . = + - joined by single slashes, ${MAX_KEY} characters at the most`,
    { details: { key: key.slice(0, 80) } },
  );
}

/** What this program puts into a cold store for itself begins with it; listings leave it out. */
export const OWN = 'plumbline-check/';
