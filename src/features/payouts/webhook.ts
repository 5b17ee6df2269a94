/** What is sent and how it is signed: Standard Webhooks, https://github.com/standard-webhooks/standard-webhooks */
import { createHmac } from 'node:crypto';
import type { Permission } from './rules.ts';
import type { HaltRow } from './store.ts';

/**
 * The headers of one attempt.
 * @param secrets `whsec_` and base64 of 24 to 64 bytes; several, with spaces between them, while they are changed
 * @param at epoch milliseconds of the attempt
 */
export function webhookHeaders(
  secrets: string,
  id: string,
  at: number,
  body: string,
): { readonly [name: string]: string } {
  const timestamp = String(Math.floor(at / 1000));
  const signatures = secrets
    .split(/\s+/)
    .filter((secret) => secret !== '')
    .map((secret) => `v1,${sign(secret, `${id}.${timestamp}.${body}`)}`);
  return {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signatures.join(' '),
  };
}

const sign = (secret: string, text: string): string =>
  createHmac('sha256', Buffer.from(secret.replace(/^whsec_/, ''), 'base64'))
    .update(text)
    .digest('base64');

/** The body, made once: every attempt sends the same bytes. */
export const webhookBody = (halt: HaltRow, permission: Permission, permitted: boolean): string =>
  JSON.stringify({
    type: `payouts.${halt.kind}`,
    timestamp: halt.at.toISOString(),
    data: {
      id: halt.id,
      book: halt.book,
      version: String(halt.version),
      permitted,
      state: permission.state,
      since: permission.since.toISOString(),
      reason: halt.reason,
      subject: halt.subject,
      report_id: halt.report_id,
      as_of: halt.as_of?.toISOString() ?? null,
      difference: halt.difference,
      override_id: halt.override_id ?? (halt.kind === 'override_requested' ? halt.id : null),
      until: halt.until?.toISOString() ?? null,
    },
  });
