/** Approvals as JSON. */
import { z } from 'zod';
import { TIMESTAMP } from '../../platform/http-server/port.ts';
import { STATES } from './rules.ts';
import { type ApprovalRow, ATTEMPTS, type DenialRow } from './store.ts';

export const APPROVAL = z.object({
  id: z.uuid(),
  action: z.string(),
  target: z.string().describe('What it is done to'),
  payload: z.unknown().describe('What was asked for'),
  payload_hash: z.string().describe('SHA-256 of its canonical JSON (RFC 8785)'),
  reason: z.string(),
  requested_by: z.string(),
  requested_via: z.string().describe('key:<id>, session:<id> or token'),
  requested_at: TIMESTAMP,
  expires_at: TIMESTAMP,
  state: z.enum(STATES),
  decided_by: z.string().nullable(),
  decided_via: z.string().nullable(),
  decided_at: TIMESTAMP.nullable(),
  decision_reason: z.string().nullable(),
  result: z.unknown().describe('What came of it; null where nothing was done'),
  break_glass: z.boolean().describe('One person did it alone, in an emergency'),
  reviewed_by: z.string().nullable(),
  reviewed_at: TIMESTAMP.nullable(),
  review_note: z.string().nullable(),
});

export const DENIAL = z.object({
  id: z.uuid(),
  at: TIMESTAMP,
  subject: z.string(),
  via: z.string(),
  attempt: z.enum(ATTEMPTS),
  action: z.string(),
  approval_id: z.uuid().nullable(),
  code: z.string(),
  message: z.string(),
});

/** @param now what nobody decided by then has expired, written down or not */
export function approvalToJson(row: ApprovalRow, now: number): z.output<typeof APPROVAL> {
  const { id, action, target, payload_hash, reason, requested_by, requested_via, break_glass } = row;
  const { decided_by, decided_via, decision_reason, reviewed_by, review_note } = row;
  const payload: unknown = JSON.parse(row.payload);
  const result: unknown = row.result === null ? null : JSON.parse(row.result);
  return {
    ...{ id, action, target, payload, payload_hash, reason, requested_by, requested_via },
    requested_at: row.requested_at.toISOString(),
    expires_at: row.expires_at.toISOString(),
    state: row.state === 'pending' && row.expires_at.getTime() <= now ? 'expired' : row.state,
    ...{ decided_by, decided_via, decided_at: row.decided_at?.toISOString() ?? null, decision_reason, result },
    ...{ break_glass, reviewed_by, reviewed_at: row.reviewed_at?.toISOString() ?? null, review_note },
  };
}

export const denialToJson = (row: DenialRow): z.output<typeof DENIAL> => ({ ...row, at: row.at.toISOString() });
