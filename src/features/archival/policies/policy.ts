/** A policy: what of a table is archived, when, where to, and how hard the database may be worked for it. */
import { z } from 'zod';
import { type Fault, PlumblineError } from '../../../kernel/errors.ts';
import { CODECS } from '../format/codec.ts';

const TIME_OF_DAY = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time of day such as "01:30"');
const NAME = z.string().min(1).max(63);

export const POLICY = z.strictObject({
  column: NAME.describe('The column of times by which rows grow old: timestamptz, timestamp or date'),
  key: NAME.default('id').describe('The column that names a row: uuid, bigint, integer or smallint, and unique'),
  age_days: z.int().describe('Rows older than this are archived'),
  storage_class: z.enum(['STANDARD', 'GLACIER', 'DEEP_ARCHIVE']).default('GLACIER'),
  format: z.enum(CODECS).default('zstd').describe('zstd frames, or gzip members for readers without zstd'),
  rows_per_object: z.int().min(1_000).max(1_000_000).default(250_000),
  window: z
    .strictObject({ from: TIME_OF_DAY, to: TIME_OF_DAY })
    .nullable()
    .default(null)
    .describe('Time of day, UTC, in which the schedule may work; it may go over midnight'),
  throttle: z
    .strictObject({
      busy_percent: z.int().min(1).max(100).default(10).describe('Share of the time in which the database is worked'),
      max_lag_ms: z.int().min(0).max(3_600_000).default(1_000).describe('Lag of a replica at which work waits'),
      max_statement_ms: z
        .int()
        .min(10)
        .max(60_000)
        .default(100)
        .describe('Chunks are made smaller until one takes no longer'),
      max_wal_kb_per_second: z.int().min(64).max(10_000_000).nullable().default(null),
    })
    .prefault({}),
  legal_hold: z.boolean().default(false).describe('Objects are put under legal hold, and nothing is purged'),
  hold_days: z.int().min(0).max(36_500).default(0).describe('How long the law keeps rows in the database itself'),
  retention: z
    .strictObject({ mode: z.enum(['GOVERNANCE', 'COMPLIANCE']), days: z.int().min(1).max(36_500) })
    .nullable()
    .default(null)
    .describe('Object Lock, from the upload on'),
  purge_only: z.boolean().default(false).describe('Rows are deleted, and no object is made'),
  cooling_hours: z.int().min(0).max(8_760).default(0).describe('Time between a verified upload and the first deletion'),
  enabled: z.boolean().default(true).describe('Whether the schedule acts on it'),
});

export type Policy = z.output<typeof POLICY>;

/** A policy in force. */
export interface VersionedPolicy {
  /** `schema.table`. */
  readonly table: string;
  readonly version: number;
  readonly policy: Policy;
  readonly setBy: string;
  readonly setAt: Date;
}

/** What no schema says. @throws `archive.policy_invalid` (invalid), each fault with its field and remedy */
export function assertSensible(policy: Policy): void {
  const faults = faultsOf(policy);
  if (faults.length === 0) return;
  throw new PlumblineError(
    'invalid',
    'archive.policy_invalid',
    `the policy is refused: ${faults.map(({ pointer, message }) => `${pointer} ${message}`).join('; ')}`,
    { faults },
  );
}

function faultsOf(policy: Policy): readonly Fault[] {
  const { age_days: age, hold_days: hold, window } = policy;
  const faults: Fault[] = [];
  if (age < 1) {
    faults.push({
      pointer: '/age_days',
      message: `is ${age}: rows that are written now would be archived; write 1 or more`,
    });
  }
  if (age >= 1 && age < hold) {
    faults.push({
      pointer: '/age_days',
      message: `is ${age}, younger than the legal hold of ${hold} days (hold_days); write ${hold} or more`,
    });
  }
  if (policy.purge_only && policy.legal_hold) {
    faults.push({
      pointer: '/purge_only',
      message: 'contradicts legal_hold: what is held is not purged; release the hold first',
    });
  }
  if (policy.purge_only && policy.retention !== null) {
    faults.push({ pointer: '/retention', message: 'is of objects, and purge_only makes none; leave one of them out' });
  }
  if (window !== null && window.from === window.to) {
    faults.push({ pointer: '/window', message: `begins and ends at ${window.from}; leave it out to work at any time` });
  }
  return faults;
}

/** Whether the schedule may work at this instant. @param now epoch milliseconds */
export function inWindow({ window }: Policy, now: number): boolean {
  if (window === null) return true;
  const time = new Date(now).toISOString().slice(11, 16);
  return window.from < window.to ? time >= window.from && time < window.to : time >= window.from || time < window.to;
}

const DAY_MS = 86_400_000;

/** Rows before this instant are old enough. ISO text with a zone, milliseconds. */
export const cutoffOf = ({ age_days }: Policy, now: number): string => new Date(now - age_days * DAY_MS).toISOString();
