/** What a cold store refuses before it touches anything. */
import { stat } from 'node:fs/promises';
import { messageOf, PlumblineError } from '../../kernel/errors.ts';
import type { ColdBody, Retention } from './cold-port.ts';
import { corrupt } from './faults.ts';

/** S3 takes a positive 32-bit integer as the days of a restored copy; a century is enough. */
const MAX_DAYS = 36_500;

/** @throws `objects.days_refused` (invalid) */
export function assertDays(key: string, days: number): void {
  if (Number.isInteger(days) && days >= 1 && days <= MAX_DAYS) return;
  throw new PlumblineError(
    'invalid',
    'objects.days_refused',
    `the copy of ${key} is to be kept for ${days} days; say a whole number from 1 to ${MAX_DAYS}`,
    { details: { key, days } },
  );
}

/** @throws `objects.retention_refused` (invalid) for one that is over already, or that never ends */
export function assertRetention(key: string, retention: Retention | undefined, now: number): void {
  if (retention === undefined || retention.until.getTime() > now) return;
  const until = Number.isNaN(retention.until.getTime()) ? 'no day' : retention.until.toISOString();
  throw new PlumblineError(
    'invalid',
    'objects.retention_refused',
    `the object ${key} is to be retained until ${until}, which is not to come; give a later day`,
    { details: { key, until } },
  );
}

/** @throws `objects.body_unreadable` (internal); `objects.corrupt` (integrity) when the file has another length than was said */
export async function assertBody(key: string, body: ColdBody): Promise<void> {
  if ('bytes' in body) return;
  const { path, size } = body;
  const found = await stat(path).catch((cause: unknown) => {
    throw new PlumblineError(
      'internal',
      'objects.body_unreadable',
      `the file ${path}, which is to be stored as ${key}, cannot be read: ${messageOf(cause)}`,
      { details: { key, path }, cause },
    );
  });
  if (found.size !== size) throw corrupt(key, `its file has ${found.size} bytes, and ${size} were said`);
}
