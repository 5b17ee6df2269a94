/** What a route that may be dangerous asks before it acts, and what it answers where a second person has to agree. */
import { z } from 'zod';
import type { Json } from '../../kernel/canonical.ts';
import { type Caller, TIMESTAMP } from './port.ts';

/** For status 202. */
export const PENDING_APPROVAL = z
  .object({
    approval_id: z.uuid(),
    action: z.string(),
    target: z.string(),
    payload_hash: z
      .string()
      .describe('SHA-256 of what was asked for, in canonical JSON: what is approved, to the byte'),
    requested_by: z.string(),
    expires_at: TIMESTAMP,
    detail: z.string(),
  })
  .describe('Nothing was done yet: somebody else has to approve it');
export type PendingApproval = z.input<typeof PENDING_APPROVAL>;

export interface ApprovalGate {
  /**
   * @returns undefined where the caller may act at once; else the request that now waits for somebody else
   * @throws as `Approvals.request`
   */
  propose(
    action: string,
    payload: Json,
    by: { readonly caller: Caller; readonly reason: string },
  ): Promise<PendingApproval | undefined>;
}
