import { expect, it, test } from 'vitest';
import { systemRandom } from '../../../platform/clock/system.ts';
import { maskAddress, redact } from './mask.ts';
import { Vault } from './vault.ts';

test.each([
  ['email', 'treasurer@example.com', 't***@example.com'],
  ['sms', '+84912345670', '+84*****670'],
  ['zalo', '+84912345670', '+84*****670'],
  ['telegram', '-1001234567890', 'chat ***890'],
  ['slack', 'https://hooks.slack.com/services/T0/B0/secret', 'https://hooks.slack.com/***'],
  ['webhook', 'https://example.com/hooks?token=secret', 'https://example.com/***'],
] as const)('%s', (channel, address, masked) => expect(maskAddress(channel, address)).toBe(masked));

test.each([
  ['550 no such mailbox ops@example.com', '550 no such mailbox [redacted]'],
  ['cannot reach +84 912 345 670 now', 'cannot reach [redacted] now'],
  ['Bearer abc.def rejected', '[redacted] rejected'],
  ['at /bot123456:ABC-DEF/sendMessage', 'at /[redacted]/sendMessage'],
  ['secret whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD', 'secret [redacted]'],
  ['line one\nline two\u0000', 'line one line two\ufffd'],
  ['status 503, try 2 of 10', 'status 503, try 2 of 10'],
])('%s', (said, kept) => expect(redact(said)).toBe(kept));

it('a text that is known as a secret is never kept', () =>
  expect(redact('password hunter2 refused', ['hunter2'])).toBe('password [redacted] refused'));

it('a vault opens what it sealed, and nobody else does', () => {
  const [one, other] = [new Vault(Buffer.alloc(32, 1), systemRandom), new Vault(Buffer.alloc(32, 2), systemRandom)];
  const sealed = one.seal('recipient', '+84912345670');
  expect(sealed.toString('latin1')).not.toContain('84912345670');
  expect(one.open('recipient', sealed)).toBe('+84912345670');
  expect(() => other.open('recipient', sealed)).toThrow(
    expect.objectContaining({ code: 'notifications.sealed_elsewhere' }),
  );
  expect(() => one.open('state of zalo', sealed)).toThrow('sealed under another');
  sealed[20] = (sealed[20] ?? 0) ^ 1;
  expect(() => one.open('recipient', sealed)).toThrow('damaged');
  expect(one.hash('sms', 'x')).not.toEqual(other.hash('sms', 'x'));
  expect(one.hash('sms', 'x')).not.toEqual(one.hash('zalo', 'x'));
});
