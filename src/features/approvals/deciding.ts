/** The second of two people: what was asked for is checked anew and done, in one transaction with the decision. */
import { type ErrorKind, isPlumblineError, PlumblineError } from '../../kernel/errors.ts';
import { sha256Hex } from '../../kernel/hash.ts';
import type { ApprovalId } from '../../kernel/ids.ts';
import type { Caller } from '../../platform/http-server/port.ts';
import { authority, type Office } from './office.ts';
import type { Effect } from './ports.ts';
import { assertMayDecide, assertTakesPart, type Decision } from './rules.ts';
import type { ApprovalRow } from './store.ts';
import * as store from './store.ts';
import { asRequest, noticeOf } from './words.ts';

/** @throws as `Approvals.approve` */
export async function approve(
  office: Office,
  id: ApprovalId,
  payloadHash: string,
  caller: Caller,
): Promise<ApprovalRow> {
  const seen = await office.get(id);
  const action = office.action(seen.action);
  return office.noting('approve', { action: seen.action, id }, caller, async () => {
    const decision: Decision = { kind: 'approve', payloadHash };
    assertTakesPart(caller, action);
    mayNow(office, seen, decision, caller);
    let done: { readonly row: ApprovalRow; readonly effect: Effect };
    try {
      const prepared = action.prepare(JSON.parse(seen.payload));
      if (sha256Hex(prepared.payload) !== seen.payload_hash) throw formChanged(seen);
      const doable = await prepared.validate();
      done = await office.transaction(caller, async (tx) => {
        const row = await office.lock(tx, id);
        const by = mayNow(office, row, decision, caller);
        const effect = await doable.execute(tx, authority(row, caller));
        await store.actAs(tx, caller.subject); // what is done may be written down as of whoever asked
        const change = { ...by, state: 'executed', result: JSON.stringify(effect.result) } as const;
        await store.updateApproval(tx, id, change);
        const settled: ApprovalRow = { ...row, ...change };
        await office.deps.notices.raise(tx, noticeOf('executed', settled));
        return { row: settled, effect };
      });
    } catch (error) {
      throw (await voided(office, seen, error)) ?? error;
    }
    return office.complete(done.row, done.effect);
  });
}

/** Everything else that a person may decide of a request. @throws as `Approvals.reject` */
export async function decide(
  office: Office,
  kind: 'reject' | 'withdraw' | 'review',
  id: ApprovalId,
  caller: Caller,
  changeBy: (by: By) => Partial<ApprovalRow>,
): Promise<ApprovalRow> {
  const seen = await office.get(id);
  return office.noting(kind, { action: seen.action, id }, caller, async () => {
    const action = office.find(seen.action);
    if (action !== undefined) assertTakesPart(caller, action);
    return office.transaction(caller, async (tx) => {
      const row = await office.lock(tx, id);
      const change = changeBy(mayNow(office, row, { kind }, caller));
      await store.updateApproval(tx, id, change);
      const settled = { ...row, ...change };
      await office.deps.notices.raise(tx, noticeOf(kind === 'review' ? 'reviewed' : 'refused', settled));
      return settled;
    });
  });
}

type By = Pick<ApprovalRow, 'decided_by' | 'decided_via' | 'decided_at'>;

/** Whoever decides, where they may, at the very instant that was looked at; never before it was asked for. */
function mayNow({ deps: { clock } }: Office, row: ApprovalRow, decision: Decision, caller: Caller): By {
  const now = clock.now();
  assertMayDecide(asRequest(row), decision, caller, now);
  const at = new Date(Math.max(now, row.requested_at.getTime()));
  return { decided_by: caller.subject, decided_via: caller.via, decided_at: at };
}

/** What can no longer be done, though two people want it: the state has changed since. */
async function voided(office: Office, seen: ApprovalRow, error: unknown): Promise<PlumblineError | undefined> {
  if (!isPlumblineError(error) || !LASTING.has(error.kind)) return undefined;
  if (error.code.startsWith('approvals.') && !VOIDS.has(error.code)) return undefined;
  const { db, clock, notices } = office.deps;
  const at = new Date(clock.now());
  await db.transaction({}, async (tx) => {
    const row = await office.lock(tx, seen.id);
    if (row.state !== 'pending') return;
    const change = {
      state: 'void',
      decided_by: 'plumbline',
      decided_at: at,
      decision_reason: error.message,
    } as const;
    await store.updateApproval(tx, row.id, change);
    await notices.raise(tx, noticeOf('refused', { ...row, ...change }));
  });
  return new PlumblineError(
    'conflict',
    'approvals.void',
    `${seen.action} of ${seen.target} can no longer be done: ${error.message}; ask anew`,
    { cause: error, details: { because: error.code } },
  );
}

/** Refusals that another try would meet again. */
const LASTING: ReadonlySet<ErrorKind> = new Set<ErrorKind>(['invalid', 'missing', 'conflict']);
const VOIDS = new Set(['approvals.payload_invalid', 'approvals.form_changed']);

const formChanged = (row: ApprovalRow): PlumblineError =>
  new PlumblineError('conflict', 'approvals.form_changed', `this version reads the payload of ${row.action} otherwise`);
