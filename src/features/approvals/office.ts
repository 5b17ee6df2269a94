/** What asking and deciding have in common: the actions that there are, whoever acts, and who tried what they may not. */
import type { Clock, Random } from '../../kernel/clock.ts';
import { isPlumblineError, messageOf, PlumblineError } from '../../kernel/errors.ts';
import { type ApprovalId, uuidv7 } from '../../kernel/ids.ts';
import type { Db, Tx } from '../../platform/db/port.ts';
import type { Caller } from '../../platform/http-server/port.ts';
import type { Logger } from '../../platform/telemetry/port.ts';
import type { Authority, Effect, Notices, RegisteredAction } from './ports.ts';
import type { ApprovalRow, Attempt } from './store.ts';
import * as store from './store.ts';

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

export class Office {
  readonly deps: ApprovalsDeps;
  readonly #actions = new Map<string, RegisteredAction>();

  constructor(deps: ApprovalsDeps) {
    this.deps = deps;
  }

  add(action: RegisteredAction): void {
    this.#actions.set(action.name, action);
  }

  actions(): readonly RegisteredAction[] {
    return [...this.#actions.values()];
  }

  /** Undefined: this version has no such action. */
  find(name: string): RegisteredAction | undefined {
    return this.#actions.get(name);
  }

  /** @throws `approvals.action_unknown` (missing) */
  action(name: string): RegisteredAction {
    const action = this.#actions.get(name);
    if (action !== undefined) return action;
    throw new PlumblineError(
      'missing',
      'approvals.action_unknown',
      `there is no dangerous action "${name.slice(0, 60)}"; there are ${[...this.#actions.keys()].join(', ')}`,
    );
  }

  /** @throws `approvals.unknown` (missing) */
  async get(id: ApprovalId): Promise<ApprovalRow> {
    const row = await store.findApproval(this.deps.db.sql, id);
    if (row === undefined) throw unknown(id);
    return row;
  }

  /** Until the transaction ends nobody else decides it. @throws as `get` */
  async lock(tx: Tx, id: ApprovalId): Promise<ApprovalRow> {
    const row = await store.lockApproval(tx, id);
    if (row === undefined) throw unknown(id);
    return row;
  }

  transaction<T>(caller: Caller, work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.deps.db.transaction({}, async (tx) => {
      await store.actAs(tx, caller.subject);
      return work(tx);
    });
  }

  /** What was approved is done; what others are to hear of it follows. @throws `approvals.effect_incomplete` (upstream) */
  async complete(row: ApprovalRow, { after }: Effect): Promise<ApprovalRow> {
    try {
      await after?.();
      return row;
    } catch (cause) {
      const message = `${row.action} of ${row.target} is approved and written down (${row.id}), but did not reach all: ${messageOf(cause)}`;
      this.deps.log.error({ code: 'approvals.effect_incomplete', id: row.id, err: cause }, message);
      throw new PlumblineError('upstream', 'approvals.effect_incomplete', message, { cause });
    }
  }

  /** Whoever tries what they may not is written down. */
  async noting<T>(
    attempt: Attempt,
    of: { readonly action: string; readonly id: ApprovalId | null },
    caller: Caller,
    work: () => Promise<T>,
  ): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (isPlumblineError(error) && (error.kind === 'denied' || REFUSED.has(error.code))) {
        const { db, clock, random } = this.deps;
        const now = clock.now();
        await store.insertDenial(db.sql, {
          ...{ id: uuidv7(now, random.bytes(10)), at: new Date(now), attempt, action: of.action, approval_id: of.id },
          ...{ subject: caller.subject, via: caller.via, code: error.code, message: error.message },
        });
      }
      throw error;
    }
  }
}

/** Conflicts that are somebody's attempt. */
const REFUSED = new Set(['approvals.expired', 'approvals.settled', 'approvals.hash_differs', 'approvals.duplicate']);

/** Who stands behind what is done, where the caller approved it. */
export const authority = (row: ApprovalRow, caller: Caller): Authority => ({
  ...{ approvalId: row.id, requestedBy: row.requested_by, approvedBy: caller.subject, reason: row.reason },
});

const unknown = (id: ApprovalId): PlumblineError =>
  new PlumblineError('missing', 'approvals.unknown', `there is no request for an approval ${id}`);
