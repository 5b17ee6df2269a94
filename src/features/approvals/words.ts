/** How a request is told to people, and how its row is read by the rules. */

import type { Notice } from '../../kernel/notice.ts';
import type { Request } from './rules.ts';
import type { ApprovalRow } from './store.ts';

/** What a new request does not have yet. */
export const NEW = {
  state: 'pending',
  decided_by: null,
  decided_via: null,
  decided_at: null,
  decision_reason: null,
  result: null,
  break_glass: false,
  reviewed_by: null,
  reviewed_at: null,
  review_note: null,
} as const;

export const asRequest = (row: ApprovalRow): Request => ({
  ...{ id: row.id, action: row.action, state: row.state, payloadHash: row.payload_hash },
  ...{ requestedBy: row.requested_by, expiresAt: row.expires_at.getTime(), breakGlass: row.break_glass },
  reviewedBy: row.reviewed_by ?? undefined,
});

type Told = 'requested' | 'executed' | 'refused' | 'break_glass' | 'reviewed';

export function noticeOf(told: Told, row: ApprovalRow): Notice {
  const what = `${row.action} of ${row.target}`;
  return {
    key: `approval.${told}:${row.id}`,
    event: `approval.${told}`,
    severity: told === 'break_glass' ? 'critical' : told === 'requested' ? 'warning' : 'info',
    message: messages[told](what, row),
    payload: {
      ...{ approval_id: row.id, action: row.action, target: row.target, payload_hash: row.payload_hash },
      ...{ requested_by: row.requested_by, decided_by: row.decided_by, state: row.state, reason: row.reason },
      expires_at: row.expires_at.toISOString(),
    },
  };
}

const messages: Readonly<Record<Told, (what: string, row: ApprovalRow) => string>> = {
  requested: (what, row) =>
    `${row.requested_by} asks for ${what}: ${row.reason}; somebody else has to decide by ${row.expires_at.toISOString()}`,
  executed: (what, row) => `${what} was done: ${row.requested_by} asked for it, ${row.decided_by} approved it`,
  refused: (what, row) =>
    `${what}, which ${row.requested_by} asked for, is ${row.state}${row.decision_reason === null ? '' : `: ${row.decision_reason}`}`,
  break_glass: (what, row) =>
    `${row.requested_by} did ${what} alone, in an emergency: ${row.reason}; somebody else has to review it`,
  reviewed: (what, row) =>
    `${row.reviewed_by} reviewed ${what}, which ${row.requested_by} did alone: ${row.review_note}`,
};
