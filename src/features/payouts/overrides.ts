/** Who may override a halt, and when not: each refusal says what to do instead. */
import { PlumblineError } from '../../kernel/errors.ts';
import type { PayoutHaltId as HaltId } from '../../kernel/ids.ts';
import { isStillKnown, type Permission } from './rules.ts';
import type { HaltRow } from './store.ts';

/** A request that nobody approves within this is void, milliseconds: it was made for what was known then. */
export const REQUEST_VALID_MS = 24 * 3_600_000;
export const HOUR_MS = 3_600_000;

/** @throws `payouts.not_halted` (conflict), `payouts.override_too_long` (invalid) */
export function assertRequestable({ state, book }: Permission, hours: number, maxHours: number): void {
  if (!Number.isInteger(hours) || hours < 1 || hours > maxHours) {
    throw new PlumblineError(
      'invalid',
      'payouts.override_too_long',
      `hours is ${hours}; an override lasts 1 to ${maxHours} hours (PAYOUTS_OVERRIDE_MAX_HOURS)`,
      { faults: [{ pointer: '/hours', message: `must be a whole number from 1 to ${maxHours}` }] },
    );
  }
  if (state !== 'halted') throw notHalted(book);
}

/**
 * @throws `payouts.override_unknown` (missing), `payouts.override_settled`, `payouts.override_void`,
 * `payouts.not_halted` (conflict), `payouts.same_person` (denied)
 */
export function assertApprovable(
  permission: Permission,
  request: HaltRow,
  outcome: HaltRow | undefined,
  subject: string,
  now: Date,
): void {
  if (outcome !== undefined) throw settled(request, outcome);
  if (permission.state !== 'halted') throw notHalted(permission.book);
  if (request.subject === subject) {
    throw new PlumblineError(
      'denied',
      'payouts.same_person',
      `${subject} asked for the override ${request.id} and cannot approve it; somebody else with a key of the scope payouts:approve has to`,
      { unchanged: true },
    );
  }
  const reason = voidBecause(permission, request, now);
  if (reason !== undefined) {
    throw new PlumblineError(
      'conflict',
      'payouts.override_void',
      `the request ${request.id} is void: ${reason}; ask for a new override`,
      { unchanged: true },
    );
  }
}

function voidBecause(permission: Permission, request: HaltRow, now: Date): string | undefined {
  if (now.getTime() - request.at.getTime() > REQUEST_VALID_MS) {
    return `it was made at ${request.at.toISOString()} and nobody approved it within 24 hours`;
  }
  if (permission.since.getTime() > request.at.getTime()) return 'the halt that it was made for was released since';
  if (!isStillKnown(request.difference, permission)) {
    return `the deficit was ${request.difference} then and is ${permission.difference} now`;
  }
  return undefined;
}

/** @throws `payouts.override_settled` (conflict) */
export function assertInForce(permission: Permission, request: HaltRow, outcome: HaltRow | undefined): void {
  if (permission.override_id === request.id) return;
  throw settled(request, outcome);
}

const settled = (request: HaltRow, outcome: HaltRow | undefined): PlumblineError =>
  new PlumblineError(
    'conflict',
    'payouts.override_settled',
    outcome === undefined
      ? `the override ${request.id} is not approved, so there is nothing to end`
      : `the override ${request.id} was ${outcome.kind === 'override_approved' ? 'approved' : 'ended'} by ${outcome.subject} at ${outcome.at.toISOString()}`,
    { unchanged: true },
  );

const notHalted = (book: string): PlumblineError =>
  new PlumblineError('conflict', 'payouts.not_halted', `payouts of book ${book} are permitted: nothing to override`, {
    unchanged: true,
  });

export const unknownOverride = (id: HaltId): PlumblineError =>
  new PlumblineError('missing', 'payouts.override_unknown', `there is no request for an override ${id}`);
