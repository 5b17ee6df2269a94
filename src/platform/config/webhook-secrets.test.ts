import { expect, test } from 'vitest';
import { loadConfig } from './config.ts';

const secret = (bytes: number): string => `whsec_${Buffer.alloc(bytes, 3).toString('base64')}`;
const PAYOUTS_WEBHOOK_URL = 'https://gateway.internal/hooks';

test.each([
  ['too short', secret(23)],
  ['too long', secret(65)],
  ['without its prefix', secret(32).slice(6)],
  ['not base64', 'whsec_!!!!'],
  ['one of two wrong', `${secret(32)} ${secret(8)}`],
])('a webhook secret that is %s is refused, and not shown', (_what, value) => {
  const load = () => loadConfig({ PAYOUTS_WEBHOOK_URL, PAYOUTS_WEBHOOK_SECRET: value });
  expect(load).toThrow(expect.objectContaining({ code: 'config.invalid' }));
  try {
    load();
  } catch (error) {
    expect(JSON.stringify(Object(error).faults)).not.toContain(value);
  }
});

test('one webhook secret or several are taken, with an address and not without', () => {
  const PAYOUTS_WEBHOOK_SECRET = `${secret(24)} ${secret(64)}`;
  expect(loadConfig({ PAYOUTS_WEBHOOK_URL, PAYOUTS_WEBHOOK_SECRET }).values).toMatchObject({ PAYOUTS_WEBHOOK_SECRET });
  expect(() => loadConfig({ PAYOUTS_WEBHOOK_SECRET })).toThrow('fault');
  expect(() => loadConfig({ PAYOUTS_WEBHOOK_URL })).toThrow('fault');
});
