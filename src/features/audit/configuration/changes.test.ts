import { expect, it } from 'vitest';
import { changesBetween } from './changes.ts';

it('names what changed, where it stands', () => {
  expect(changesBetween({ a: { b: '1', c: [] }, 'd/e': true }, { a: { b: '2', c: [] }, f: {} })).toEqual({
    '/a/b': { before: '1', after: '2' },
    '/d~1e': { before: true, after: null },
    '/f': { before: null, after: {} },
  });
  expect(changesBetween({ a: '1' }, { a: '1' })).toEqual({});
});

it('tells the elements of a list apart by their names', () => {
  const [pool, fee, spread] = [
    { id: 'pool', sql: 'x' },
    { id: 'fee', sql: 'y' },
    { id: 'spread', sql: 'z' },
  ];
  expect(changesBetween({ lines: [pool, spread] }, { lines: [pool, fee, { ...spread, sql: 'w' }] })).toEqual({
    '/lines/fee/id': { before: null, after: 'fee' },
    '/lines/fee/sql': { before: null, after: 'y' },
    '/lines/spread/sql': { before: 'z', after: 'w' },
  });
  expect(changesBetween({ lines: ['a', 'b'] }, { lines: ['a', 'c'] })).toEqual({
    '/lines/1': { before: 'b', after: 'c' },
  });
});

it('does not call the order of named elements a change', () => {
  expect(changesBetween([{ id: 'a' }, { id: 'b' }], [{ id: 'b' }, { id: 'a' }])).toEqual({});
});
