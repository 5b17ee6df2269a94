/** What several commands of the log read: repeated options, numbers, files. */
import { readFileSync } from 'node:fs';
import type { Damage } from '../../features/audit/verify/damage.ts';
import { messageOf, PlumblineError } from '../../kernel/errors.ts';

/** An option that may be given several times. */
export const several = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

/** @throws `usage.number` (invalid) */
export function wholeNumber(option: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new PlumblineError('invalid', 'usage.number', `${option}: "${text}" is not a whole number`);
}

/** @throws `audit.file_unreadable` (invalid) */
export function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new PlumblineError('invalid', 'audit.file_unreadable', `${file} cannot be read (${messageOf(error)})`);
  }
}

export const describe = ({ kind, index, message }: Damage): string =>
  `  ${index === undefined ? '' : `leaf ${index}: `}${kind}: ${message}`;
