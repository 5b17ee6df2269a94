/**
 * What one person alone must not do. One person asks, and what they ask for is frozen, canonical and hashed;
 * another one agrees; it is then checked anew and done, in one transaction with the decision, its audit
 * entries and what people are told. The database refuses a row that was executed with fewer than two subjects.
 */
import type { Json } from '../../kernel/canonical.ts';
import type { Clock, Random } from '../../kernel/clock.ts';
import { type ErrorKind, isPlumblineError, messageOf, PlumblineError } from '../../kernel/errors.ts';
import { sha256Hex } from '../../kernel/hash.ts';
import { type ApprovalId, newId, uuidv7 } from '../../kernel/ids.ts';
import { isUniqueViolation } from '../../platform/db/errors.ts';
import type { Db, Tx } from '../../platform/db/port.ts';
import type { ApprovalGate, PendingApproval } from '../../platform/http-server/approval.ts';
import type { Caller } from '../../platform/http-server/port.ts';
import type { Logger } from '../../platform/telemetry/port.ts';
import type { Authority, Effect, Notices, RegisteredAction } from './ports.ts';
import { assertMayDecide, assertTakesPart, type Decision, type State } from './rules.ts';
import type { ApprovalRow, Attempt, DenialRow } from './store.ts';
import * as store from './store.ts';
import { asRequest, NEW, noticeOf } from './words.ts';

export interface ApprovalsDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly notices: Notices;
  /** Milliseconds. */
  readonly expireMs: number;
  /** Whether those who have a route of their own wait for a second person. */
  readonly required: boolean;
}

export interface Asked {
  readonly action: string;
  readonly payload: unknown;
  readonly reason: string;
}

export class Approvals implements ApprovalGate {
  readonly #deps: ApprovalsDeps;
  readonly #actions = new Map<string, RegisteredAction>();

  constructor(deps: ApprovalsDeps) {
    this.#deps = deps;
  }

  /** Each feature's dangerous actions, when the program is put together. */
  add(...actions: readonly RegisteredAction[]): void {
    for (const action of actions) this.#actions.set(action.name, action);
  }

  get required(): boolean {
    return this.#deps.required;
  }

  actions(): readonly RegisteredAction[] {
    return [...this.#actions.values()];
  }

  async propose(
    action: string,
    payload: Json,
    { caller, reason }: { readonly caller: Caller; readonly reason: string },
  ): Promise<PendingApproval | undefined> {
    if (!this.#deps.required) return undefined;
    const row = await this.#request({ action, payload, reason }, caller);
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
    const action = this.#action(asked.action);
    if (action.askAt !== undefined) throw askElsewhere(action.name, action.askAt);
    return this.#request(asked, caller);
  }

  async #request(asked: Asked, caller: Caller): Promise<ApprovalRow> {
    const action = this.#action(asked.action);
    return this.#noting('request', action.name, null, caller, async () => {
      assertTakesPart(caller, action);
      const prepared = action.prepare(asked.payload);
      await prepared.validate();
      const row = this.#newRow(asked, prepared, caller);
      try {
        await this.#transaction(caller, async (tx) => {
          await store.expirePending(tx, row.requested_at);
          await store.insertApproval(tx, row);
          await this.#deps.notices.raise(tx, noticeOf('requested', row));
        });
      } catch (error) {
        if (isUniqueViolation(error, 'approvals_one_pending')) throw await this.#duplicate(row);
        throw error;
      }
      return row;
    });
  }

  /**
   * The second one: it is done, or it is void.
   * @throws as `assertMayDecide` and `assertTakesPart`; `approvals.unknown`, `approvals.action_unknown` (missing),
   * `approvals.void` (conflict): it can no longer be done; `approvals.effect_incomplete` (upstream)
   */
  async approve(id: ApprovalId, payloadHash: string, caller: Caller): Promise<ApprovalRow> {
    const seen = await this.get(id);
    const action = this.#action(seen.action);
    return this.#noting('approve', seen.action, id, caller, async () => {
      const decision: Decision = { kind: 'approve', payloadHash };
      assertTakesPart(caller, action);
      this.#mayNow(seen, decision, caller);
      let done: { readonly row: ApprovalRow; readonly effect: Effect };
      try {
        const prepared = action.prepare(JSON.parse(seen.payload));
        if (sha256Hex(prepared.payload) !== seen.payload_hash) throw formChanged(seen);
        await prepared.validate();
        done = await this.#transaction(caller, async (tx) => {
          const row = await this.#lock(tx, id);
          const by = this.#mayNow(row, decision, caller);
          const effect = await prepared.execute(tx, authority(row, caller));
          const change = { ...by, state: 'executed', result: JSON.stringify(effect.result) } as const;
          await store.updateApproval(tx, id, change);
          const settled: ApprovalRow = { ...row, ...change };
          await this.#deps.notices.raise(tx, noticeOf('executed', settled));
          return { row: settled, effect };
        });
      } catch (error) {
        throw (await this.#voided(seen, error)) ?? error;
      }
      return this.#complete(done.row, done.effect);
    });
  }

  /** @throws as `assertMayDecide` and `assertTakesPart`; `approvals.unknown` (missing) */
  reject(id: ApprovalId, reason: string, caller: Caller): Promise<ApprovalRow> {
    return this.#decide('reject', id, caller, (by) => ({ ...by, state: 'rejected', decision_reason: reason }));
  }

  /** By whoever asked. @throws as `reject` */
  withdraw(id: ApprovalId, caller: Caller): Promise<ApprovalRow> {
    return this.#decide('withdraw', id, caller, (by) => ({ ...by, state: 'withdrawn' }));
  }

  /**
   * One person alone, in an emergency. Everybody is told, and somebody else reviews it.
   * @throws as `request`; `approvals.effect_incomplete` (upstream)
   */
  async breakGlass(asked: Asked, caller: Caller): Promise<ApprovalRow> {
    const action = this.#action(asked.action);
    if (action.askAt !== undefined) throw askElsewhere(action.name, action.askAt);
    return this.#noting('break_glass', action.name, null, caller, async () => {
      assertTakesPart(caller, action);
      const prepared = action.prepare(asked.payload);
      await prepared.validate();
      const { row, effect } = await this.#transaction(caller, async (tx) => {
        const asking = this.#newRow(asked, prepared, caller);
        const done = await prepared.execute(tx, authority(asking, caller));
        const alone: ApprovalRow = {
          ...asking,
          ...{ state: 'executed', break_glass: true, result: JSON.stringify(done.result) },
          ...{ decided_by: caller.subject, decided_via: caller.via, decided_at: asking.requested_at },
        };
        await store.insertApproval(tx, alone);
        await this.#deps.notices.raise(tx, noticeOf('break_glass', alone));
        return { row: alone, effect: done };
      });
      const { log } = this.#deps;
      log.error(
        { code: 'approvals.break_glass', id: row.id, subject: row.requested_by, action: row.action },
        noticeOf('break_glass', row).message,
      );
      return this.#complete(row, effect);
    });
  }

  /** Somebody else has looked at what was done alone. @throws as `assertMayDecide` */
  review(id: ApprovalId, note: string, caller: Caller): Promise<ApprovalRow> {
    return this.#decide('review', id, caller, ({ decided_at }) => ({
      ...{ reviewed_by: caller.subject, reviewed_at: decided_at, review_note: note },
    }));
  }

  /** @throws `approvals.unknown` (missing) */
  async get(id: ApprovalId): Promise<ApprovalRow> {
    const row = await store.findApproval(this.#deps.db.sql, id);
    if (row === undefined) throw unknown(id);
    return row;
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
    await store.expirePending(this.#deps.db.sql, new Date(this.#deps.clock.now()));
  }

  async #decide(
    kind: 'reject' | 'withdraw' | 'review',
    id: ApprovalId,
    caller: Caller,
    changeBy: (by: By) => Partial<ApprovalRow>,
  ): Promise<ApprovalRow> {
    const seen = await this.get(id);
    return this.#noting(kind, seen.action, id, caller, async () => {
      const action = this.#actions.get(seen.action);
      if (action !== undefined) assertTakesPart(caller, action);
      return this.#transaction(caller, async (tx) => {
        const row = await this.#lock(tx, id);
        const change = changeBy(this.#mayNow(row, { kind }, caller));
        await store.updateApproval(tx, id, change);
        const settled = { ...row, ...change };
        await this.#deps.notices.raise(tx, noticeOf(kind === 'review' ? 'reviewed' : 'refused', settled));
        return settled;
      });
    });
  }

  #newRow(asked: Asked, prepared: { readonly target: string; readonly payload: string }, caller: Caller): ApprovalRow {
    const { clock, random, expireMs } = this.#deps;
    const now = clock.now();
    return {
      ...NEW,
      id: newId<'approval'>(clock, random),
      ...{ action: asked.action, reason: asked.reason, target: prepared.target, payload: prepared.payload },
      payload_hash: sha256Hex(prepared.payload),
      ...{ requested_by: caller.subject, requested_via: caller.via },
      ...{ requested_at: new Date(now), expires_at: new Date(now + expireMs) },
    };
  }

  /** Whoever decides, where they may, at the very instant that was looked at; never before it was asked for. */
  #mayNow(row: ApprovalRow, decision: Decision, caller: Caller): By {
    const now = this.#deps.clock.now();
    assertMayDecide(asRequest(row), decision, caller, now);
    const at = new Date(Math.max(now, row.requested_at.getTime()));
    return { decided_by: caller.subject, decided_via: caller.via, decided_at: at };
  }

  async #lock(tx: Tx, id: ApprovalId): Promise<ApprovalRow> {
    const row = await store.lockApproval(tx, id);
    if (row === undefined) throw unknown(id);
    return row;
  }

  #transaction<T>(caller: Caller, work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.#deps.db.transaction({}, async (tx) => {
      await store.actAs(tx, caller.subject);
      return work(tx);
    });
  }

  #action(name: string): RegisteredAction {
    const action = this.#actions.get(name);
    if (action !== undefined) return action;
    throw new PlumblineError(
      'missing',
      'approvals.action_unknown',
      `there is no dangerous action "${name.slice(0, 60)}"; there are ${[...this.#actions.keys()].join(', ')}`,
    );
  }

  /** What was approved is done; what others are to hear of it follows. */
  async #complete(row: ApprovalRow, { after }: Effect): Promise<ApprovalRow> {
    try {
      await after?.();
      return row;
    } catch (cause) {
      const message = `${row.action} of ${row.target} is approved and written down (${row.id}), but did not reach all: ${messageOf(cause)}`;
      this.#deps.log.error({ code: 'approvals.effect_incomplete', id: row.id, err: cause }, message);
      throw new PlumblineError('upstream', 'approvals.effect_incomplete', message, { cause });
    }
  }

  /** What can no longer be done, though two people want it: the state has changed since. */
  async #voided(seen: ApprovalRow, error: unknown): Promise<PlumblineError | undefined> {
    if (!isPlumblineError(error) || !LASTING.has(error.kind)) return undefined;
    if (error.code.startsWith('approvals.') && !VOIDS.has(error.code)) return undefined;
    const at = new Date(this.#deps.clock.now());
    await this.#deps.db.transaction({}, async (tx) => {
      const row = await this.#lock(tx, seen.id);
      if (row.state !== 'pending') return;
      const change = {
        state: 'void',
        decided_by: 'plumbline',
        decided_at: at,
        decision_reason: error.message,
      } as const;
      await store.updateApproval(tx, row.id, change);
      await this.#deps.notices.raise(tx, noticeOf('refused', { ...row, ...change }));
    });
    return new PlumblineError(
      'conflict',
      'approvals.void',
      `${seen.action} of ${seen.target} can no longer be done: ${error.message}; ask anew`,
      { cause: error, details: { because: error.code } },
    );
  }

  async #duplicate(row: ApprovalRow): Promise<PlumblineError> {
    const pending = await store.findPending(this.#deps.db.sql, row.action, row.payload_hash);
    return new PlumblineError(
      'conflict',
      'approvals.duplicate',
      `the same is asked for already${pending === undefined ? '' : `: ${pending.id}, by ${pending.requested_by}`}; somebody else has to decide it first`,
      { unchanged: true, details: pending === undefined ? {} : { approval_id: pending.id } },
    );
  }

  /** Whoever tries what they may not is written down. */
  async #noting<T>(
    attempt: Attempt,
    action: string,
    approvalId: ApprovalId | null,
    caller: Caller,
    work: () => Promise<T>,
  ): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (isPlumblineError(error) && (error.kind === 'denied' || REFUSED.has(error.code))) {
        const { db, clock, random } = this.#deps;
        const now = clock.now();
        await store.insertDenial(db.sql, {
          ...{ id: uuidv7(now, random.bytes(10)), at: new Date(now), attempt, action, approval_id: approvalId },
          ...{ subject: caller.subject, via: caller.via, code: error.code, message: error.message },
        });
      }
      throw error;
    }
  }
}

/** Refusals that another try would meet again. */
const LASTING: ReadonlySet<ErrorKind> = new Set<ErrorKind>(['invalid', 'missing', 'conflict']);
const VOIDS = new Set(['approvals.payload_invalid', 'approvals.form_changed']);

/** Conflicts that are somebody's attempt. */
const REFUSED = new Set(['approvals.expired', 'approvals.settled', 'approvals.hash_differs', 'approvals.duplicate']);

const authority = (row: ApprovalRow, caller: Caller): Authority => ({
  ...{ approvalId: row.id, requestedBy: row.requested_by, approvedBy: caller.subject, reason: row.reason },
});

type By = Pick<ApprovalRow, 'decided_by' | 'decided_via' | 'decided_at'>;

const formChanged = (row: ApprovalRow): PlumblineError =>
  new PlumblineError('conflict', 'approvals.form_changed', `this version reads the payload of ${row.action} otherwise`);

const unknown = (id: ApprovalId): PlumblineError =>
  new PlumblineError('missing', 'approvals.unknown', `there is no request for an approval ${id}`);

const askElsewhere = (name: string, askAt: string): PlumblineError =>
  new PlumblineError('invalid', 'approvals.ask_elsewhere', `${name} is asked for by ${askAt}`, {
    faults: [{ pointer: '/action', message: `use ${askAt}` }],
  });
