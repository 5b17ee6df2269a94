/** What people are told of who may do what. */
import type { Notice } from '../../kernel/notice.ts';
import type { Role } from './roles.ts';
import type { ApiKeyRow } from './store.ts';

export const keyCreated = (
  row: Pick<ApiKeyRow, 'id' | 'prefix' | 'name' | 'owner' | 'role'>,
  createdBy: string,
): Notice => ({
  key: `key.created:${row.id}`,
  event: 'key.created',
  severity: 'warning',
  message: `${createdBy} made the key ${row.prefix} "${row.name}" of ${row.owner ?? 'a machine'}, role ${row.role}`,
  payload: { key_id: row.id, prefix: row.prefix, role: row.role, owner: row.owner, created_by: createdBy },
});

/** null: none */
export const roleChanged = (subject: string, from: Role | null, to: Role | null, at: Date): Notice => ({
  key: `role.changed:${subject}:${at.toISOString()}:${from} ${to}`,
  event: 'role.changed',
  severity: 'warning',
  message: `${subject} was ${from ?? 'without a role'} and is ${to ?? 'without one'} now: their sessions follow at once`,
  payload: { subject, from, to },
});
