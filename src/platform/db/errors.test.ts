import { describe, expect, it } from 'vitest';
import { isUniqueViolation, sqlState, statementPosition } from './errors.ts';

const fromServer = (code: string, more: object = {}): Error =>
  Object.assign(new Error('from the server'), { severity: 'ERROR', code, ...more });

describe('what a failed statement says', () => {
  it('is read through the causes of an error', () => {
    const wrapped = new Error('a', { cause: new Error('b', { cause: fromServer('23505', { constraint: 'c' }) }) });
    expect(sqlState(wrapped)).toBe('23505');
    expect(isUniqueViolation(wrapped, 'c')).toBe(true);
  });

  it('is not a system error whose code looks alike', () => {
    expect(sqlState(Object.assign(new Error('write EPIPE'), { code: 'EPIPE', syscall: 'write' }))).toBeUndefined();
  });

  it.each([new Error('x'), 'text', null, undefined, { code: '23505' }])('is nothing for %s', (error) => {
    expect(sqlState(error)).toBeUndefined();
  });

  it('ends on causes that go round in a circle', () => {
    const error: Error & { cause?: unknown } = new Error('round');
    error.cause = error;
    expect(sqlState(error)).toBeUndefined();
  });

  it('tells where in the statement it happened, when the server does', () => {
    expect(statementPosition(fromServer('42601', { position: '8' }))).toBe(7);
    expect(statementPosition(fromServer('42601'))).toBeUndefined();
  });
});
