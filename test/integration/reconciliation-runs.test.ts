import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { NotificationService } from '../../src/features/notifications/service.ts';
import { Watchdog } from '../../src/features/reconciliation/watchdog.ts';
import { parseBusinessDate } from '../../src/kernel/business-date.ts';
import { systemRandom } from '../../src/platform/clock/system.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { describeDb } from '../support/databases.ts';
import { failure } from '../support/failure.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { reconciliationOver, recordingLogger, twoSided } from '../support/reconciliation.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const book = twoSided('1', '1');

const told = async (db: Db, event: string) =>
  (
    await sql<{ event_key: string; status: string }>`
      SELECT event_key, status FROM notification_logs WHERE event_type = ${event} ORDER BY event_key`.execute(db.sql)
  ).rows;

function watchOver(db: Db, clock: ManualClock, intradayBoundMs?: number) {
  const log = recordingLogger();
  const notices = new NotificationService({ db, clock, random: systemRandom });
  const watched = { name: 'test', zone: 'Asia/Ho_Chi_Minh' };
  return {
    log,
    watchdog: new Watchdog({ db, clock, log, notices, book: watched, dailyBoundMs: 25 * HOUR_MS, intradayBoundMs }),
  };
}

describeDb('runs of a reconciliation', (open) => {
  test('an intraday run stands beside the report of its date, and is shared for a minute', async () => {
    const db = await open();
    const clock = new ManualClock();
    const { service } = reconciliationOver({ db, book, clock, worker: 'host:7' });
    const first = await service.performIntradayReconciliation({ startedBy: 'schedule' });
    expect(first).toMatchObject({ created: true, row: { kind: 'intraday', status: 'balanced', worker: 'host:7' } });
    expect(await service.performIntradayReconciliation()).toEqual({ row: first.row, created: false });
    expect(await failure(service.getForDate(first.row.business_date))).toMatchObject({
      code: 'reconciliation.no_report',
    });
    clock.jump(2 * 60_000);
    expect(await service.performIntradayReconciliation()).toMatchObject({ created: true, row: { attempt: 2 } });
    expect(await service.performDailyReconciliation()).toMatchObject({
      created: true,
      row: { kind: 'daily', attempt: 1, supersedes: null },
    });
    expect(await service.list({ limit: 9, kind: 'daily' })).toHaveLength(1);
    expect(await service.list({ limit: 9, kind: 'intraday' })).toHaveLength(2);
    expect(await service.list({ limit: 9 })).toHaveLength(3);
    await expect(sql`UPDATE reconciliation_logs SET kind = 'daily'`.execute(db.sql)).rejects.toThrow('never change');
  });

  test('a deficit that intraday runs see again and again is told once, until it is over', async () => {
    const db = await open();
    const clock = new ManualClock();
    const [short, good] = [twoSided('1', '5000'), twoSided('1', '1')];
    for (const text of [short, short, short, good, short]) {
      await reconciliationOver({ db, book: text, clock }).service.performIntradayReconciliation();
      clock.jump(5 * 60_000);
    }
    expect(await told(db, 'solvency.deficit')).toMatchObject([{ status: 'sent' }, { status: 'sent' }]);
  });

  test('a report that does not come is an incident once, whoever looks, and over when it comes', async () => {
    const db = await open();
    const clock = new ManualClock(Date.parse('2026-11-22T17:00:00Z')); // the beginning of 2026-11-23
    const watches = [watchOver(db, clock), watchOver(db, clock), watchOver(db, clock)];
    const look = () => Promise.all(watches.map(({ watchdog }) => watchdog.look()));
    await look();
    clock.jump(DAY_MS + 25 * HOUR_MS); // nothing was ever scheduled
    await look();
    expect(await told(db, 'reconciliation.missing')).toEqual([]);
    clock.jump(1);
    await look();
    await look();
    const key = 'reconciliation.missing/test/daily/2026-11-23/log';
    expect(await told(db, 'reconciliation.missing')).toEqual([{ event_key: key, status: 'sent' }]);
    const fatal = watches.flatMap(({ log }) => log.lines).filter(({ level }) => level === 'fatal');
    expect(fatal).toMatchObject([{ code: 'reconciliation.missing', subject: '2026-11-23' }]);
    expect(await watches[0]?.watchdog.missing()).toMatchObject([{ kind: 'daily', subject: '2026-11-23' }]);

    const { service } = reconciliationOver({ db, book, clock });
    await service.performDailyReconciliation({ businessDate: parseBusinessDate('2026-11-23') });
    await look();
    expect(await watches[0]?.watchdog.missing()).toEqual([]);
    expect(await told(db, 'reconciliation.resumed')).toHaveLength(1);
  });

  test('a gap between intraday runs is an incident, and the next gap another', async () => {
    const db = await open();
    const clock = new ManualClock();
    const { watchdog } = watchOver(db, clock, 15 * 60_000);
    const { service } = reconciliationOver({ db, book, clock });
    for (let gap = 0; gap < 2; gap += 1) {
      await service.performIntradayReconciliation();
      await watchdog.look();
      clock.jump(16 * 60_000);
      await watchdog.look();
      await watchdog.look();
    }
    expect(await told(db, 'reconciliation.missing')).toHaveLength(2);
    expect(await told(db, 'reconciliation.resumed')).toHaveLength(1);
  });

  test('a timer looks by itself, and says when it is blind', async () => {
    const db = await open();
    const clock = new ManualClock(Date.parse('2026-11-22T17:00:00Z'));
    const { watchdog } = watchOver(db, clock);
    await watchdog.look();
    clock.jump(3 * DAY_MS);
    watchdog.start();
    const waiting = (async () => {
      while ((await told(db, 'reconciliation.missing')).length === 0) await clock.advance(60_000);
    })();
    await waiting;
    await watchdog.stop();
    expect(await watchdog.missing()).not.toEqual([]);

    const gone: Db = { ...db, transaction: () => Promise.reject(new Error('gone')) };
    clock.jump(DAY_MS);
    const blind = watchOver(gone, clock);
    blind.watchdog.start();
    while (blind.log.lines.length === 0) await clock.advance(60_000);
    await blind.watchdog.stop();
    expect(blind.log.lines).toMatchObject([{ level: 'error', code: 'reconciliation.unwatched' }]);
  });

  describe('clock', () => {
    test.each([3 * DAY_MS, -3 * DAY_MS])(
      'one that is %d ms from the one that all share makes no report',
      async (ms) => {
        const db = await open();
        const clock = new ManualClock();
        const right = clock.now();
        clock.jump(ms);
        const { service } = reconciliationOver({ db, book, clock, sharedTime: () => Promise.resolve(right) });
        for (const act of [
          () => service.performDailyReconciliation(),
          () => service.performIntradayReconciliation(),
          () => service.reconcileDueDates(),
        ])
          expect(await failure(act())).toMatchObject({ kind: 'conflict', code: 'reconciliation.clock_disagrees' });
        expect(await service.list({ limit: 9 })).toEqual([]);
      },
    );

    test('one that is set while a run reads its lines costs the verdict', async () => {
      const db = await open();
      const clock = new ManualClock();
      const right = clock.now();
      const platform: Db = {
        ...db,
        transaction: (mode, work) => {
          clock.jump(3 * DAY_MS);
          return db.transaction(mode, work);
        },
      };
      const { service } = reconciliationOver({ db, platform, book, clock, sharedTime: () => Promise.resolve(right) });
      const error = await failure(service.performDailyReconciliation());
      expect(error).toMatchObject({ kind: 'conflict', code: 'reconciliation.clock_disagrees' });
      expect(await service.list({ limit: 5 })).toMatchObject([{ status: 'in_progress', total_assets_vnd: null }]);
    });

    test('one far behind the newest attempt is refused, and a person may go on', async () => {
      const db = await open();
      const clock = new ManualClock();
      const { service } = reconciliationOver({ db, book, clock });
      await service.performDailyReconciliation();
      clock.jump(-DAY_MS);
      const error = await failure(service.reconcileDueDates());
      expect(error).toMatchObject({ kind: 'conflict', code: 'reconciliation.clock_behind' });
      expect(await service.performDailyReconciliation({ onFinal: 'supersede' })).toMatchObject({ created: true });
    });
  });

  test('what a dead process left open is made up for without waiting for a slot', async () => {
    const db = await open();
    const dies: Db = {
      ...db,
      transaction: (mode, work) => (mode.readOnly === true ? new Promise(() => {}) : db.transaction(mode, work)),
    };
    const { service: dead } = reconciliationOver({
      db: { ...db, exclusive: (_name, work) => work() },
      platform: dies,
      book,
    });
    void dead.performDailyReconciliation({ startedBy: 'schedule' }).catch(() => undefined);
    const { service } = reconciliationOver({ db, book });
    while ((await service.list({ limit: 1 })).length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await service.takeOverSilent()).toEqual([]); // it has just given a sign of life
    await sql`UPDATE reconciliation_beats SET beat_at = beat_at - interval '5 minutes'`.execute(db.sql);
    expect(await service.takeOverSilent()).toMatchObject([{ created: true, row: { attempt: 2, status: 'balanced' } }]);
    const rows = await service.list({ limit: 9 });
    expect(rows.map(({ status }) => status).sort()).toEqual(['balanced', 'error']);
  });
});
