/** The payout halt under fire: raced, killed, and told to receivers that fail. */
import { createHmac, randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import { expect, onTestFinished, test } from 'vitest';
import { NotificationService } from '../../src/features/notifications/service.ts';
import { Deliveries } from '../../src/features/payouts/deliveries.ts';
import { systemClock, systemRandom } from '../../src/platform/clock/system.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { createHttpClient } from '../../src/platform/http-client/undici.ts';
import { race } from '../soak/payouts.ts';
import { start } from '../support/child.ts';
import { describePostgres, urlOfDb } from '../support/databases.ts';
import { freePort } from '../support/ports.ts';
import { payoutsOver, recordingLogger } from '../support/reconciliation.ts';
import { type Received, startReceiver } from '../support/webhook-receiver.ts';

const KEY = Buffer.alloc(32, 5);
const secrets = `whsec_${KEY.toString('base64')}`;

const deliveriesTo = (db: Db, url: string, more: { readonly giveUpMs?: number } = {}) => {
  const http = createHttpClient({ clock: systemClock });
  onTestFinished(() => http.close());
  const log = recordingLogger();
  const deps = { db, clock: systemClock, random: systemRandom, log, http };
  const timing = { timeoutMs: 300, baseDelayMs: 20, maxDelayMs: 100, leaseMs: 1_000, ...more };
  return {
    log,
    deliveries: new Deliveries({
      ...deps,
      attempts: new NotificationService(deps),
      receiver: { url, secrets },
      timing,
    }),
  };
};

const halt = (db: Db) =>
  db.transaction({}, (tx) =>
    payoutsOver(db, { webhook: true }).onVerdict(tx, {
      ...{ reportId: '01939e4e-7cb2-7c00-8000-000000000000', book: 'test', reason: 'deficit', outcome: 'deficit' },
      ...{ asOf: new Date(), observedAt: new Date(), difference: '-5000.00', tolerance: '1000.00' },
    }),
  );

const until = async (done: () => Promise<boolean>): Promise<void> => {
  for (let tries = 0; tries < 500 && !(await done()); tries += 1) await delay(20);
};

const statuses = async (db: Db) =>
  (await sql<{ status: string }>`SELECT status FROM payout_webhooks`.execute(db.sql)).rows.map(({ status }) => status);

function assertSigned({ headers, body }: Received): void {
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
  expect(headers['webhook-signature']).toBe(`v1,${createHmac('sha256', KEY).update(signed).digest('base64')}`);
}

describePostgres('the webhook of a halt', (open) => {
  test('is sent until it is heard, under one id, and every try is logged', async () => {
    const db = await open();
    await halt(db);
    const port = await freePort();
    const { deliveries } = deliveriesTo(db, `http://127.0.0.1:${port}/hooks/payouts?token=secret`);
    await deliveries.run(); // nobody listens
    const receiver = await startReceiver(['answers 500', 'hangs', 'hangs up'], port);
    onTestFinished(() => receiver.close());
    await until(async () => {
      await deliveries.run();
      return (await statuses(db))[0] === 'delivered';
    });
    expect(receiver.received).toHaveLength(4);
    for (const each of receiver.received) assertSigned(each);
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(new Set(receiver.received.map(({ body }) => body)).size).toBe(1);
    expect(JSON.parse(receiver.received[0]?.body ?? '')).toMatchObject({
      type: 'payouts.halted',
      data: { book: 'test', permitted: false, state: 'halted', version: '1', difference: '-5000.00' },
    });
    const { rows } = await sql<{ status: string; error_message: string | null; retry_count: number }>`
      SELECT status, channel, recipient, retry_count, provider_message_id, error_message
      FROM notification_logs ORDER BY retry_count`.execute(db.sql);
    const [id, recipient] = [receiver.received[0]?.headers['webhook-id'], receiver.url];
    for (const [retries, row] of rows.entries()) {
      expect(row).toMatchObject({ channel: 'webhook', recipient, provider_message_id: id, retry_count: retries });
    }
    expect(rows.map(({ status }) => status)).toEqual([...Array(rows.length - 1).fill('retrying'), 'delivered']);
    // Nobody listened once or more often, then it was refused, kept waiting, and cut off.
    expect(rows.slice(-4).map(({ error_message }) => error_message ?? '')).toEqual(
      ['status 500', 'no complete answer', 'other side closed|ECONNRESET', '^$'].map((why) =>
        expect.stringMatching(why),
      ),
    );
  });

  test('waits as long as it is asked to, and is given up in the end, aloud', async () => {
    const db = await open();
    await halt(db);
    const receiver = await startReceiver(['asks to wait']);
    onTestFinished(() => receiver.close());
    await deliveriesTo(db, receiver.url).deliveries.run();
    const { rows } = await sql<{ ms: number }>`
      SELECT extract(epoch FROM next_attempt_at - clock_timestamp())::float8 * 1000 AS ms FROM payout_webhooks`.execute(
      db.sql,
    );
    expect(rows[0]?.ms).toBeGreaterThan(0); // 100 ms is the longest wait of its own here
    await delay(120);
    const { deliveries, log } = deliveriesTo(db, `http://127.0.0.1:${await freePort()}/`, { giveUpMs: 0 });
    await until(async () => {
      await deliveries.run();
      return (await statuses(db))[0] === 'dead';
    });
    expect(log.lines).toContainEqual(expect.objectContaining({ code: 'payouts.webhook_dead', level: 'error' }));
  });
});

describePostgres('the payout halt', (open) => {
  // `npm run soak -- payouts` races 10,000 on each version.
  test('lets no reservation past it', async () => {
    const db = await open();
    const raced = await race(db, urlOfDb(db) ?? '', { seed: randomInt(1, 1_000_000), tries: 500, connections: 12 });
    expect(raced.violations).toEqual([]);
  }, 60_000);

  test('is heard of although the process that made it was killed', async () => {
    const db = await open();
    const child = await start(process.execPath, ['test/fault/payouts-child.ts', urlOfDb(db) ?? '']).exited;
    expect(child.signal).toBe('SIGKILL');
    expect(await statuses(db)).toEqual(['pending']);
    await expect(sql`SELECT payouts_permitted()`.execute(db.sql)).rejects.toThrow('are halted since');
    const receiver = await startReceiver();
    onTestFinished(() => receiver.close());
    const { deliveries } = deliveriesTo(db, receiver.url);
    // A taker that dies before it hears the answer leaves it due after its lease.
    await sql`UPDATE payout_webhooks SET attempts = 1, next_attempt_at = clock_timestamp() + interval '200 ms'`.execute(
      db.sql,
    );
    expect(await deliveries.run()).toBe(0);
    await until(async () => (await deliveries.run()) > 0);
    expect(receiver.received).toHaveLength(1);
    expect(await statuses(db)).toEqual(['delivered']);
  }, 30_000);
});
