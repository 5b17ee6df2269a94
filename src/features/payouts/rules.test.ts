import { expect, test } from 'vitest';
import type { PayoutHaltId } from '../../kernel/ids.ts';
import { parseId } from '../../kernel/ids.ts';
import { isPermitted, isStillKnown, judge, type Permission, type Verdict } from './rules.ts';

const at = (hour: number): Date => new Date(Date.UTC(2026, 10, 20, hour));
const OVERRIDE: PayoutHaltId = parseId('payout-halt', '01939e4e-7cb2-7c00-8000-000000000001');

const FIRST: Permission = {
  ...{ book: 'b', state: 'permitted', since: at(0), reason: 'none yet', version: 0n },
  ...{ report_id: null, report_as_of: null, report_observed_at: null, difference: null, tolerance: null },
  ...{ override_id: null, override_until: null, override_difference: null },
  ...{ verdict: null, verdict_report_id: null, verdict_as_of: null, verdict_observed_at: null },
};

const verdict = (
  outcome: 'solvent' | 'deficit',
  asOf: number,
  { observed = asOf, difference = outcome === 'deficit' ? '-5000.00' : '0.00' } = {},
): Verdict => ({
  ...{ reportId: `${outcome} ${asOf} ${observed}`, book: 'b', reason: `${outcome} at ${asOf}`, tolerance: '1000.00' },
  ...{ outcome, asOf: at(asOf), observedAt: at(observed), difference },
});

/** The permission after these verdicts, and what was decided on the way. */
function after(verdicts: readonly Verdict[], from: Permission = FIRST) {
  let permission = from;
  const kinds: string[] = [];
  for (const each of verdicts) {
    const judged = judge(permission, each);
    permission = judged.permission;
    kinds.push(...judged.decisions.map(({ kind }) => kind));
  }
  return { permission, kinds };
}

test('a deficit halts, and a later solvent report releases', () => {
  const { permission, kinds } = after([verdict('solvent', 1), verdict('deficit', 2), verdict('solvent', 3)]);
  expect(kinds).toEqual(['halted', 'released']);
  expect(permission).toMatchObject({ state: 'permitted', report_id: 'solvent 3 3', verdict: 'solvent' });
});

test('an error changes nothing, neither way', () => {
  const error: Verdict = { reportId: 'e', book: 'b', reason: 'unreadable', outcome: 'error' };
  const halted = after([verdict('deficit', 1)]).permission;
  expect(judge(halted, error)).toEqual({ permission: halted, decisions: [] });
  expect(judge(FIRST, error)).toEqual({ permission: FIRST, decisions: [] });
});

test.each([
  ['an earlier instant, looked at later', verdict('solvent', 1, { observed: 9 })],
  ['the same instant, looked at earlier', verdict('solvent', 2, { observed: 1 })],
  ['the same instant, looked at the same time', verdict('solvent', 2)],
])('a solvent report of %s does not release', (_what, solvent) => {
  expect(after([verdict('deficit', 2), solvent])).toMatchObject({ kinds: ['halted'], permission: { state: 'halted' } });
});

test('a solvent report of the same instant that looked again releases', () => {
  expect(after([verdict('deficit', 2), verdict('solvent', 2, { observed: 3 })]).kinds).toEqual(['halted', 'released']);
});

test('the release has to be later than the newest deficit, not than the one that halted', () => {
  const { permission, kinds } = after([verdict('deficit', 2), verdict('deficit', 5), verdict('solvent', 4)]);
  expect(kinds).toEqual(['halted']);
  expect(permission).toMatchObject({ report_id: 'deficit 5 5', verdict: 'deficit' });
});

test('a deficit found late halts, too, and leaves the newest verdict as it was', () => {
  const { permission, kinds } = after([verdict('solvent', 8), verdict('deficit', 2, { observed: 9 })]);
  expect(kinds).toEqual(['halted']);
  expect(permission).toMatchObject({ state: 'halted', verdict: 'solvent', verdict_report_id: 'solvent 8 8' });
});

test('a halt before the first report is released by the first solvent one', () => {
  expect(after([verdict('solvent', 1)], { ...FIRST, state: 'halted' }).kinds).toEqual(['released']);
});

const overridden: Permission = {
  ...after([verdict('deficit', 1)]).permission,
  ...{ override_id: OVERRIDE, override_until: at(6), override_difference: '-5000.00' },
};

test('an override lets payouts pass until its time', () => {
  expect([isPermitted(overridden, at(5)), isPermitted(overridden, at(6)), isPermitted(overridden, at(7))]).toEqual([
    true,
    false,
    false,
  ]);
});

test('an override holds for the deficit that was known, within the tolerance, and for no larger one', () => {
  const same = verdict('deficit', 2, { difference: '-6000.00' });
  expect(after([same], overridden)).toMatchObject({ kinds: [], permission: { override_id: OVERRIDE } });
  const larger = verdict('deficit', 2, { difference: '-6000.01' });
  expect(after([larger], overridden)).toMatchObject({ kinds: ['override_ended'], permission: { override_id: null } });
  expect(isStillKnown('-5000', overridden)).toBe(true);
  expect(isStillKnown('-3999.99', overridden)).toBe(false);
});

test('a release ends the override', () => {
  expect(after([verdict('solvent', 2)], overridden)).toMatchObject({
    kinds: ['override_ended', 'released'],
    permission: { state: 'permitted', override_id: null, override_until: null },
  });
});
