/** How a row is named: its key, as its table has it, and the `original_id` that a pointer has. */
import { PlumblineError } from '../../../kernel/errors.ts';

/** The `original_id` of a key. @throws `archive.key_malformed` (invalid) */
export function pointerId(key: string): string {
  const lower = key.toLowerCase();
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(lower)) return lower;
  if (/^-?\d{1,19}$/.test(key)) {
    const number = BigInt.asUintN(64, BigInt(key));
    if (BigInt.asIntN(64, number) === BigInt(key)) {
      const hex = number.toString(16).padStart(16, '0');
      return `00000000-0000-0000-${hex.slice(0, 4)}-${hex.slice(4)}`;
    }
  }
  throw new PlumblineError(
    'invalid',
    'archive.key_malformed',
    `"${key.slice(0, 60)}" names no row: write its UUID, or its whole number`,
  );
}
