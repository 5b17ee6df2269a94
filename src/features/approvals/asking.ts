/** The first of two people: what they ask for is frozen, canonical and hashed. Or one person alone, in an emergency. */
import { PlumblineError } from '../../kernel/errors.ts';
import { sha256Hex } from '../../kernel/hash.ts';
import { newId } from '../../kernel/ids.ts';
import { isUniqueViolation } from '../../platform/db/errors.ts';
import type { Caller } from '../../platform/http-server/port.ts';
import { expireOverdue } from './expiry.ts';
import { authority, type Office } from './office.ts';
import type { RegisteredAction } from './ports.ts';
import { assertTakesPart } from './rules.ts';
import type { ApprovalRow } from './store.ts';
import * as store from './store.ts';
import { NEW, noticeOf } from './words.ts';

export interface Asked {
  readonly action: string;
  readonly payload: unknown;
  readonly reason: string;
}

/** @throws as `Approvals.request`, but for `approvals.ask_elsewhere` */
export async function ask(office: Office, asked: Asked, caller: Caller): Promise<ApprovalRow> {
  const action = office.action(asked.action);
  return office.noting('request', { action: action.name, id: null }, caller, async () => {
    assertTakesPart(caller, action);
    const prepared = action.prepare(asked.payload);
    await prepared.validate();
    const row = newRow(office, asked, prepared, caller);
    try {
      await office.transaction(caller, async (tx) => {
        await expireOverdue(tx, row.requested_at, office.deps.notices);
        await store.insertApproval(tx, row);
        await office.deps.notices.raise(tx, noticeOf('requested', row));
      });
    } catch (error) {
      if (isUniqueViolation(error, 'approvals_one_pending')) throw await duplicate(office, row);
      throw error;
    }
    return row;
  });
}

/** @throws as `Approvals.breakGlass` */
export async function actAlone(office: Office, asked: Asked, caller: Caller): Promise<ApprovalRow> {
  const action = office.action(asked.action);
  assertAskedHere(action);
  return office.noting('break_glass', { action: action.name, id: null }, caller, async () => {
    assertTakesPart(caller, action);
    const prepared = action.prepare(asked.payload);
    const doable = await prepared.validate();
    const { row, effect } = await office.transaction(caller, async (tx) => {
      const asking = newRow(office, asked, prepared, caller);
      const done = await doable.execute(tx, authority(asking, caller));
      await store.actAs(tx, caller.subject);
      const alone: ApprovalRow = {
        ...asking,
        ...{ state: 'executed', break_glass: true, result: JSON.stringify(done.result) },
        ...{ decided_by: caller.subject, decided_via: caller.via, decided_at: asking.requested_at },
      };
      await store.insertApproval(tx, alone);
      await office.deps.notices.raise(tx, noticeOf('break_glass', alone));
      return { row: alone, effect: done };
    });
    office.deps.log.error(
      { code: 'approvals.break_glass', id: row.id, subject: row.requested_by, action: row.action },
      noticeOf('break_glass', row).message,
    );
    return office.complete(row, effect);
  });
}

/** @throws `approvals.ask_elsewhere` (invalid) */
export function assertAskedHere({ name, askAt }: RegisteredAction): void {
  if (askAt === undefined) return;
  throw new PlumblineError('invalid', 'approvals.ask_elsewhere', `${name} is asked for by ${askAt}`, {
    faults: [{ pointer: '/action', message: `use ${askAt}` }],
  });
}

function newRow(
  { deps: { clock, random, expireMs } }: Office,
  asked: Asked,
  prepared: { readonly target: string; readonly payload: string },
  caller: Caller,
): ApprovalRow {
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

async function duplicate({ deps: { db } }: Office, row: ApprovalRow): Promise<PlumblineError> {
  const pending = await store.findPending(db.sql, row.action, row.payload_hash);
  return new PlumblineError(
    'conflict',
    'approvals.duplicate',
    `the same is asked for already${pending === undefined ? '' : `: ${pending.id}, by ${pending.requested_by}`}; somebody else has to decide it first`,
    { unchanged: true, details: pending === undefined ? {} : { approval_id: pending.id } },
  );
}
