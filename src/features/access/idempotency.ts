/**
 * A POST that acts carries an Idempotency-Key: sent again, it is answered as the first time and does
 * nothing. https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
 */
import type { Clock, Random } from '../../kernel/clock.ts';
import { isPlumblineError, PlumblineError } from '../../kernel/errors.ts';
import { uuidv7 } from '../../kernel/ids.ts';
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

/** A row that went away between the claim and the look at it was released: the claim is tried again. */
const TRIES = 5;

/**
 * Whoever acts holds a claim of their own, and only while it stands are they answered for: a key that was
 * released, taken over or claimed by another request at the same instant is never taken for one's own.
 * @throws `idempotency.key_reused` (invalid) when the key came with another request before
 * @throws `idempotency.in_flight` (conflict) while the first request is under way
 */
export async function once(
  deps: { readonly db: Db; readonly clock: Clock; readonly random: Random },
  { subject, key, requestHash }: IdempotentRequest,
  act: () => Promise<Answer & { readonly stored: string }>,
): Promise<Answer & { readonly replayed: boolean }> {
  const { db, clock, random } = deps;
  const own = { subject, key, claim: uuidv7(clock.now(), random.bytes(10)) };
  const before = await claim(deps, own, requestHash);
  if (before !== undefined) return replay(before, requestHash);
  try {
    const { status, body, stored } = await act();
    await store.answerRequest(db.sql, own, { response_code: status, response_body: stored });
    return { status, body, replayed: false };
  } catch (error) {
    // A refusal changed nothing, so the corrected request may use the key again. What failed
    // half-way keeps it until it counts as abandoned.
    if (isPlumblineError(error) && error.unchanged) await store.releaseRequest(db.sql, own);
    throw error;
  }
}

/** @returns undefined where the key is claimed by this caller, else the request that came before */
async function claim(
  { db, clock }: { readonly db: Db; readonly clock: Clock },
  own: { readonly subject: string; readonly key: string; readonly claim: string },
  requestHash: string,
): Promise<store.IdempotencyRow | undefined> {
  const now = clock.now();
  const wanted = { ...own, request_hash: requestHash, claimed_at: new Date(now) };
  for (let tries = 0; tries < TRIES; tries += 1) {
    const answer = await store.claimRequest(db.sql, wanted, new Date(now - ABANDONED_AFTER_MS));
    if (answer === 'claimed') return undefined;
    if (answer !== undefined) return answer;
  }
  throw inFlight(own.key);
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
    throw inFlight(row.key);
  }
  return { status: row.response_code, body: row.response_body, replayed: true };
}

const inFlight = (key: string): PlumblineError =>
  new PlumblineError(
    'conflict',
    'idempotency.in_flight',
    `the request with Idempotency-Key "${key}" is under way; ask again later`,
  );
