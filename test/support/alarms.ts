/** One of each that the platform raises, made by whoever raises it: a name without its maker does not compile. */
import { keyCreated, roleChanged } from '../../src/features/access/notices.ts';
import type { ApprovalRow } from '../../src/features/approvals/store.ts';
import { noticeOf as approvalNotice, NEW } from '../../src/features/approvals/words.ts';
import { restoreReady, verified, verifyFailed } from '../../src/features/archival/notices.ts';
import { deadLetter, endpointDisabled } from '../../src/features/notifications/notices.ts';
import {
  breakerClosed,
  breakerOpen,
  type RateNotice,
  noticeOf as rateNotice,
  rateRenewed,
  rateStale,
} from '../../src/features/rates/operating/notices.ts';
import { breaksNotice } from '../../src/features/reconciliation/breaks/notice.ts';
import type { FoundBreak } from '../../src/features/reconciliation/breaks/rules.ts';
import { missingNotice, resumedNotice, solvencyNotice } from '../../src/features/reconciliation/notices.ts';
import type { AlarmName } from '../../src/kernel/alarms.ts';
import { parseBusinessDate } from '../../src/kernel/business-date.ts';
import { parseId } from '../../src/kernel/ids.ts';
import type { Notice } from '../../src/kernel/notice.ts';
import { parsePair, parseRate } from '../../src/kernel/rate.ts';
import { damageNotice } from '../../src/main/audit-tell.ts';

const ID = '01939e4e-7cb2-7c00-8000-000000000001';
const AT = new Date('2026-11-26T00:00:00Z');
const pair = parsePair('USDT/VND');
const rate = parseRate(pair, '26000');
const quote = { mid: rate, ageMs: 3_600_000 };
const keyed = (notice: RateNotice): Notice => ({ key: notice.event, ...notice });

const report = (status: 'deficit' | 'error') => ({
  ...{ id: parseId('reconciliation', ID), book: 'main', kind: 'daily' as const, status },
  ...{ business_date: parseBusinessDate('2026-11-25'), difference_vnd: '-1000.00', solvent: false },
  ...{ net_low_vnd: null, error_message: null },
});
const missing = { kind: 'daily', subject: '2026-11-25' } as const;
const hole: FoundBreak = {
  ...{ key: 'pool', kind: 'native', line: 'pool', account: undefined, currency: 'VND', amount: '-1', text: 'gone' },
};
const approval: ApprovalRow = {
  ...NEW,
  ...{ id: parseId('approval', ID), action: 'keys.create', target: '"x"', payload: '{}', payload_hash: '00' },
  ...{ reason: 'it is needed', requested_by: 'person:an', requested_via: 'key:1', requested_at: AT, expires_at: AT },
};
const restore = { id: ID, table: 'public.t', requestedBy: 'person:an', purpose: 'land' } as const;

export const SAMPLES: Readonly<Record<AlarmName, Notice>> = {
  'solvency.deficit': solvencyNotice(report('deficit'), ID, 'a hole'),
  'solvency.error': solvencyNotice(report('error'), ID, 'unreadable'),
  'reconciliation.missing': missingNotice('main', missing, 'no report'),
  'reconciliation.resumed': resumedNotice('main', missing),
  'reconciliation.breaks': breaksNotice(report('deficit'), { opened: [hole], reopened: [] }) ?? none(),
  'rates.moved': keyed(rateNotice({ kind: 'moved', pair, bps: 200, from: rate, to: rate })),
  'rates.contested': keyed(rateNotice({ kind: 'contested', pair, opinions: [], serving: rate })),
  'rates.settled': keyed(rateNotice({ kind: 'settled', pair, rate })),
  'rates.off_peg': keyed(rateNotice({ kind: 'off-peg', pair, bps: 200, rate })),
  'rates.manual_ended': keyed(rateNotice({ kind: 'manual-ended', pair, reason: 'it expired' })),
  'rates.stale': keyed(rateStale(pair, quote)),
  'rates.renewed': keyed(rateRenewed(pair, quote)),
  'breaker.open': keyed(breakerOpen('binance', 'open', 'timeout')),
  'breaker.closed': keyed(breakerClosed('binance')),
  'audit.refused': damageNotice({ code: 'audit.forked', message: 'two heads' }, null),
  'archive.verify_failed': verifyFailed('public.t', 'gone'),
  'archive.verified': verified('public.t', AT),
  'archive.restore_ready': restoreReady(restore),
  'notify.dead_letter': deadLetter(ID, { channel: 'email', team: 'finance', event: 'payment.completed', error: '550' }),
  'notify.endpoint_disabled': endpointDisabled(ID, '410', AT),
  'approval.requested': approvalNotice('requested', approval),
  'approval.executed': approvalNotice('executed', { ...approval, state: 'executed', decided_by: 'person:binh' }),
  'approval.refused': approvalNotice('refused', { ...approval, state: 'expired', decided_by: 'plumbline' }),
  'approval.break_glass': approvalNotice('break_glass', { ...approval, state: 'executed', break_glass: true }),
  'approval.reviewed': approvalNotice('reviewed', { ...approval, break_glass: true, reviewed_by: 'person:binh' }),
  'key.created': keyCreated(
    { id: parseId('api-key', ID), prefix: 'pl_abc', name: 'x', owner: 'person:an', role: 'admin' },
    'person:binh',
  ),
  'role.changed': roleChanged('person:an', 'admin', 'viewer', AT),
};

function none(): never {
  throw new Error('a hole without its alert');
}
