import { expect, test } from 'vitest';
import { webhookHeaders } from './webhook.ts';

// The vector of the standard's own libraries: https://github.com/standard-webhooks/standard-webhooks
const ID = 'msg_p5jXN8AQM9LWM0D4loKWxJek';
const AT = 1_614_265_330_000;
const BODY = '{"test": 2432232314}';
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

test('the signature is that of the standard', () => {
  expect(webhookHeaders(SECRET, ID, AT, BODY)).toMatchObject({
    'webhook-id': ID,
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  });
});

test('while a secret is changed, both sign', () => {
  const other = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
  const signatures = webhookHeaders(`${other} ${SECRET}`, ID, AT, BODY)['webhook-signature']?.split(' ') ?? [];
  expect(signatures).toHaveLength(2);
  expect(signatures[1]).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
  expect(signatures[0]).not.toBe(signatures[1]);
});
