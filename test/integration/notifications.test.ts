/** The outbox: what is queued is sent, once where nothing fails, and whatever fails is written down. */
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import type { Outcome } from '../../src/features/notifications/channels/channel.ts';
import { GIVE_UP_ENDPOINT_MS } from '../../src/features/notifications/preferences/rules.ts';
import { SCHEDULES } from '../../src/features/notifications/rules.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { describeEachPostgres, describePostgres } from '../support/databases.ts';
import { type NotifyWorld, notifyWorld } from '../support/notifications.ts';

const HOUR = 3_600_000;
const say = (world: NotifyWorld, key: string, more: object = {}) =>
  world.db.transaction({}, (tx) =>
    world.outbox.notify(tx, {
      ...{
        key,
        event: 'payment.completed',
        severity: 'info',
        message: 'Paid',
        data: { amount: '1000.00' },
        teams: ['ops'],
        ...more,
      },
    }),
  );
const logs = async (db: Db) =>
  (
    await sql<{
      status: string;
      attempts: number;
      retry_count: number;
      next_retry_at: Date | null;
      error_message: string | null;
      suppressed: string | null;
    }>`
      SELECT status, attempts, retry_count, next_retry_at, error_message, suppressed FROM notification_logs WHERE channel <> 'log' ORDER BY created_at, id`.execute(
      db.sql,
    )
  ).rows;
const attempts = async (db: Db) =>
  (
    await sql<{ attempt: number; outcome: string; error: string | null; worker: string }>`
    SELECT attempt, outcome, error, worker FROM notification_attempts ORDER BY started_at, attempt, ordinal`.execute(
      db.sql,
    )
  ).rows;

describeEachPostgres('the outbox', (open) => {
  test('is looked through from where the last look ended, and from its beginning before it is called empty', async () => {
    const world = notifyWorld(await open());
    await world.endpoint('ops', '-1009876543210');
    const dueAt = (key: string, second: number) =>
      sql`UPDATE notification_logs SET next_retry_at = ${new Date(Date.UTC(2026, 0, 1) + second * 1_000)} WHERE event_key LIKE ${`${key}/%`}`.execute(
        world.db.sql,
      );
    for (let n = 10; n < 60; n += 1) {
      await say(world, `n${n}`, { message: `message ${n}` });
      await dueAt(`n${n}`, n);
    }
    world.channel.behave = async (_message, nth) => {
      if (nth === 3) {
        await say(world, 'early', { message: 'message early' }); // and due before all of them
        await dueAt('early', 0);
      }
      return { kind: 'delivered' };
    };
    expect(await world.deliverer({ sizes: { batch: 2 } }).run()).toBe(51);
    const said = world.channel.sent.map(({ text }) => /^message (\w+)/.exec(text)?.[1]);
    const early = said.indexOf('early');
    expect(early).toBeGreaterThan(3);
    expect(early).toBeLessThan(40); // it need not wait for all that are due later
    const inOrder = said.filter((_, at) => at !== early);
    expect(inOrder.toSorted()).toEqual(Array.from({ length: 50 }, (_, n) => String(n + 10)));
  });

  test('is written with the fact and sent once; the same key says nothing twice; the log knows no address', async () => {
    const world = notifyWorld(await open());
    await world.endpoint('ops', '-1009876543210');
    const rolledBack = world.db.transaction({}, async (tx) => {
      await world.outbox.notify(tx, {
        key: 'a',
        event: 'payment.completed',
        severity: 'info',
        message: 'x',
        data: null,
        teams: ['ops'],
      });
      throw new Error('the fact did not happen');
    });
    await expect(rolledBack).rejects.toThrow('did not happen');
    expect(await logs(world.db)).toEqual([]);
    expect(await say(world, 'a')).toMatchObject({
      queued: [{ channel: 'telegram', status: 'pending', recipient: 'chat ***210' }],
      known: 0,
    });
    expect(await say(world, 'a')).toMatchObject({ queued: [], known: 1 });
    expect(await world.deliverer().run()).toBe(1);
    expect(await world.deliverer().run()).toBe(0);
    expect(world.channel.sent).toMatchObject([
      { address: '-1009876543210', subject: '[Information] payment.completed' },
    ]);
    expect(world.channel.sent[0]?.text).toContain('Paid\n\nEvent: payment.completed');
    expect(await logs(world.db)).toMatchObject([
      { status: 'delivered', attempts: 1, retry_count: 0, next_retry_at: null },
    ]);
    expect(await attempts(world.db)).toMatchObject([{ attempt: 1, outcome: 'delivered', worker: 'test:1' }]);
    const { rows } = await sql<{ all: string }>`
      SELECT (SELECT json_agg(l)::text FROM notification_logs l) || (SELECT json_agg(a)::text FROM notification_attempts a)
        || (SELECT json_agg(r)::text FROM notification_recipients r) || (SELECT json_agg(o)::text FROM audit_outbox o) AS all`.execute(
      world.db.sql,
    );
    expect(rows[0]?.all).not.toContain('9876543210');
  });

  test('attempts are written once, states go forward, what was said stays', async () => {
    const world = notifyWorld(await open());
    await world.endpoint('ops', '-100123');
    await say(world, 'a');
    await world.deliverer().run();
    const refused = [
      `UPDATE notification_attempts SET outcome = 'failed'`,
      `DELETE FROM notification_attempts`,
      `TRUNCATE notification_attempts`,
      `UPDATE notification_logs SET status = 'pending', next_retry_at = now()`,
      `UPDATE notification_logs SET recipient = 'somebody'`,
      `UPDATE notification_logs SET attempts = 0`,
      `UPDATE notification_logs SET event_key = 'b'`,
    ];
    for (const statement of refused)
      await expect(sql.raw(statement).execute(world.db.sql), statement).rejects.toThrow(/refused/);
    const { rows } =
      await sql`SELECT record_id, op FROM audit_outbox o JOIN audit_streams s ON s.id = o.stream_id WHERE s.name = 'notification_attempts'`.execute(
        world.db.sql,
      );
    expect(rows).toMatchObject([{ op: 'insert' }]);
  });

  test('retries grow over 75.6 hours in ten tries, obey Retry-After, and end as a dead letter with an owner and an incident', async () => {
    const world = notifyWorld(await open());
    await world.endpoint('ops', '-100123');
    await world.endpoint('operations', '-100999', { minSeverity: 'critical' });
    const failing: Outcome = { kind: 'failed', blame: 'recipient', error: 'no answer' };
    world.channel.behave = (_message, nth) =>
      nth === 2 ? { kind: 'throttled', error: 'slow down', waitMs: 2 * HOUR } : failing;
    await say(world, 'a');
    const started = world.clock.now();
    const waits: number[] = [];
    for (let tries = 1; tries <= 10; tries += 1) {
      expect(await world.deliverer().run()).toBe(1);
      const [row] = await logs(world.db);
      if (tries === 10) break;
      expect(row).toMatchObject({ status: 'retrying', attempts: tries, retry_count: tries - 1 });
      const wait = (row?.next_retry_at?.getTime() ?? 0) - world.clock.now();
      waits.push(wait);
      await world.clock.advance(wait);
    }
    const [dead] = await logs(world.db);
    expect(dead).toMatchObject({ status: 'dead', attempts: 10, error_message: 'no answer' });
    for (const [at, wait] of waits.entries()) {
      const base = at === 1 ? 2 * HOUR : (SCHEDULES.message[at] ?? 0);
      expect(wait).toBeGreaterThanOrEqual(base * (at === 1 ? 1 : 0.8) - 1);
      expect(wait).toBeLessThanOrEqual(base * 1.2 + 1);
    }
    expect(SCHEDULES.webhook.reduce((sum, each) => sum + each, 0) / HOUR).toBeCloseTo(75.6, 1);
    expect(world.clock.now() - started).toBeGreaterThan(60 * HOUR);
    const [incident] = await world.incidents.list({ limit: 5 });
    expect(incident).toMatchObject({ event_type: 'notify.dead_letter', status: 'open', count: 1n });
    // Redriven by somebody, it begins anew and is theirs.
    const [{ id } = { id: '' }] = await world.history.list({ limit: 1, status: 'dead' });
    world.channel.behave = () => ({ kind: 'delivered' });
    expect(await world.history.redrive(id as never, 'key:ann')).toMatchObject({ status: 'retrying', owner: 'key:ann' });
    await expect(world.history.redrive(id as never, 'key:ann')).rejects.toMatchObject({
      code: 'notifications.not_dead',
    });
    await world.deliverer().run();
    expect((await logs(world.db))[0]).toMatchObject({ status: 'delivered', attempts: 11 });
    expect(
      new Set(world.channel.sent.filter(({ address }) => address === '-100123').map(({ messageId }) => messageId)).size,
    ).toBe(1);
  });

  test('410 disables at once and tells; what comes meanwhile is recorded, and recovered since then', async () => {
    const world = notifyWorld(await open());
    const id = await world.endpoint('ops', '-100123');
    world.channel.behave = () => ({ kind: 'gone', error: 'the receiver answered with status 410', code: 410 });
    const since = new Date(world.clock.now());
    await say(world, 'a');
    await world.deliverer().run();
    expect(await world.endpoints.get(id as never)).toMatchObject({
      status: 'disabled',
      disabled_reason: expect.stringContaining('nothing more'),
    });
    expect((await world.incidents.list({ limit: 5 })).map(({ event_type }) => event_type).sort()).toEqual([
      'notify.dead_letter',
      'notify.endpoint_disabled',
    ]);
    expect(await say(world, 'b')).toMatchObject({
      queued: [{ status: 'suppressed', suppressed: expect.stringContaining('endpoint disabled') }],
    });
    world.channel.behave = () => ({ kind: 'delivered' });
    await world.endpoints.setEnabled(id as never, null, 'key:ann');
    expect(await world.history.recover(id as never, since, 'key:ann')).toBe(2);
    await world.deliverer().run();
    expect((await logs(world.db)).map(({ status }) => status)).toEqual(['delivered', 'delivered']);
  });

  test('an endpoint that fails for five days is given up', async () => {
    const world = notifyWorld(await open());
    const id = await world.endpoint('ops', '-100123');
    world.channel.behave = () => ({ kind: 'failed', blame: 'recipient', error: 'no answer' });
    await say(world, 'a');
    await world.deliverer().run();
    await world.clock.advance(GIVE_UP_ENDPOINT_MS + HOUR);
    await world.deliverer().run();
    expect(await world.endpoints.get(id as never)).toMatchObject({
      status: 'disabled',
      disabled_reason: 'it has failed for five days',
    });
    expect((await logs(world.db)).map(({ status }) => status)).toEqual(['retrying']);
    await world.clock.advance(24 * HOUR);
    await world.deliverer().run();
    expect(await logs(world.db)).toMatchObject([{ status: 'suppressed', suppressed: 'endpoint disabled' }]);
  });

  test('quiet hours wait, digests gather, what is critical does neither', async () => {
    const world = notifyWorld(await open()); // 09:00 in Ho Chi Minh City
    await world.endpoint('ops', '-1001', { quiet: { from: 8 * 60, until: 10 * 60 } });
    await world.endpoint('ops', '-1002', { digest: 'daily', digestAt: 18 * 60 });
    await say(world, 'a');
    await say(world, 'b', { event: 'payment.failed' });
    await say(world, 'c', { severity: 'critical' });
    await world.deliverer().run();
    expect(world.channel.sent.map(({ address, severity }) => `${address} ${severity}`).sort()).toEqual([
      '-1001 critical',
      '-1002 critical',
    ]);
    await world.clock.advance(HOUR);
    await world.deliverer().run();
    expect(world.channel.sent.slice(2).map(({ address }) => address)).toEqual(['-1001', '-1001']);
    await world.clock.advance(8 * HOUR);
    await world.deliverer().run();
    const digest = world.channel.sent.at(-1);
    expect(digest).toMatchObject({ address: '-1002', subject: 'Digest: 2 notifications' });
    expect(digest?.text).toContain('payment.failed');
    expect(world.channel.sent).toHaveLength(5);
  });

  test('merchants, teams and addresses; patterns and severities; several endpoints a channel', async () => {
    const world = notifyWorld(await open());
    const merchantId = '01939e4e-7cb2-7c00-8000-000000000001';
    await world.endpoint('x', '-1001', { owner: { merchantId }, events: ['payment.*'] });
    await world.endpoint('x', '-1002', { owner: { merchantId }, events: ['payout.sent'] });
    await world.endpoint('x', '-1003', { owner: { merchantId }, minSeverity: 'warning' });
    await world.endpoint('x', '-1004', { owner: { merchantId: '01939e4e-7cb2-7c00-8000-000000000002' } });
    await world.endpoint('ops', '-1001', { events: ['*'] }); // the same chat twice is told once
    const said = await world.sender.send(
      {
        key: 'k',
        event: 'payment.completed',
        severity: 'info',
        message: 'm',
        data: null,
        merchantId,
        paymentId: null,
        teams: ['ops'],
        recipients: [{ channel: 'telegram', address: '-1009', locale: 'vi' }],
      },
      'test',
    );
    expect(said.queued.map(({ recipient }) => recipient)).toEqual(['chat ***001', 'chat ***009']);
    expect(said.known).toBe(1);
    await expect(world.endpoint('ops', '-1001')).rejects.toMatchObject({ code: 'notifications.endpoint_exists' });
    await expect(world.endpoint('ops', 'x', { channel: 'sms' })).rejects.toMatchObject({
      code: 'notifications.channel_off',
    });
  });

  test('an endpoint that is deleted takes its address with it', async () => {
    const world = notifyWorld(await open());
    const id = await world.endpoint('ops', '-1001');
    await say(world, 'a');
    expect(await world.endpoints.reveal((await world.endpoints.get(id as never)).recipient_hash, id, 'ann')).toBe(
      '-1001',
    );
    const { recipient_hash } = await world.endpoints.get(id as never);
    await world.endpoints.delete(id as never, 'ann');
    await world.deliverer().run();
    expect(world.channel.sent).toEqual([]);
    expect((await logs(world.db)).map(({ status }) => status)).toEqual(['suppressed']);
    expect(await world.endpoints.reveal(recipient_hash, id, 'ann')).toBeNull();
    const { rows } = await sql<{ op: string; actor: string }>`
      SELECT op, actor FROM audit_outbox o JOIN audit_streams s ON s.id = o.stream_id WHERE s.name = 'notification_operations'`.execute(
      world.db.sql,
    );
    expect(rows).toEqual([
      { op: 'recipient_revealed', actor: 'ann' },
      { op: 'recipient_revealed', actor: 'ann' },
    ]);
  });

  test('a template of one own says it; one that fails is no silence', async () => {
    const world = notifyWorld(await open());
    await world.endpoint('ops', '-1001');
    await sql`INSERT INTO notification_templates (event_type, locale, channel, version, subject, body, created_by, created_at)
      VALUES ('payment.completed', 'en', '*', 1, 'Paid {{ data.amount }}', 'Thanks <b>', 'x', now()),
             ('payment.failed', 'en', '*', 1, 'Lost {{ data.nothing }}', 'x', 'x', now())`.execute(world.db.sql);
    await say(world, 'a');
    await say(world, 'b', { event: 'payment.failed' });
    await world.deliverer().run();
    expect(world.channel.sent.map(({ subject }) => subject).sort()).toEqual([
      'Paid 1000.00',
      '[Information] payment.failed',
    ]);
    expect(world.log.lines).toContainEqual(
      expect.objectContaining({ level: 'error', code: 'notifications.template_invalid' }),
    );
  });

  test('an alarm whose process dies before its line is told by another one', async () => {
    const world = notifyWorld(await open());
    const notice = {
      key: 'k',
      event: 'audit.refused',
      severity: 'critical',
      message: 'somebody changed a leaf',
      payload: {},
    } as const;
    await world.db.transaction({}, (tx) => world.notifications.raise(tx, notice));
    await world.deliverer().run();
    expect(world.log.lines.filter(({ code }) => code === 'audit.refused')).toEqual([]);
    await world.clock.advance(60_000);
    await world.deliverer().run();
    expect(world.log.lines).toContainEqual(
      expect.objectContaining({ level: 'fatal', message: 'somebody changed a leaf', late: true }),
    );
    await world.notifications.told(notice);
    const { rows } = await sql`SELECT status FROM notification_logs WHERE channel = 'log'`.execute(world.db.sql);
    expect(rows).toEqual([{ status: 'delivered' }]);
  });
});

describePostgres('several workers', (open) => {
  test('share what is due: each notification is sent by one of them', async () => {
    const world = notifyWorld(await open());
    for (let at = 0; at < 5; at += 1) await world.endpoint('ops', `-100${at}`);
    for (let key = 0; key < 40; key += 1) await say(world, `k${key}`);
    const workers = ['a', 'b', 'c', 'd'].map((worker) =>
      world.deliverer({ worker, sizes: { batch: 7, parallel: 3, leaseMs: 60_000 } }),
    );
    const done = await Promise.all(workers.map((worker) => worker.run()));
    expect(done.reduce((sum, each) => sum + each, 0)).toBe(200);
    expect(new Set(world.channel.sent.map(({ messageId }) => messageId)).size).toBe(200);
    expect(world.channel.sent).toHaveLength(200);
  });

  test('what a dead worker had is taken over when its lease ends, under the same id, and both tries are in the log', async () => {
    const world = notifyWorld(await open());
    await world.endpoint('ops', '-1001');
    await say(world, 'a');
    let release = (): void => undefined;
    world.channel.behave = (_message, nth) =>
      nth === 1
        ? new Promise<Outcome>((resolve) => {
            release = () => resolve({ kind: 'delivered' });
          })
        : { kind: 'delivered' };
    const stuck = world.deliverer({ worker: 'stuck:1' }).run();
    while (world.channel.sent.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await world.deliverer({ worker: 'other:2' }).run()).toBe(0);
    await world.clock.advance(180_001);
    expect(await world.deliverer({ worker: 'other:2' }).run()).toBe(1);
    release(); // it wakes up, and changes nothing any more
    await stuck;
    expect(await logs(world.db)).toMatchObject([{ status: 'delivered', attempts: 2 }]);
    expect(await attempts(world.db)).toMatchObject([
      { attempt: 1, outcome: 'unknown', worker: 'stuck:1' },
      { attempt: 2, outcome: 'delivered', worker: 'other:2' },
    ]);
    expect(new Set(world.channel.sent.map(({ messageId }) => messageId)).size).toBe(1);
  });

  test('a worker that is stopped gives back what it has not begun', async () => {
    const world = notifyWorld(await open());
    for (let at = 0; at < 6; at += 1) await world.endpoint('ops', `-100${at}`);
    await say(world, 'a');
    const stopping = new AbortController();
    world.channel.behave = () => {
      stopping.abort();
      return { kind: 'delivered' };
    };
    await world.deliverer({ sizes: { batch: 10, parallel: 1, leaseMs: 60_000 } }).run(stopping.signal);
    expect(world.channel.sent).toHaveLength(1);
    expect((await logs(world.db)).filter(({ status }) => status === 'pending')).toHaveLength(5);
    await world.deliverer().run();
    expect(world.channel.sent).toHaveLength(6);
  });
});
