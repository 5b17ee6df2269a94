/** Payouts over HTTP and on the command line, in the whole service. */
import { createHmac } from 'node:crypto';
import { expect, it, onTestFinished } from 'vitest';
import { startApp } from '../support/app.ts';
import { describePostgres, urlOfDb } from '../support/databases.ts';
import { plumbline } from '../support/program.ts';
import { startReceiver } from '../support/webhook-receiver.ts';

const KEY = Buffer.alloc(32, 9);
const REASON = 'the missing line is a bank statement that came late';

// The halt itself is tested on each engine.
describePostgres('payouts in the service', (open) => {
  it('are halted by a report, overridden by two people, and told of', async () => {
    const receiver = await startReceiver(['answers 500']);
    onTestFinished(() => receiver.close());
    const db = await open();
    const env = {
      DATABASE_URL: urlOfDb(db) ?? '',
      PAYOUTS_WEBHOOK_URL: receiver.url,
      PAYOUTS_WEBHOOK_SECRET: `whsec_${KEY.toString('base64')}`,
    };
    const service = await startApp({ db, env, warm: false });
    onTestFinished(() => service.close());
    const { app, request, post, url, key } = service;
    const permission = async () => (await request('/v1/payouts/permission')).body;
    expect((await request('/v1/payouts/permission')).headers.get('cache-control')).toBe('no-store');
    expect(await permission()).toMatchObject({ permitted: true, state: 'permitted', verdict: null, version: '0' });
    const cli = (...args: string[]) =>
      plumbline(['payouts', ...args], {
        PLUMBLINE_URL: url,
        PLUMBLINE_API_KEY: key('payouts:read', 'payouts:override'),
      });
    expect(await cli('permission')).toMatchObject({ status: 0, stdout: expect.stringContaining('PERMITTED') });
    expect((await post('/v1/payouts/overrides', { reason: REASON, hours: 2 })).status).toBe(409);

    await app.db.transaction({}, (tx) =>
      app.payouts.onVerdict(tx, {
        ...{ reportId: '01939e4e-7cb2-7c00-8000-000000000000', book: app.book.name, reason: 'a deficit' },
        ...{
          outcome: 'deficit',
          asOf: new Date(),
          observedAt: new Date(),
          difference: '-5000.00',
          tolerance: '1000.00',
        },
      }),
    );
    expect(await permission()).toMatchObject({
      ...{ permitted: false, state: 'halted', difference: '-5000.00', version: '1', reason: 'a deficit' },
      verdict: { outcome: 'deficit', age_seconds: expect.any(Number) },
    });
    expect(await cli('permission')).toMatchObject({ status: 2, stdout: expect.stringContaining('HALTED') });

    for (const body of [
      { reason: 'short', hours: 2 },
      { reason: REASON, hours: 0 },
      { reason: REASON, hours: 1.5 },
      { reason: REASON },
    ]) {
      expect((await post('/v1/payouts/overrides', body)).status, JSON.stringify(body)).toBe(422);
    }
    const asked = await cli('--json', 'override', 'request', '--reason', REASON, '--hours', '2');
    expect(asked).toMatchObject({ status: 0, stderr: '' });
    const { id, subject } = JSON.parse(asked.stdout);
    expect(subject).toBe('test');
    expect(await cli('override', 'approve', id)).toMatchObject({ status: 5 }); // its key lacks the scope
    const same = await post(`/v1/payouts/overrides/${id}/approve`, {});
    expect(same).toMatchObject({ status: 403, body: { code: 'payouts.same_person' } });
    const other = { authorization: `Bearer ${app.access.createLocalKey('key:second', ['payouts:approve'])}` };
    const approved = await post(`/v1/payouts/overrides/${id}/approve`, {}, other);
    expect(approved).toMatchObject({ status: 200, body: { subject: 'key:second', requested_by: 'test' } });
    expect(await permission()).toMatchObject({ permitted: true, state: 'overridden', override: { id } });
    expect(await cli('override', 'end', id, '--reason', 'the statement is there')).toMatchObject({ status: 0 });
    expect(await permission()).toMatchObject({ permitted: false, state: 'halted', override: null, version: '4' });
    expect((await post('/v1/payouts/overrides/01939e4e-7cb2-7c00-8000-000000000000/approve', {}, other)).status).toBe(
      404,
    );

    const first = await request('/v1/payouts/halts?limit=3');
    expect(first.body).toMatchObject({
      data: [{ kind: 'override_ended' }, { kind: 'override_approved' }, { kind: 'override_requested' }],
      next: expect.any(String),
    });
    const { next } = Object(first.body);
    expect((await request(`/v1/payouts/halts?limit=3&cursor=${next}`)).body).toMatchObject({
      data: [{ kind: 'halted', version: '1' }],
      next: null,
    });
    expect((await request('/v1/payouts/halts?cursor=nonsense')).status).toBe(422);
    expect(await cli('halts')).toMatchObject({ status: 0, stdout: expect.stringContaining('override approved') });
    expect(
      (await request('/v1/payouts/permission', { headers: { authorization: `Bearer ${key('rates:read')}` } })).status,
    ).toBe(403);

    await app.startWorker();
    await expect.poll(() => receiver.received.length, { timeout: 20_000 }).toBeGreaterThanOrEqual(5);
    const ids = new Set(receiver.received.map(({ headers }) => headers['webhook-id']));
    expect(ids.size).toBe(4);
    for (const { headers, body } of receiver.received) {
      const text = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
      expect(headers['webhook-signature']).toBe(`v1,${createHmac('sha256', KEY).update(text).digest('base64')}`);
    }
  }, 120_000);
});
