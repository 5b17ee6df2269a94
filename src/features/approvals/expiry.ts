/** What nobody decided in time is over by itself; here it is written down, and told. */
import type { Tx } from '../../platform/db/port.ts';
import type { Notices } from './ports.ts';
import * as store from './store.ts';
import { noticeOf } from './words.ts';

export async function expireOverdue(tx: Tx, now: Date, notices: Notices): Promise<void> {
  for (const row of await store.expirePending(tx, now)) await notices.raise(tx, noticeOf('refused', row));
}
