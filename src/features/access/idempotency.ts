/**
 * A POST that acts carries an Idempotency-Key: sent again, it is answered as the first time and does
 * nothing. https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
 */
import type { Clock } from '../../kernel/clock.ts';
import { isPlumblineError, PlumblineError } from '../../kernel/errors.ts';
import type { Db } from '../../platform/db/port.ts';
import * as store from './store.ts';

export interface Answer {
  readonly status: number;
  /** JSON. */
  readonly body: string;
}

/** A request that is still under way after this is taken to have died with its process. */
const ABANDONED_AFTER_MS = 15 * 60_000;

export interface IdempotentRequest {
  readonly subject: string;
  readonly key: string;
  /** SHA-256 of method, route and body. */
  readonly requestHash: string;
}

/**
 * @throws `idempotency.key_reused` (invalid) when the key came with another request before
 * @throws `idempotency.in_flight` (conflict) while the first request is under way
 */
export async function once(
  deps: { readonly db: Db; readonly clock: Clock },
  { subject, key, requestHash }: IdempotentRequest,
  act: () => Promise<Answer & { readonly stored: string }>,
): Promise<Answer & { readonly replayed: boolean }> {
  const { db, clock } = deps;
  const now = clock.now();
  const claim = { subject, key, request_hash: requestHash, claimed_at: new Date(now) };
  const before = await store.claimRequest(db.sql, claim, new Date(now - ABANDONED_AFTER_MS));
  if (before !== undefined) return replay(before, requestHash);
  try {
    const { status, body, stored } = await act();
    await store.answerRequest(db.sql, { subject, key }, { response_code: status, response_body: stored });
    return { status, body, replayed: false };
  } catch (error) {
    // A refusal changed nothing, so the corrected request may use the key again. What failed
    // half-way keeps it until it counts as abandoned.
    if (isPlumblineError(error) && error.unchanged) {
      await store.releaseRequest(db.sql, { subject, key });
    }
    throw error;
  }
}

function replay(row: store.IdempotencyRow, requestHash: string): Answer & { readonly replayed: boolean } {
  if (row.request_hash !== requestHash) {
    throw new PlumblineError(
      'invalid',
      'idempotency.key_reused',
      `Idempotency-Key "${row.key}" came with another request before; use a new key for a new request`,
      { faults: [{ pointer: 'header/idempotency-key', message: 'must be new for a new request' }] },
    );
  }
  if (row.response_code === null || row.response_body === null) {
    throw new PlumblineError(
      'conflict',
      'idempotency.in_flight',
      `the request with Idempotency-Key "${row.key}" is under way; ask again later`,
    );
  }
  return { status: row.response_code, body: row.response_body, replayed: true };
}
