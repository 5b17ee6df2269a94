/**
 * Who may ask, who may agree, and until when: pure, and the same for the service and for what simulates it.
 * A subject that is no person takes no part: a machine agrees to nothing, and behind two keys of one person
 * stands one subject.
 */
import { type ErrorKind, PlumblineError } from '../../kernel/errors.ts';

export const STATES = ['pending', 'executed', 'rejected', 'withdrawn', 'expired', 'void'] as const;
export type State = (typeof STATES)[number];

/** What the rules look at of a request. Times are epoch milliseconds. */
export interface Request {
  readonly id: string;
  readonly action: string;
  readonly state: State;
  readonly payloadHash: string;
  readonly requestedBy: string;
  readonly expiresAt: number;
  readonly breakGlass: boolean;
  readonly reviewedBy: string | undefined;
}

export interface Actor {
  readonly subject: string;
  readonly scopes: ReadonlySet<string>;
}

export type Decision =
  | { readonly kind: 'approve'; readonly payloadHash: string }
  | { readonly kind: 'reject' | 'withdraw' | 'review' };

const PERSON = 'person:';

/** @throws `approvals.unnamed`, `approvals.scope_missing` (denied) */
export function assertTakesPart(actor: Actor, action: { readonly name: string; readonly scope: string }): void {
  assertPerson(actor);
  if (actor.scopes.has(action.scope)) return;
  throw refusal(
    'denied',
    'approvals.scope_missing',
    `${action.name} is decided among those who have the scope ${action.scope}; ${actor.subject} has it not`,
  );
}

/**
 * Whether the actor may decide this, now.
 * @param now epoch milliseconds
 * @throws `approvals.unnamed`, `approvals.same_person`, `approvals.not_own` (denied), `approvals.settled`,
 * `approvals.expired`, `approvals.hash_differs`, `approvals.no_review` (conflict)
 */
export function assertMayDecide(request: Request, decision: Decision, actor: Actor, now: number): void {
  assertPerson(actor);
  if (decision.kind === 'review') {
    assertReviewable(request, actor);
    return;
  }
  if (request.state !== 'pending') {
    throw refusal('conflict', 'approvals.settled', `the request ${request.id} is ${request.state} already`);
  }
  const own = actor.subject === request.requestedBy;
  if (decision.kind === 'withdraw' && !own) {
    throw refusal(
      'denied',
      'approvals.not_own',
      `${request.requestedBy} asked for ${request.id} and alone withdraws it; ${actor.subject} may reject it`,
    );
  }
  if (decision.kind !== 'withdraw' && own) {
    throw refusal(
      'denied',
      'approvals.same_person',
      `${actor.subject} asked for ${request.id} and cannot ${decision.kind} it; somebody else has to, or withdraw it`,
    );
  }
  if (now >= request.expiresAt) {
    throw refusal(
      'conflict',
      'approvals.expired',
      `the request ${request.id} was to be decided before ${new Date(request.expiresAt).toISOString()}; ask again`,
    );
  }
  if (decision.kind === 'approve' && decision.payloadHash !== request.payloadHash) {
    throw refusal(
      'conflict',
      'approvals.hash_differs',
      `payload_hash is not that of ${request.id}, which is ${request.payloadHash}: look at what is asked for, and approve that`,
    );
  }
}

function assertReviewable(request: Request, actor: Actor): void {
  if (!request.breakGlass || request.reviewedBy !== undefined) {
    throw refusal(
      'conflict',
      'approvals.no_review',
      request.breakGlass
        ? `${request.id} was reviewed by ${request.reviewedBy} already`
        : `${request.id} was not done by one person alone, so there is nothing to review`,
    );
  }
  if (actor.subject !== request.requestedBy) return;
  throw refusal(
    'denied',
    'approvals.same_person',
    `${actor.subject} acted alone and cannot review it; somebody else has to`,
  );
}

function assertPerson({ subject }: Actor): void {
  if (subject.startsWith(PERSON)) return;
  throw refusal(
    'denied',
    'approvals.unnamed',
    `${subject} is no person that is known by name; use a person's key (plumbline keys create --role operator --owner an@example.com) or log in`,
  );
}

const refusal = (kind: ErrorKind, code: string, message: string): PlumblineError =>
  new PlumblineError(kind, code, message, { unchanged: true });
