/** What the API says of payouts. */
import { z } from 'zod';
import { DECIMAL, TIMESTAMP } from '../../platform/http-server/port.ts';
import { isPermitted } from './rules.ts';
import type { HaltRow, PermissionNow } from './store.ts';

export const PERMISSION = z.object({
  book: z.string(),
  permitted: z.boolean().describe('Whether a payout may be made now'),
  state: z.enum(['permitted', 'halted', 'overridden']),
  since: TIMESTAMP.describe('Since when payouts are permitted, or halted'),
  reason: z.string(),
  report_id: z.uuid().nullable().describe('The report behind the state'),
  difference: DECIMAL.nullable().describe('Assets less liabilities by that report'),
  override: z.object({ id: z.uuid(), until: TIMESTAMP }).nullable(),
  verdict: z
    .object({
      outcome: z.enum(['solvent', 'deficit']),
      report_id: z.uuid(),
      as_of: TIMESTAMP.describe('The instant that the report speaks of'),
      observed_at: TIMESTAMP,
      age_seconds: z.int().describe('Since `as_of`'),
    })
    .nullable()
    .describe('The newest one; null before the first'),
  version: z.string().describe('Grows by one with each decision'),
  read_at: TIMESTAMP.describe("The database's time at which all this held"),
});

export const HALT = z.object({
  id: z.uuid(),
  version: z.string(),
  at: TIMESTAMP,
  kind: z.enum(['halted', 'released', 'override_requested', 'override_approved', 'override_ended']),
  subject: z.string().describe('Who decided: a key, or `plumbline` itself'),
  reason: z.string(),
  report_id: z.uuid().nullable(),
  as_of: TIMESTAMP.nullable(),
  difference: DECIMAL.nullable(),
  override_id: z.uuid().nullable().describe('The request that it is about'),
  requested_by: z.string().nullable(),
  until: TIMESTAMP.nullable(),
  unwaited: z.boolean().describe('Reservations that began before were under way still'),
});

export function permissionToJson(row: PermissionNow): z.input<typeof PERMISSION> {
  const permitted = isPermitted(row, row.now);
  return {
    book: row.book,
    permitted,
    state: row.state === 'halted' && permitted ? 'overridden' : row.state,
    since: row.since.toISOString(),
    reason: row.reason,
    report_id: row.report_id,
    difference: row.difference,
    override: overrideOf(row, permitted),
    verdict: verdictOf(row),
    version: String(row.version),
    read_at: row.now.toISOString(),
  };
}

function overrideOf(row: PermissionNow, permitted: boolean): z.input<typeof PERMISSION>['override'] {
  if (row.override_id === null || row.override_until === null || !permitted) return null;
  return { id: row.override_id, until: row.override_until.toISOString() };
}

function verdictOf(row: PermissionNow): z.input<typeof PERMISSION>['verdict'] {
  const { verdict, verdict_report_id, verdict_as_of, verdict_observed_at } = row;
  if (verdict === null || verdict_report_id === null || verdict_as_of === null || verdict_observed_at === null) {
    return null;
  }
  return {
    outcome: verdict,
    report_id: verdict_report_id,
    as_of: verdict_as_of.toISOString(),
    observed_at: verdict_observed_at.toISOString(),
    age_seconds: Math.max(0, Math.floor((row.now.getTime() - verdict_as_of.getTime()) / 1000)),
  };
}

export const haltToJson = (row: HaltRow): z.input<typeof HALT> => ({
  id: row.id,
  version: String(row.version),
  at: row.at.toISOString(),
  kind: row.kind,
  subject: row.subject,
  reason: row.reason,
  report_id: row.report_id,
  as_of: row.as_of?.toISOString() ?? null,
  difference: row.difference,
  override_id: row.override_id,
  requested_by: row.requested_by,
  until: row.until?.toISOString() ?? null,
  unwaited: row.unwaited,
});
