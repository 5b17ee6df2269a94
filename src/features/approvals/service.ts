/**
 * What one person alone must not do. One person asks, and what they ask for is frozen, canonical and hashed;
 * another one agrees; it is then checked anew and done, in one transaction with the decision, its audit
 * entries and what people are told. The database refuses a row that was executed with fewer than two subjects.
 */
import type { Json } from '../../kernel/canonical.ts';
import type { ApprovalId } from '../../kernel/ids.ts';
import type { ApprovalGate, PendingApproval } from '../../platform/http-server/approval.ts';
import type { Caller } from '../../platform/http-server/port.ts';
import { type Asked, actAlone, ask, assertAskedHere } from './asking.ts';
import { approve, decide } from './deciding.ts';
import { expireOverdue } from './expiry.ts';
import { type ApprovalsDeps, Office } from './office.ts';
import type { RegisteredAction } from './ports.ts';
import type { State } from './rules.ts';
import type { ApprovalRow, DenialRow } from './store.ts';
import * as store from './store.ts';

export class Approvals implements ApprovalGate {
  readonly #deps: ApprovalsDeps;
  readonly #office: Office;

  constructor(deps: ApprovalsDeps) {
    this.#deps = deps;
    this.#office = new Office(deps);
  }

  /** Each feature's dangerous actions, when the program is put together. */
  add(...actions: readonly RegisteredAction[]): void {
    for (const action of actions) this.#office.add(action);
  }

  get required(): boolean {
    return this.#deps.required;
  }

  actions(): readonly RegisteredAction[] {
    return this.#office.actions();
  }

  async propose(
    action: string,
    payload: Json,
    { caller, reason }: { readonly caller: Caller; readonly reason: string },
  ): Promise<PendingApproval | undefined> {
    if (!this.#deps.required) return undefined;
    const row = await ask(this.#office, { action, payload, reason }, caller);
    return {
      ...{ approval_id: row.id, action: row.action, target: row.target, payload_hash: row.payload_hash },
      ...{ requested_by: row.requested_by, expires_at: row.expires_at.toISOString() },
      detail: `nothing was done yet: somebody else has to look at it, and approve it: plumbline approvals show ${row.id}`,
    };
  }

  /**
   * The first of two people.
   * @throws `approvals.action_unknown` (missing), `approvals.payload_invalid`, `approvals.ask_elsewhere`
   * (invalid), `approvals.duplicate` (conflict), as `assertTakesPart`, and what the action says against it
   */
  async request(asked: Asked, caller: Caller): Promise<ApprovalRow> {
    assertAskedHere(this.#office.action(asked.action));
    return ask(this.#office, asked, caller);
  }

  /**
   * The second one: it is done, or it is void.
   * @throws as `assertMayDecide` and `assertTakesPart`; `approvals.unknown`, `approvals.action_unknown` (missing),
   * `approvals.void` (conflict): it can no longer be done; `approvals.effect_incomplete` (upstream)
   */
  approve(id: ApprovalId, payloadHash: string, caller: Caller): Promise<ApprovalRow> {
    return approve(this.#office, id, payloadHash, caller);
  }

  /** @throws as `assertMayDecide` and `assertTakesPart`; `approvals.unknown` (missing) */
  reject(id: ApprovalId, reason: string, caller: Caller): Promise<ApprovalRow> {
    return decide(this.#office, 'reject', id, caller, (by) => ({ ...by, state: 'rejected', decision_reason: reason }));
  }

  /** By whoever asked. @throws as `reject` */
  withdraw(id: ApprovalId, caller: Caller): Promise<ApprovalRow> {
    return decide(this.#office, 'withdraw', id, caller, (by) => ({ ...by, state: 'withdrawn' }));
  }

  /**
   * One person alone, in an emergency. Everybody is told, and somebody else reviews it.
   * @throws as `request`; `approvals.effect_incomplete` (upstream)
   */
  breakGlass(asked: Asked, caller: Caller): Promise<ApprovalRow> {
    return actAlone(this.#office, asked, caller);
  }

  /** Somebody else has looked at what was done alone. @throws as `assertMayDecide` */
  review(id: ApprovalId, note: string, caller: Caller): Promise<ApprovalRow> {
    return decide(this.#office, 'review', id, caller, ({ decided_at }) => ({
      ...{ reviewed_by: caller.subject, reviewed_at: decided_at, review_note: note },
    }));
  }

  /** @throws `approvals.unknown` (missing) */
  get(id: ApprovalId): Promise<ApprovalRow> {
    return this.#office.get(id);
  }

  /** Newest first. */
  list(page: {
    readonly limit: number;
    readonly state?: State | undefined;
    readonly before?: { readonly at: Date; readonly id: ApprovalId } | undefined;
  }): Promise<readonly ApprovalRow[]> {
    return store.listApprovals(this.#deps.db.sql, { ...page, now: new Date(this.#deps.clock.now()) });
  }

  /** Newest first. */
  denials(page: Parameters<typeof store.listDenials>[1]): Promise<readonly DenialRow[]> {
    return store.listDenials(this.#deps.db.sql, page);
  }

  /** Writes down what nobody decided in time: it was over before. */
  async expire(): Promise<void> {
    const { db, clock, notices } = this.#deps;
    await db.transaction({}, (tx) => expireOverdue(tx, new Date(clock.now()), notices));
  }
}
