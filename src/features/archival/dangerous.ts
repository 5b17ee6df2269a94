/**
 * What of archival needs two people: in the form in which it waits, and how it is done. A new one is an entry of
 * what `archivalActions` answers with.
 */
import { z } from 'zod';
import { PlumblineError } from '../../kernel/errors.ts';
import type { Tx } from '../../platform/db/port.ts';
import { DECIMAL } from '../../platform/http-server/port.ts';
import { POLICY } from './policies/policy.ts';
import { MAPPING } from './restore/mapping.ts';
import { RESTORE, type RestoreRequest, type What } from './restore/request.ts';
import type { PreparedRestore } from './restore/restores.ts';
import type { ArchivalService } from './service.ts';

export const START_RESTORE = 'archive.restore';
export const CHANGE_POLICY = 'archive.policy.change';
export const PERMIT_DELETION = 'archive.deletion.permit';
export const RELEASE_HOLD = 'archive.hold.release';

const TABLE = z.string().min(1).max(130);
const VERSION = z.int().min(1);

/** With null where a request has nothing: what is hashed leaves nothing out. */
const RESTORING = z.strictObject({
  request: RESTORE.extend({ mapping: MAPPING.nullable().default(null) }),
  max_cost: DECIMAL.nullable(),
});
type Restoring = z.output<typeof RESTORING>;

export const restorePayload = ({ mapping, ...request }: RestoreRequest, maxCost: string | undefined): Restoring => ({
  request: { ...request, mapping: mapping ?? null },
  max_cost: maxCost ?? null,
});

const requestOf = ({ request: { mapping, ...request } }: Restoring): RestoreRequest => ({
  ...request,
  ...(mapping === null ? {} : { mapping }),
});

/** `based_on`: the version that both people have seen; it is void where another one came between. */
const CHANGED = z.strictObject({ table: TABLE, based_on: VERSION, policy: POLICY });
type Changed = z.output<typeof CHANGED>;

const DELETION = z.strictObject({ table: TABLE, policy_version: VERSION });
type Deletion = z.output<typeof DELETION>;

const RELEASE = z.strictObject({ hold: z.uuid(), reason: z.string().trim().min(1).max(2_000) });
type Released = z.output<typeof RELEASE>;

/** Who stands behind it. */
interface Authority {
  readonly approvalId: string;
  readonly requestedBy: string;
  readonly approvedBy: string;
}

export const archivalActions = (service: ArchivalService) => ({
  restore: {
    name: START_RESTORE,
    about: 'archived rows are asked of the store, which is paid for, and come back to the database',
    scope: 'archive:restore',
    schema: RESTORING,
    target: ({ request }: Restoring) => `${inWords(request.what)} of ${request.table}, to ${request.purpose}`,
    validate: (payload: Restoring) => service.restores.prepare(requestOf(payload), payload.max_cost ?? undefined),
    execute: async (tx: Tx, _: Restoring, { requestedBy, approvedBy }: Authority, prepared: PreparedRestore) => {
      const id = await service.restores.write(tx, prepared, { by: requestedBy, approvedBy });
      return { result: { restore_id: id }, after: () => service.restores.askStore(id) };
    },
  },
  policy: {
    name: CHANGE_POLICY,
    about: 'an archive policy keeps less than before: retention, a hold, an age, or an archive at all',
    scope: 'archive:admin',
    schema: CHANGED,
    target: ({ table }: Changed) => table,
    validate: async ({ table, based_on, policy }: Changed) => {
      const prepared = await service.preparePolicy(table, policy);
      if (prepared.inForce?.version === based_on) return prepared.table;
      throw otherVersion(table, based_on, prepared.inForce?.version);
    },
    execute: async (tx: Tx, { based_on, policy }: Changed, { requestedBy }: Authority, table: string) => {
      const { version } = await service.writePolicy(tx, table, policy, requestedBy);
      if (version !== based_on + 1) throw otherVersion(table, based_on, version - 1);
      return { result: { table, version } };
    },
  },
  deletion: {
    name: PERMIT_DELETION,
    about: 'rows of a table may be deleted once they are archived: for the first time, and from then on',
    scope: 'archive:run',
    schema: DELETION,
    target: ({ table }: Deletion) => table,
    validate: async ({ table, policy_version }: Deletion) => {
      const { inForce } = await service.deletion(table);
      if (inForce.version !== policy_version) throw otherVersion(table, policy_version, inForce.version);
    },
    execute: async (tx: Tx, { table, policy_version: policyVersion }: Deletion, by: Authority) => {
      await service.permitDeletion(tx, { table, policyVersion, ...by });
      return { result: { table, policy_version: policyVersion } };
    },
  },
  release: {
    name: RELEASE_HOLD,
    about: 'rows under a legal hold may leave their table, and their objects may be deleted',
    scope: 'archive:admin',
    schema: RELEASE,
    target: ({ hold }: Released) => hold,
    validate: async ({ hold }: Released) => {
      await service.holds.standing(hold);
    },
    execute: async (tx: Tx, { hold, reason }: Released, { requestedBy, approvedBy }: Authority) => {
      await service.holds.releaseIn(tx, hold, { by: requestedBy, reason, approvedBy });
      return { result: { hold }, after: () => service.holds.tellAtOnce() };
    },
  },
});

function inWords(what: What): string {
  switch (what.kind) {
    case 'row':
      return `row ${what.id}`;
    case 'batch':
      return `batch ${what.batch}`;
    case 'object':
      return what.archive_path;
    case 'range':
      return `${what.from} to ${what.to}`;
  }
}

const otherVersion = (table: string, seen: number, now: number | undefined): PlumblineError =>
  new PlumblineError(
    'conflict',
    'archive.policy_changed',
    `version ${seen} of the policy of ${table} was looked at, and ${now === undefined ? 'there is none' : `version ${now} is in force`}; look again: plumbline archive policy show ${table}`,
  );
