import { exportJWK, generateKeyPair, type JWSHeaderParameters } from 'jose';
import { expect, test } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { KeySet } from './key-set.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** A provider whose keys can be changed, fail, and be counted. */
async function provider() {
  const { publicKey } = await generateKeyPair('ES256');
  const jwk = await exportJWK(publicKey);
  const clock = new ManualClock();
  const state = { asked: 0, kids: ['one'], fails: false };
  const keys = new KeySet(clock, async () => {
    state.asked += 1;
    if (state.fails) throw new Error('the provider is silent');
    return { keys: state.kids.map((kid) => ({ ...jwk, kid, alg: 'ES256', use: 'sig' })) };
  });
  const header = (kid: string): JWSHeaderParameters => ({ alg: 'ES256', kid });
  const find = (kid: string) => keys.find(header(kid), { payload: '', signature: '', protected: '' });
  return { clock, state, find };
}

test('keys are asked for once, by all who need them at the same time, and again after ten minutes', async () => {
  const { clock, state, find } = await provider();
  await Promise.all([find('one'), find('one'), find('one')]);
  clock.advanceSync(10 * MINUTE - 1);
  await find('one');
  expect(state.asked).toBe(1);
  clock.advanceSync(1);
  await find('one');
  expect(state.asked).toBe(2);
});

test('a key that is not among them is looked for at once, and not more often than every half minute', async () => {
  const { clock, state, find } = await provider();
  await find('one');
  state.kids = ['one', 'two'];
  await expect(find('two')).rejects.toThrow();
  expect(state.asked).toBe(1);
  clock.advanceSync(30 * SECOND);
  await find('two');
  expect(state.asked).toBe(2);
  for (let guess = 0; guess < 5; guess += 1) await expect(find(`guess ${guess}`)).rejects.toThrow();
  expect(state.asked).toBe(2);
});

test('while the provider is silent, keys that are known hold for an hour', async () => {
  const { clock, state, find } = await provider();
  await find('one');
  state.fails = true;
  clock.advanceSync(60 * MINUTE - 1);
  await find('one');
  clock.advanceSync(1);
  await expect(find('one')).rejects.toThrow('silent');
});
