/** Incidents: one for one trouble, told until somebody answers. */
import { readFileSync } from 'node:fs';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import type { Batch } from '../../src/features/archival/run/batch.ts';
import { tellVerdicts } from '../../src/features/archival/verify/raise.ts';
import { Standing } from '../../src/features/rates/operating/standing.ts';
import type { Quote } from '../../src/features/rates/quote.ts';
import type { ProviderStatus } from '../../src/features/rates/service.ts';
import { ALARMS, type AlarmName } from '../../src/kernel/alarms.ts';
import type { Json } from '../../src/kernel/canonical.ts';
import type { Notice } from '../../src/kernel/notice.ts';
import { parsePair, parseRate } from '../../src/kernel/rate.ts';
import { observeTelling, readTelling } from '../../src/main/observe.ts';
import { REFERENCE_CATALOGUE } from '../../src/main/package.ts';
import { standingAlarms } from '../../src/main/rates-alarms.ts';
import type { BreakerKind } from '../../src/platform/breaker/breaker-state.ts';
import type { Tx } from '../../src/platform/db/port.ts';
import { createMetrics } from '../../src/platform/telemetry/metrics.ts';
import { SAMPLES } from '../support/alarms.ts';
import { describePostgres } from '../support/databases.ts';
import { type NotifyWorld, notifyWorld } from '../support/notifications.ts';

const MINUTE = 60_000;
const raise = (
  world: NotifyWorld,
  event: AlarmName,
  payload: { [name: string]: string },
  severity: 'info' | 'warning' | 'critical' = 'critical',
) =>
  world.db.transaction({}, (tx) =>
    world.notifications.raise(tx, {
      key: `${event}/${Math.random()}`,
      event,
      severity,
      message: `${event} happened`,
      payload,
    }),
  );
const deficit = (world: NotifyWorld) => raise(world, 'solvency.deficit', { book: 'main' });

/** Minute by minute, or in longer steps, as the keepers of a worker do. */
async function pass(world: NotifyWorld, minutes: number, step = 1): Promise<void> {
  const deliverer = world.deliverer();
  for (let minute = 0; minute <= minutes; minute += step) {
    if (minute > 0) await world.clock.advance(step * MINUTE);
    await world.incidents.run();
    await deliverer.run();
  }
}
const sentTo = (world: NotifyWorld, address: string) =>
  world.channel.sent.filter((each) => each.address === address).length;
const kinds = async (world: NotifyWorld, id: string) =>
  (await world.incidents.timeline(id as never)).map(({ kind }) => kind);

async function staffed(world: NotifyWorld): Promise<void> {
  await world.endpoint('on-call', 'on-call');
  await world.endpoint('finance', 'finance');
  await world.endpoint('admins', 'admins');
  await world.endpoint('operations', 'operations');
}

describePostgres('incidents', (open) => {
  test('1,000 deficits of one book are one incident, told every quarter of an hour and further up until somebody answers', async () => {
    const world = notifyWorld(await open());
    await staffed(world);
    await world.db.transaction({}, async (tx) => {
      for (let nth = 0; nth < 999; nth += 1) {
        await world.incidents.raise(tx, {
          key: `deficit/${nth}`,
          event: 'solvency.deficit',
          severity: 'critical',
          message: 'deficit',
          payload: { book: 'main' },
        });
      }
    });
    await deficit(world);
    await raise(world, 'solvency.deficit', { book: 'other' });
    const incidents = await world.incidents.list({ limit: 10 });
    expect(incidents.map(({ scope, count }) => `${scope.book} ${count}`).sort()).toEqual(['main 1000', 'other 1']);
    const main = incidents.find(({ scope }) => scope.book === 'main');
    await world.incidents.resolve(
      incidents.find(({ scope }) => scope.book === 'other')?.id as never,
      'test',
      'not about this',
    );
    await pass(world, 4);
    world.channel.sent.length = 0;
    await pass(world, 47);
    // Since minute 4: finance from 5 on, admins from 15 on, everybody again every 15 minutes.
    expect([sentTo(world, 'on-call'), sentTo(world, 'finance'), sentTo(world, 'admins')]).toEqual([4, 4, 3]);
    await world.incidents.acknowledge(main?.id as never, 'key:ann', 'I am looking');
    world.channel.sent.length = 0;
    await pass(world, 200, 20);
    expect(world.channel.sent.filter(({ text }) => text.includes('still open'))).toHaveLength(0);
    expect(await kinds(world, main?.id ?? '')).toEqual([
      'opened',
      'paged',
      'paged',
      'paged',
      'paged',
      'paged',
      'acknowledged',
    ]);
    // Four hours later it lasts still, and is loud again.
    await pass(world, 60, 10);
    expect(world.channel.sent.some(({ address, text }) => address === 'on-call' && text.includes('still open'))).toBe(
      true,
    );
    expect(await kinds(world, main?.id ?? '')).toContain('acknowledgement_expired');
    const { rows } =
      await sql`SELECT count(*)::int AS n FROM audit_outbox o JOIN audit_streams s ON s.id = o.stream_id WHERE s.name = 'incident_events'`.execute(
        world.db.sql,
      );
    expect(rows).toEqual([{ n: expect.any(Number) }]);
  });

  test('a hundred at once, from several connections, are one', async () => {
    const world = notifyWorld(await open({ postgres: { poolSize: 10 } }));
    await world.endpoint('on-call', 'on-call');
    await Promise.all(Array.from({ length: 100 }, () => deficit(world)));
    const incidents = await world.incidents.list({ limit: 10 });
    expect(incidents).toMatchObject([{ count: 100n, pages: 1 }]);
    await Promise.all([world.incidents.run(), world.incidents.run(), world.deliverer().run()]);
    expect(sentTo(world, 'on-call')).toBe(1);
  });

  test('a deficit mutes its children, which are told when it is over; what comes back soon is the same incident', async () => {
    const world = notifyWorld(await open());
    await staffed(world);
    await raise(world, 'rates.contested', { pair: 'USDT/VND' }, 'warning');
    await deficit(world);
    await raise(world, 'rates.moved', { pair: 'USDT/VND' }, 'warning');
    await pass(world, 3);
    expect(sentTo(world, 'operations')).toBe(0);
    const [parent] = await world.incidents.list({ limit: 5, status: 'live' });
    const live = await world.incidents.list({ limit: 5, status: 'live' });
    const root = live.find(({ event_type }) => event_type === 'solvency.deficit');
    expect(parent).toBeDefined();
    expect(live.filter(({ inhibited_by }) => inhibited_by === root?.id)).toHaveLength(2);
    await world.db.transaction({}, (tx) =>
      world.incidents.end(tx, { event: 'solvency.deficit', payload: { book: 'main' }, reason: 'the hole is filled' }),
    );
    await pass(world, 1);
    expect(sentTo(world, 'operations')).toBe(2);
    expect(
      world.channel.sent.filter(({ address, text }) => address === 'on-call' && text.includes('resolved: ')),
    ).toHaveLength(1);
    await deficit(world);
    expect(
      (await world.incidents.list({ limit: 5 })).filter(({ event_type }) => event_type === 'solvency.deficit'),
    ).toMatchObject([{ id: root?.id, status: 'open', count: 2n }]);
    expect(await kinds(world, root?.id ?? '')).toEqual(['opened', 'paged', 'resolved', 'reopened', 'paged']);
    // A good word ends it, of an earlier instant does not.
    await world.db.transaction({}, async (tx) => {
      await world.incidents.spokeOf(tx, 'solvency.deficit', { book: 'main' }, new Date('2026-11-23T00:00:00Z'));
      await world.incidents.end(tx, {
        event: 'solvency.deficit',
        payload: { book: 'main' },
        reason: 'caught up',
        asOf: new Date('2026-11-22T00:00:00Z'),
      });
    });
    expect((await world.incidents.get(root?.id as never)).status).toBe('open');
  });

  test('what is alike is told together; what settles ends it; what is not seen again has ended', async () => {
    const world = notifyWorld(await open());
    await staffed(world);
    for (const pair of ['USDT/VND', 'USDC/VND', 'USD/VND']) await raise(world, 'rates.contested', { pair }, 'warning');
    await raise(world, 'rates.moved', { pair: 'USD/VND' }, 'warning');
    await pass(world, 2);
    const told = world.channel.sent.filter(({ event }) => event === 'rates.contested');
    expect(told).toHaveLength(1);
    expect(told[0]?.text).toContain('3 incidents: ');
    await raise(world, 'rates.settled', { pair: 'USDC/VND' }, 'info');
    await pass(world, 63, 7);
    const live = await world.incidents.list({ limit: 9, status: 'live' });
    expect(live.map(({ event_type, scope }) => `${event_type} ${scope.pair}`).sort()).toEqual([
      'rates.contested USD/VND',
      'rates.contested USDT/VND',
    ]);
  });

  test('silences hold back and end; a deficit cannot be silenced', async () => {
    const world = notifyWorld(await open());
    await staffed(world);
    await expect(
      world.silences.create({ event: 'solvency.*', scope: {}, minutes: 60, reason: 'no' }, 'ann'),
    ).rejects.toMatchObject({ code: 'incidents.never_silent' });
    const silence = await world.silences.create(
      { event: 'rates.*', scope: { pair: 'USDT/VND' }, minutes: 600, reason: 'planned' },
      'ann',
    );
    await world.silences.create({ event: '*', scope: {}, minutes: 5, reason: 'everything that may be' }, 'ann');
    await raise(world, 'rates.moved', { pair: 'USDT/VND' }, 'warning');
    await deficit(world);
    await world.incidents.resolve(
      (await world.incidents.list({ limit: 5, status: 'open' })).find(
        ({ event_type }) => event_type === 'solvency.deficit',
      )?.id as never,
      'ann',
      'x',
    );
    expect(sentTo(world, 'on-call') + (await world.deliverer().run())).toBeGreaterThan(0);
    await raise(world, 'rates.contested', { pair: 'USDT/VND' }, 'warning');
    await pass(world, 10);
    expect(sentTo(world, 'operations')).toBe(0);
    await world.silences.end(silence.id, 'ann');
    await pass(world, 1);
    expect(sentTo(world, 'operations')).toBe(2);
    await expect(world.silences.end(silence.id, 'ann')).rejects.toMatchObject({ code: 'incidents.silence_over' });
  });

  test('where nobody can be told, the next step is told at once, and the log says so', async () => {
    const world = notifyWorld(await open());
    await world.endpoint('admins', 'admins');
    await deficit(world);
    await pass(world, 0);
    expect(sentTo(world, 'admins')).toBe(1);
    await raise(world, 'audit.refused', {}, 'warning');
    await pass(world, 0);
    expect(world.log.lines).toContainEqual(expect.objectContaining({ level: 'fatal', code: 'incidents.unheard' }));
    await expect(
      world.incidents.acknowledge('01939e4e-7cb2-7c00-8000-000000000009' as never, 'x'),
    ).rejects.toMatchObject({ code: 'incidents.unknown' });
  });

  test('what the platform raises is what the reference catalogue knows, and each is one incident until it ends', async () => {
    const text = readFileSync(REFERENCE_CATALOGUE, 'utf8');
    const world = notifyWorld(await open({ postgres: { poolSize: 6 } }), { catalogue: text });
    expect(world.catalogue.events.map(([event]) => event)).toEqual([...ALARMS]);
    await world.endpoint('operations', 'operations', { minSeverity: 'info' });
    const raiseSample = (event: AlarmName, nth: number) =>
      world.db.transaction({}, (tx) => world.notifications.raise(tx, { ...SAMPLES[event], key: `${event}/${nth}` }));
    const live = async () =>
      new Map((await world.incidents.list({ limit: 100, status: 'live' })).map((each) => [each.event_type, each]));
    for (const [event, { severity, scope }] of world.catalogue.events) {
      expect(SAMPLES[event].event).toBe(event);
      // A field that the payload does not have would make one incident of all.
      for (const [field, value] of Object.entries(world.incidents.scopeOf(event, SAMPLES[event].payload))) {
        expect(value, `${event}: ${field} of ${scope.join()}`).not.toBeNull();
      }
      if ((severity ?? SAMPLES[event].severity) === 'info') continue;
      await Promise.all([1, 2, 3].map((nth) => raiseSample(event, nth)));
      expect((await live()).get(event), event).toMatchObject({ count: 3n, status: 'open' });
    }
    for (const [event, { severity, resolves }] of world.catalogue.events) {
      if ((severity ?? SAMPLES[event].severity) !== 'info') continue;
      for (const ended of resolves) if (!(await live()).has(ended)) await raiseSample(ended, 4);
      await raiseSample(event, 1);
      for (const ended of resolves) expect((await live()).has(ended), `${event} ends ${ended}`).toBe(false);
      expect((await live()).has(event)).toBe(false);
    }
    // What is only information and ends nothing is told once.
    await raiseSample('archive.restore_ready', 1);
    await world.deliverer().run();
    expect(world.channel.sent.filter(({ event }) => event === 'archive.restore_ready')).toHaveLength(1);
  });

  test('what lasts is one incident, whatever the number of processes and of looks, and ends with the trouble', async () => {
    const world = notifyWorld(await open(), { catalogue: readFileSync(REFERENCE_CATALOGUE, 'utf8') });
    const { clock, incidents } = world;
    let [ageMs, kind]: [number, BreakerKind] = [0, 'closed'];
    const pair = parsePair('USDT/VND');
    const rates = {
      pairs: [pair],
      knownQuote: () => ({ mid: parseRate(pair, '26000'), ageMs, level: 'stale' }) as Quote,
      providers: () => [{ name: 'binance', enabled: true, breaker: { kind } }] as unknown as readonly ProviderStatus[],
    };
    const alarms = standingAlarms({ ...world, clock, log: world.log });
    const process = () => new Standing({ clock, rates, alarms, staleMs: 1_800_000 });
    const all = [process(), process()];
    const look = async () => {
      for (const each of all) await each.look();
    };
    const live = async () =>
      (await incidents.list({ limit: 9, status: 'live' })).map((each) => `${each.event_type} ${each.count}`).sort();
    await look();
    expect(await live()).toEqual([]);
    [ageMs, kind] = [1_800_000, 'open'];
    for (let nth = 0; nth < 5; nth += 1) await look();
    expect(await live()).toEqual(['breaker.open 2', 'rates.stale 2']);
    await clock.advance(600_000);
    kind = 'half-open'; // nobody knows yet
    await look();
    expect(await live()).toEqual(['breaker.open 2', 'rates.stale 4']);
    // The process that is gone does not see the end: the one after it does.
    [ageMs, kind] = [10, 'closed'];
    all.splice(0, 2, process());
    await look();
    expect(await live()).toEqual([]);
    expect((await incidents.list({ limit: 9 })).map(({ resolution }) => resolution).sort()).toEqual([
      'USDT/VND is no longer stale: 26000',
      'binance answers again',
    ]);
  });

  test('damage of an archive is one incident a table, until the whole of it is sound', async () => {
    const world = notifyWorld(await open(), { catalogue: readFileSync(REFERENCE_CATALOGUE, 'utf8') });
    const notices = {
      raise: (tx: Tx, notice: Notice) => world.notifications.raise(tx, notice),
      isOpen: (event: AlarmName, payload: Json) => world.incidents.isLive(event, payload),
    };
    const telling = { db: world.db, now: () => world.clock.now(), notices };
    const look = (whole: boolean, ...damages: readonly string[]) =>
      tellVerdicts(
        telling,
        [
          {
            batch: { table: 'public.t' } as Batch,
            findings: damages.map((message) => ({ kind: 'object' as const, where: 'x', message })),
          },
        ],
        whole,
      );
    await look(true, 'the object a is not in the store');
    await look(true, 'the object b is not in the store');
    await look(false);
    expect(await world.incidents.list({ limit: 5, status: 'live' })).toMatchObject([
      { event_type: 'archive.verify_failed', scope: { table: 'public.t' }, count: 2n },
    ]);
    await look(true);
    await look(true);
    expect(await world.incidents.list({ limit: 5, status: 'live' })).toEqual([]);
  });

  test('is measured: what lasts, how far it went, what waits and what came of each try', async () => {
    const metrics = createMetrics();
    const { onPaged, onTried } = observeTelling(metrics);
    const world = notifyWorld(await open(), { onPaged });
    await staffed(world);
    const deliverer = world.deliverer({ onTried });
    await deficit(world);
    await raise(world, 'rates.moved', { pair: 'USDT/VND' }, 'warning');
    const lines = async () => {
      await readTelling(metrics, { ...world, notificationLog: world.history });
      return (await metrics.page()).split('\n').filter((line) => /^plumbline_(incident|notification)/.test(line));
    };
    await world.clock.advance(MINUTE);
    expect(await lines()).toEqual(
      expect.arrayContaining([
        'plumbline_incidents_live{severity="critical",status="open"} 1',
        'plumbline_incidents_escalated{severity="critical"} 0',
        'plumbline_incident_last_opened_age_seconds 60',
        // The page, and two lines of the log that nobody has written.
        'plumbline_notifications_due 3',
        'plumbline_notifications_oldest_due_age_seconds 60',
      ]),
    );
    world.channel.behave = (_, nth) => (nth === 1 ? { kind: 'refused', error: 'no such chat' } : { kind: 'delivered' });
    await deliverer.run();
    await world.clock.advance(5 * MINUTE);
    await world.incidents.run();
    await deliverer.run();
    expect(await lines()).toEqual(
      expect.arrayContaining([
        'plumbline_incidents_live{severity="critical",status="open"} 1',
        'plumbline_incidents_escalated{severity="critical"} 1',
        'plumbline_incident_pages_total{severity="critical",step="1"} 1',
        'plumbline_incident_pages_total{severity="critical",step="2"} 1',
        'plumbline_notifications_due 0',
        'plumbline_notifications_oldest_due_age_seconds 0',
        'plumbline_notifications_dead 1',
        'plumbline_notification_attempts_total{channel="telegram",outcome="refused"} 1',
      ]),
    );
  });
});
