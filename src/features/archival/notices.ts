/** What people are told of the archive. */
import { sha256Hex } from '../../kernel/hash.ts';
import type { Notice } from '../../kernel/notice.ts';
import type { Restore } from './restore/request.ts';

/** What no table is named for: the accounts of the whole archive. */
export const WHOLE_ARCHIVE = '*';

/** One incident a table, whatever of it is damaged and whoever sees it. */
export const verifyFailed = (table: string, message: string): Notice => ({
  key: `archive.verify_failed/${table}/${sha256Hex(message).slice(0, 32)}`,
  event: 'archive.verify_failed',
  severity: 'critical',
  message: `the archive of ${table === WHOLE_ARCHIVE ? 'all tables' : table} is not what it was: ${message}`,
  payload: { table, damage: message },
});

/** @param at when: it may come again */
export const verified = (table: string, at: Date): Notice => ({
  key: `archive.verified/${table}/${at.toISOString()}`,
  event: 'archive.verified',
  severity: 'info',
  message: `the archive of ${table === WHOLE_ARCHIVE ? 'all tables' : table} was held against everything that is known of it, and is sound`,
  payload: { table },
});

const DONE: Readonly<Record<Restore['purpose'], string>> = {
  read: 'can be read',
  land: 'are in archive_restored_rows',
  return: 'are back in their table',
};

export const restoreReady = ({
  id,
  table,
  purpose,
  requestedBy,
}: Pick<Restore, 'id' | 'table' | 'purpose' | 'requestedBy'>): Notice => ({
  key: `archive.restore_ready/${id}`,
  event: 'archive.restore_ready',
  severity: 'info',
  message: `what ${requestedBy} asked for of ${table} ${DONE[purpose]}: plumbline archive restores ${id}`,
  payload: { restore_id: id, table, purpose, requested_by: requestedBy },
});
