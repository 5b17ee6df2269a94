import { expect, test } from 'vitest';
import { type Report, standingOf } from './standing.ts';

const NOW = Date.parse('2026-11-26T09:00:00Z');
let attempts = 0;

const report = (more: Partial<Report>): Report => {
  attempts += 1;
  return {
    ...{ id: `r${attempts}`, book: 'test', kind: 'daily', business_date: '2026-11-25', attempt: 1, supersedes: null },
    ...{
      started_by: 'schedule',
      worker: null,
      status: 'surplus',
      total_assets_vnd: '2.00',
      total_liabilities_vnd: '1.00',
    },
    ...{ difference_vnd: '1.00', tolerance_vnd: '0.00', asset_breakdown: null, solvent: true, explained: true },
    ...{
      net_low_vnd: null,
      net_high_vnd: null,
      unexplained_vnd: null,
      as_of: '2026-11-25T17:00:00Z',
      as_of_basis: 'cut',
    },
    ...{
      alert_triggered: false,
      error_message: null,
      started_at: '2026-11-25T17:00:01Z',
      observed_at: null,
      reconciled_at: null,
    },
    ...more,
  };
};
const failed = (more: Partial<Report>): Report => report({ status: 'error', solvent: null, as_of: null, ...more });

test.each<[string, readonly Report[], string]>([
  ['nothing', [], 'none'],
  ['a surplus', [report({})], 'yes'],
  ['a balance', [report({ status: 'balanced' })], 'yes'],
  ['a deficit', [report({ status: 'deficit', solvent: false })], 'no'],
  ['a surplus by the formula, of money that is not there', [report({ solvent: false })], 'no'],
  ['a run that goes on, beside a verdict', [report({ status: 'in_progress', solvent: null }), report({})], 'yes'],
  [
    'a failure after the verdict',
    [failed({ started_at: '2026-11-26T08:00:00Z', business_date: '2026-11-26' }), report({})],
    'unknown',
  ],
  ['a failure before the verdict', [report({}), failed({ started_at: '2026-11-25T16:00:00Z' })], 'yes'],
  [
    'a failure of an older day, caught up',
    [failed({ started_at: '2026-11-26T08:00:00Z', business_date: '2026-11-01' }), report({})],
    'yes',
  ],
  [
    'an old deficit, caught up today',
    [
      report({
        status: 'deficit',
        as_of: '2026-11-01T17:00:00Z',
        business_date: '2026-11-01',
        started_at: '2026-11-26T08:00:00Z',
      }),
      report({}),
    ],
    'yes',
  ],
  ['a verdict of days ago', [report({ as_of: '2026-11-24T17:00:00Z' })], 'old'],
  ['an old deficit', [report({ status: 'deficit', as_of: '2026-11-24T17:00:00Z' })], 'no'],
  ['failures alone', [failed({})], 'none'],
])('%s', (_, reports, kind) => expect(standingOf(reports, NOW).kind).toBe(kind));
