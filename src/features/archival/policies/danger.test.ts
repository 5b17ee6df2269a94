import { expect, test } from 'vitest';
import { dangersOf } from './danger.ts';
import { POLICY, type Policy } from './policy.ts';

const policy = (more: Partial<Policy> = {}): Policy => ({
  ...POLICY.parse({ column: 'created_at', age_days: 400, hold_days: 365, legal_hold: true }),
  ...more,
});
const GOVERNANCE = { mode: 'GOVERNANCE', days: 30 } as const;

test.each([
  [{ retention: GOVERNANCE }, ['retention from none to GOVERNANCE for 30 d']],
  [{ legal_hold: false }, ['legal hold off']],
  [{ hold_days: 100 }, ['hold_days from 365 down to 100']],
  [{ age_days: 399 }, ['age_days from 400 down to 399']],
  [{ purge_only: true, legal_hold: false }, ['legal hold off', 'rows are deleted without an archive (purge_only)']],
  [{ column: 'updated_at' }, ['old by updated_at instead of created_at']],
])('%j needs two people', (change, dangers) => {
  expect(dangersOf(policy(), policy(change))).toEqual(dangers);
});

test.each([
  [{}],
  [{ hold_days: 366, age_days: 500 }],
  [{ enabled: false, window: { from: '01:00', to: '02:00' }, storage_class: 'DEEP_ARCHIVE' as const }],
])('%j needs one', (change) => {
  expect(dangersOf(policy(), policy(change))).toEqual([]);
});

test('a retention that is made shorter or goes away does, and a first policy does not', () => {
  const locked = policy({ retention: GOVERNANCE });
  expect(dangersOf(locked, policy())).toEqual(['retention from GOVERNANCE for 30 d to none']);
  expect(dangersOf(locked, locked)).toEqual([]);
  expect(dangersOf(undefined, policy({ legal_hold: false }))).toEqual([]);
});
