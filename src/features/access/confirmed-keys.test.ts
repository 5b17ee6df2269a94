import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { PlumblineError } from '../../kernel/errors.ts';
import { type ApiKeyId, parseId } from '../../kernel/ids.ts';
import { ConfirmedKeys } from './confirmed-keys.ts';
import type { ApiKeyRow } from './store.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const idOf = (n: number): ApiKeyId => parseId('api-key', `01939e4e-7cb2-7c00-8000-${String(n).padStart(12, '0')}`);
const rowOf = (n: number): ApiKeyRow => ({
  ...{ id: idOf(n), name: `key ${n}`, prefix: 'pl_', secret_hash: `hash-${n}`, scopes: ['rates:read'] },
  ...{ role: 'service', owner: null, addresses: [], created_by: null, approval_id: null },
  ...{ created_at: new Date(0), expires_at: null, revoked_at: null },
});
const SILENT = new PlumblineError('upstream', 'db.unavailable', 'gone');

/** Keys 1 to 9 exist; the database's answers can be changed, failed, held back and counted. */
function database(options: { readonly capacity?: number } = {}) {
  const clock = new ManualClock();
  const rows = new Map(Array.from({ length: 9 }, (_, n) => [`hash-${n + 1}`, rowOf(n + 1)]));
  const state = { asked: 0, fails: undefined as Error | undefined, held: undefined as Promise<void> | undefined };
  const find = async (hash: string): Promise<ApiKeyRow | undefined> => {
    state.asked += 1;
    const { fails } = state;
    const row = rows.get(hash);
    await state.held;
    if (fails !== undefined) throw fails;
    return row;
  };
  const keys = new ConfirmedKeys({ clock, find, ...options });
  const get = async (n: number, reads = true) => (await keys.get(`hash-${n}`, reads))?.row;
  const revoke = (n: number): void => {
    rows.set(`hash-${n}`, { ...rowOf(n), revoked_at: new Date(clock.now()) });
  };
  return { clock, rows, state, keys, get, revoke };
}

describe('a confirmed key', () => {
  test('is used from memory for two seconds, and then confirmed again', async () => {
    const { clock, state, get, keys } = database();
    expect(await get(1)).toEqual(rowOf(1));
    await clock.advance(2 * SECOND - 1);
    expect(keys.get('hash-1', false)).toMatchObject({ row: rowOf(1), principal: { subject: `key:${idOf(1)}` } });
    expect(state.asked).toBe(1);
    await clock.advance(1);
    await get(1);
    expect(state.asked).toBe(2);
  });

  test('that another process revoked is found out after two seconds, and is not kept', async () => {
    const { clock, state, get, revoke } = database();
    await get(1);
    revoke(1);
    await clock.advance(2 * SECOND);
    expect((await get(1))?.revoked_at).not.toBeNull();
    state.fails = SILENT;
    await expect(get(1)).rejects.toBe(SILENT);
  });

  test('ages from before it was looked up', async () => {
    const { clock, state, get } = database();
    const gate = Promise.withResolvers<void>();
    state.held = gate.promise;
    const first = get(1);
    await clock.advance(1_500);
    gate.resolve();
    await first;
    await clock.advance(500);
    await get(1);
    expect(state.asked).toBe(2);
  });

  test('ages while the monotonic clock stands still, as on a machine that sleeps', async () => {
    const { clock, state, get } = database();
    await get(1);
    clock.jump(2 * SECOND);
    await get(1);
    expect(state.asked).toBe(2);
  });

  test('is asked for once by all who want it at the same time', async () => {
    const { state, get } = database();
    await Promise.all(Array.from({ length: 20 }, () => get(1)));
    expect(state.asked).toBe(1);
  });

  test('of which there are too many makes room, the oldest confirmation first', async () => {
    const { state, get } = database({ capacity: 2 });
    for (const n of [1, 2, 3]) await get(n);
    await get(2);
    await get(3);
    expect(state.asked).toBe(3);
    await get(1);
    expect(state.asked).toBe(4);
  });
});

test('what is not a key, or no longer one, is never kept', async () => {
  const { state, get, revoke } = database({ capacity: 1 });
  await get(1);
  revoke(2);
  for (let guess = 0; guess < 3; guess += 1) {
    expect(await get(77)).toBeUndefined();
    expect((await get(2))?.revoked_at).not.toBeNull();
  }
  expect(state.asked).toBe(7);
  await get(1);
  expect(state.asked).toBe(7); // no guess took its place
});

describe('a key that is forgotten', () => {
  test('is asked for again at once, and others are not', async () => {
    const { state, get, keys, revoke } = database();
    await get(1);
    await get(2);
    revoke(1);
    keys.forget(idOf(1));
    expect((await get(1))?.revoked_at).not.toBeNull();
    await get(2);
    expect(state.asked).toBe(3);
  });

  test('while it is looked up is neither kept nor shared as it was', async () => {
    const { state, get, keys, revoke } = database();
    const gate = Promise.withResolvers<void>();
    state.held = gate.promise;
    const before = get(1);
    revoke(1);
    keys.forget(idOf(1));
    const after = get(1);
    gate.resolve();
    expect((await before)?.revoked_at).toBeNull(); // this request came before
    expect((await after)?.revoked_at).not.toBeNull();
    expect((await get(1))?.revoked_at).not.toBeNull();
  });
});

describe('while the database is silent', () => {
  test('a key confirmed within five minutes reads, and does nothing else', async () => {
    const { clock, state, get } = database();
    await get(1);
    await clock.advance(5 * MINUTE - 1);
    state.fails = SILENT;
    expect(await get(1)).toEqual(rowOf(1));
    await expect(get(1, false)).rejects.toBe(SILENT);
    await clock.advance(1);
    await expect(get(1)).rejects.toBe(SILENT);
    await expect(get(2)).rejects.toBe(SILENT); // it was never confirmed
  });

  test('because its connections are all in use, too; any other failure is the answer', async () => {
    const { clock, state, get } = database();
    await get(1);
    await clock.advance(2 * SECOND);
    state.fails = new PlumblineError('busy', 'db.pool_exhausted', 'all in use');
    expect(await get(1)).toEqual(rowOf(1));
    await clock.advance(2 * SECOND);
    state.fails = new Error('no such table');
    await expect(get(1)).rejects.toThrow('no such table');
  });

  test('the first reader waits a second at most, the next ones not at all', async () => {
    const { clock, state, get } = database();
    await get(1);
    await clock.advance(2 * SECOND);
    state.held = new Promise(() => undefined);
    const first = get(1);
    let answered = false;
    void first.then(() => {
      answered = true;
    });
    await clock.advance(SECOND - 1);
    expect(answered).toBe(false);
    await clock.advance(1);
    expect(await first).toEqual(rowOf(1));
    expect(await get(1)).toEqual(rowOf(1));
    expect(clock.pending).toBe(0);
  });

  test('a lookup that hangs is not waited for by those who come a second later', async () => {
    const { clock, state, get } = database();
    state.held = new Promise(() => undefined);
    void get(1);
    state.held = undefined;
    await clock.advance(SECOND);
    expect(await get(1, false)).toEqual(rowOf(1));
  });

  test('a revocation is heeded as soon as it answers again', async () => {
    const { clock, state, get, revoke } = database();
    await get(1);
    await clock.advance(10 * SECOND);
    state.fails = SILENT;
    await get(1);
    state.fails = undefined;
    revoke(1);
    await get(1); // answered first, for the database was silent just now; asked behind
    expect((await get(1))?.revoked_at).not.toBeNull();
  });

  test('long ago, the database is asked first again', async () => {
    const { clock, state, get, revoke } = database();
    await get(1);
    await clock.advance(10 * SECOND);
    state.fails = SILENT;
    await get(1);
    state.fails = undefined;
    revoke(1);
    await clock.advance(2 * SECOND);
    expect((await get(1))?.revoked_at).not.toBeNull();
  });
});
