import { describe, expect, test } from 'vitest';
import { parseId } from '../../../kernel/ids.ts';
import { changesOf, type FoundBreak, isWithin, type KnownBreak, lateChangesOf } from './rules.ts';

const ID = parseId('break', '01939e4e-7cb2-7c00-8000-000000000000');
const found = (amount: string, more: Partial<FoundBreak> = {}): FoundBreak => ({
  ...{ key: 'native/pool', kind: 'native', line: 'pool', account: 'pool', currency: 'VND', amount, text: 'gone' },
  ...more,
});
const known = (status: KnownBreak['status'], more: Partial<KnownBreak> = {}): KnownBreak => ({
  ...{ id: ID, key: 'native/pool', currency: 'VND', amount: '-5000.00', firstAsOf: 100, lastAsOf: 200, status },
  ...more,
});
const accepted = (upTo: string, until?: number): KnownBreak => known({ kind: 'accepted', upTo, until });

describe('the newest report', () => {
  test('opens what nobody knew, and resolves what it does not have', () => {
    expect(changesOf([known({ kind: 'open' })], [found('1.00', { key: 'unexplained' })], 0)).toEqual([
      { kind: 'resolved', id: ID, amount: '-5000.00' },
      { kind: 'opened', found: found('1.00', { key: 'unexplained' }) },
    ]);
  });

  test.each([
    ['the same', '-5000.00', false],
    ['the same, written otherwise', '-5000', false],
    ['more', '-5000.01', true],
    ['less', '-4999.99', true],
  ])('a break that is %s stays one break', (_what, amount, changed) => {
    expect(changesOf([known({ kind: 'open' })], [found(amount)], 0)).toEqual([
      { kind: 'seen', id: ID, found: found(amount), changed, reopened: undefined },
    ]);
  });

  test('another currency under the same key is another break', () => {
    const changes = changesOf([known({ kind: 'open' })], [found('-5000.00', { currency: 'USDT' })], 0);
    expect(changes.map(({ kind }) => kind)).toEqual(['resolved', 'opened']);
  });

  test.each([
    ['as it was', '-5000.00', '-5000.00', undefined, undefined],
    ['less than it was', '-5000.00', '-10.00', undefined, undefined],
    ['within what was accepted', '-6000.00', '-6000.00', undefined, undefined],
    ['a hundredth beyond it', '-5000.00', '-5000.01', undefined, 'beyond'],
    ['of the other sign', '-5000.00', '4000.00', undefined, 'beyond'],
    ['before its time is over', '-5000.00', '-5000.00', 1_001, undefined],
    ['when its time is over', '-5000.00', '-5000.00', 1_000, 'until 1970-01-01T00:00:01.000Z'],
  ])('an accepted break, %s', (_what, upTo, amount, until, why) => {
    const [change] = changesOf([accepted(upTo, until)], [found(amount)], 1_000);
    expect(change).toMatchObject({
      kind: 'seen',
      reopened: why === undefined ? undefined : expect.stringContaining(why),
    });
  });
});

describe('a report of an earlier instant', () => {
  const at = (asOf: number, next: number) => ({ asOf, next });

  test('resolves nothing', () => expect(lateChangesOf([known({ kind: 'open' })], [], at(150, 200))).toEqual([]));

  test.each<[string, readonly KnownBreak[], number, number, readonly string[]]>([
    ['within a live break', [known({ kind: 'open' })], 150, 200, []],
    ['just before it', [known({ kind: 'open' })], 50, 100, ['seen_earlier']],
    ['before it, with a report between that does not have it', [known({ kind: 'open' })], 50, 70, ['past']],
    ['within a resolved break', [known({ kind: 'resolved', asOf: 300 })], 250, 300, []],
    ['at the instant that resolved it', [known({ kind: 'resolved', asOf: 300 })], 300, 400, ['past']],
    ['where nobody ever saw it again', [], 50, 70, ['past']],
  ])('%s', (_what, before, asOf, next, kinds) => {
    const changes = lateChangesOf(before, [found('-5000.00')], at(asOf, next));
    expect(changes.map(({ kind }) => kind)).toEqual(kinds);
  });
});

test.each([
  ['5', '5.00', true],
  ['0', '5', true],
  ['-0.01', '5', false],
  ['5.01', '5', false],
  ['-5', '-5', true],
  ['-5.01', '-5', false],
  ['0', '0', true],
])('%s within %s: %s', (amount, upTo, is) => expect(isWithin(amount, upTo)).toBe(is));
