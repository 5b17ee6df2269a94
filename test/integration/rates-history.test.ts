/** What was published is kept, computed again, and known to the next process. */
import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { replay } from '../../src/features/rates/history/evidence.ts';
import { pair, parseRate } from '../../src/kernel/rate.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { PROVIDERS } from '../../src/sandbox/providers/faults.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { describeOldest } from '../support/databases.ts';

const USDT_VND = pair('USDT', 'VND');
const HOUR = 3_600_000;

describeOldest('published rates', (open) => {
  const apps: TestApp[] = [];
  const start = async (db: Db, kill?: 'providers are dead'): Promise<TestApp> => {
    const app = await startApp({ db, warm: kill === undefined });
    apps.push(app);
    if (kill !== undefined) for (const name of PROVIDERS) app.providers.setFault(name, { kind: 'dead' });
    return app;
  };
  const end = async (app: TestApp): Promise<void> => {
    apps.splice(apps.indexOf(app), 1);
    await app.close();
  };
  const using = (work: (db: Db) => Promise<void>) => async (): Promise<void> => {
    try {
      await work(await open());
    } finally {
      for (const app of [...apps]) await end(app);
    }
  };
  const written = async (app: TestApp): Promise<void> => {
    const { body } = await app.request('/v1/rates/USDT/VND');
    const { quote_id } = body as { quote_id: string };
    while ((await app.request(`/v1/rates/quotes/${quote_id}`)).status !== 200) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };

  it(
    'are kept with their evidence, which computes to the same bytes',
    using(async (db) => {
      const app = await start(db);
      await written(app);
      const { body } = await app.request('/v1/rates/USDT/VND/quotes?limit=1');
      const { data, next } = body as { data: { quote_id: string; mid: string; policy_hash: string }[]; next: string };
      expect(data[0]).toMatchObject({ pair: 'USDT/VND', mid: '25934.21778743', agreement: 'corroborated' });
      expect(next).toBeTypeOf('string');
      const older = await app.request(`/v1/rates/USDT/VND/quotes?limit=100&cursor=${next}`);
      const all = [...data, ...(older.body as { data: typeof data }).data];
      expect(new Set(all.map((each) => each.quote_id)).size).toBe(all.length);
      for (const { quote_id, policy_hash } of all) {
        const stored = (await app.request(`/v1/rates/quotes/${quote_id}`)).body as { evidence: string; policy: string };
        expect(replay(stored.evidence, stored.policy)).toEqual({ same: true, document: stored.evidence });
        expect(JSON.parse(stored.evidence)).toMatchObject({ quote_id, policy: policy_hash, pair: 'USDT/VND' });
        const touched = stored.evidence.replace(/"uncertainty_bps":\d+/, '"uncertainty_bps":99');
        expect(replay(touched, stored.policy).same).toBe(false);
      }
    }),
  );

  it(
    'are in buckets, as JSON and as CSV',
    using(async (db) => {
      const app = await start(db);
      await written(app);
      const { body } = await app.request('/v1/rates/USDT/VND/history?bucket=1d&zone=Asia/Ho_Chi_Minh');
      const { data } = body as {
        data: { from: string; open: string; high: string; low: string; close: string; quotes: number }[];
      };
      expect(data).toHaveLength(1);
      expect(data[0]).toMatchObject({ close: '25934.21778743', quotes: expect.any(Number), contested: false });
      expect(data[0]?.from).toMatch(/T17:00:00.000Z$/);
      const table = await app.request('/v1/rates/USDT/VND/history?bucket=1h&format=csv');
      expect(table.headers.get('content-type')).toContain('text/csv');
      const [head, row, ...rest] = table.text.split('\r\n');
      expect(head).toBe('from,open,high,low,close,quotes,widest_half_spread_bps,contested');
      expect(row).toMatch(/^\d{4}-.*,25934\.21778743,\d+,10,false$/);
      expect(rest.length).toBeLessThanOrEqual(2);
      const quotes = await app.request('/v1/rates/USDT/VND/quotes?format=csv');
      expect(quotes.text.split('\r\n')[0]).toBe(
        'quote_id,pair,bid,mid,ask,half_spread_bps,agreement,basis,sources,as_of,published_at,policy_hash',
      );
    }),
  );

  it(
    'of a time that is none, or too long for its buckets, are refused',
    using(async (db) => {
      const app = await start(db);
      const refused = async (query: string) => (await app.request(`/v1/rates/USDT/VND/${query}`)).body;
      expect(await refused('history?from=2026-11-02T00:00:00Z&to=2026-11-01T00:00:00Z')).toMatchObject({
        code: 'rates.range_empty',
      });
      expect(await refused('history?bucket=1m&from=2025-11-01T00:00:00Z&to=2026-11-01T00:00:00Z')).toMatchObject({
        code: 'rates.too_many_buckets',
        detail: expect.stringContaining('5000'),
      });
      expect(await refused('history?bucket=1d&zone=Asia/Saigonn')).toMatchObject({ code: 'zone.unknown' });
      expect(await refused('history?bucket=2h')).toMatchObject({ code: 'request.invalid' });
      expect(await refused('quotes?cursor=bm90IGEgY3Vyc29y')).toMatchObject({ code: 'page.cursor_malformed' });
      expect((await app.request('/v1/rates/quotes/01930a3e-1111-7222-8333-444455556666')).body).toMatchObject({
        code: 'rates.quote_unknown',
      });
    }),
  );

  it(
    'are known to the next process, with no network and an empty cache',
    using(async (db) => {
      const first = await start(db);
      await written(first);
      const before = first.app.rates.knownQuote(USDT_VND);
      await end(first);
      const second = await start(db, 'providers are dead');
      const { status, body } = await second.request('/v1/rates/USDT/VND');
      expect([status, body]).toMatchObject([200, { quote_id: before?.quoteId, mid: '25934.21778743', level: 'fresh' }]);
      const fx = (await second.request('/v1/rates/USD/VND')).body;
      expect(fx).toMatchObject({ mid: '25947.77' });
    }),
  );

  it(
    'as old as they are: after a day the next process refuses them, and says which was the last',
    using(async (db) => {
      const first = await start(db);
      await written(first);
      await end(first);
      await sql`ALTER TABLE rate_quotes DISABLE TRIGGER ALL`.execute(db.sql).catch(() => undefined);
      await sql`UPDATE rate_quotes SET published_at = published_at - interval '25 hours', as_of = as_of - interval '25 hours',
        evidence = replace(evidence, '"published_at":"' || left(evidence::jsonb ->> 'published_at', 10),
          '"published_at":"' || left(((evidence::jsonb ->> 'published_at')::timestamp - interval '25 hours')::text, 10))`.execute(
        db.sql,
      );
      const second = await start(db, 'providers are dead');
      const { status, body } = await second.request('/v1/rates/USDT/VND');
      expect([status, body]).toMatchObject([
        503,
        { code: 'rates.unavailable', last_good: { mid: '25934.21778743', level: 'stale' } },
      ]);
      expect((await second.request('/v1/rates/USDT/VND?purpose=display')).body).toMatchObject({ level: 'stale' });
    }),
  );

  it(
    'cannot be changed, nor their policy',
    using(async (db) => {
      const app = await start(db);
      await written(app);
      await expect(sql`UPDATE rate_quotes SET mid = mid + 1`.execute(db.sql)).rejects.toThrow(/refused/);
      await expect(sql`DELETE FROM rate_quotes`.execute(db.sql)).rejects.toThrow(/refused/);
      await expect(sql`TRUNCATE rate_quotes`.execute(db.sql)).rejects.toThrow(/refused/);
      await expect(sql`INSERT INTO rate_policies VALUES (repeat('0', 64), 'x', now())`.execute(db.sql)).rejects.toThrow(
        /rate_policies_hash/,
      );
    }),
  );

  it(
    'a quota that was spent stays spent after a restart, and who asked to be left alone is',
    using(async (db) => {
      const first = await start(db);
      const left = first.app.rates.providerStatus('coingecko').callsLeft;
      first.providers.setFault('binance', { kind: 'rate-limited', retryAfterSeconds: 7_200 });
      while (first.app.rates.providerStatus('binance').heldUntil === undefined) {
        await first.app.rates.warm();
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
      await end(first);
      const second = await start(db, 'providers are dead');
      expect(second.app.rates.providerStatus('coingecko').callsLeft).toBeLessThanOrEqual(left ?? 0);
      expect(second.app.rates.providerStatus('binance').heldReason).toContain('rate-limited');
      expect(second.providers.calls('binance')).toBe(0);
      expect(second.app.rates.providerStatus('binance').heldUntil ?? 0).toBeGreaterThan(second.app.clock.now() + HOUR);
    }),
  );

  it(
    'wait while the database is away, and are written when it is back',
    using(async (db) => {
      const app = await start(db);
      await written(app);
      await sql`ALTER TABLE rate_quotes RENAME TO out_of_reach`.execute(db.sql);
      await app.app.rates.setManualRate({
        ...{ id: 'x', setBy: 'test', reason: 'a quote to keep', maxDeviationBps: 100 },
        mid: parseRate(USDT_VND, '26000'),
        expiresAt: app.app.clock.now() + HOUR,
      });
      const known = app.app.rates.knownQuote(USDT_VND);
      while (!app.log.lines.some((line) => JSON.stringify(line).includes('rates.quotes_wait'))) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      expect((await app.request('/metrics')).text).toMatch(/plumbline_rate_quotes_waiting [1-9]/);
      await sql`ALTER TABLE out_of_reach RENAME TO rate_quotes`.execute(db.sql);
      await end(app);
      const { rows } = await sql`SELECT agreement FROM rate_quotes WHERE quote_id = ${known?.quoteId}`.execute(db.sql);
      expect(rows).toEqual([{ agreement: 'manual' }]);
    }),
  );
});
