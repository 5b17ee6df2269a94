/** What every store of objects says when it cannot do as it was asked. */
import { type Details, PlumblineError } from '../../kernel/errors.ts';
import type { RestoreTier, StorageClass } from './cold-port.ts';

export const exists = (
  key: string,
  why = `the object ${key} exists already; objects are written once`,
): PlumblineError => new PlumblineError('conflict', 'objects.exists', why, { details: { key } });

export const missing = (key: string): PlumblineError =>
  new PlumblineError('missing', 'objects.missing', `there is no object ${key}`, { details: { key } });

export const corrupt = (key: string, what: string): PlumblineError =>
  new PlumblineError('integrity', 'objects.corrupt', `the object ${key} is not what was stored: ${what}`, {
    details: { key },
  });

export const unavailable = (
  message: string,
  options: { readonly details?: Details; readonly cause?: unknown } = {},
): PlumblineError => new PlumblineError('upstream', 'objects.unavailable', message, options);

export const unfit = (message: string, details: Details, cause?: unknown): PlumblineError =>
  new PlumblineError('invalid', 'objects.unfit', message, { details, ...(cause === undefined ? {} : { cause }) });

export const cold = (key: string): PlumblineError =>
  new PlumblineError('conflict', 'objects.cold', `the object ${key} is archived; restore it, then read it`, {
    details: { key },
    unchanged: true,
  });

export const notArchived = (key: string): PlumblineError =>
  new PlumblineError('conflict', 'objects.not_archived', `the object ${key} is not archived; it can be read as it is`, {
    details: { key },
    unchanged: true,
  });

export const tierRefused = (key: string, tier: RestoreTier, storageClass: StorageClass): PlumblineError =>
  new PlumblineError(
    'invalid',
    'objects.tier_refused',
    `the tier ${tier} is not for the object ${key} of class ${storageClass}; use Standard or Bulk`,
    { details: { key, tier, storageClass } },
  );

export const busy = (key: string, cause?: unknown): PlumblineError =>
  new PlumblineError(
    'busy',
    'objects.busy',
    `there is no capacity to restore ${key} by the tier Expedited now; try later, or use Standard`,
    { details: { key }, unchanged: true, ...(cause === undefined ? {} : { cause }) },
  );

export const locked = (key: string, why: string, cause?: unknown): PlumblineError =>
  new PlumblineError('denied', 'objects.locked', `the object ${key} may not be deleted: ${why}`, {
    details: { key },
    unchanged: true,
    ...(cause === undefined ? {} : { cause }),
  });

export const weakened = (key: string, what: string): PlumblineError =>
  new PlumblineError('denied', 'objects.locked', `the retention of ${key} may not be weakened: ${what}`, {
    details: { key },
    unchanged: true,
  });
