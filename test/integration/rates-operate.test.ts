/** What operators do to the rates, and the rates that are locked for payments. */
import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { pair } from '../../src/kernel/rate.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { describeOldest } from '../support/databases.ts';

const USDT_VND = pair('USDT', 'VND');
const HOUR = 3_600_000;
const inAnHour = (): string => new Date(Date.now() + HOUR).toISOString();
const MANUAL = { rate: '26000', reason: 'CoinGecko is wrong since noon', max_deviation_bps: 100 };

describeOldest('operating the rates', (open) => {
  const using = (work: (app: TestApp, db: Db) => Promise<void>) => async (): Promise<void> => {
    const db = await open();
    const app = await startApp({ db });
    try {
      await work(app, db);
    } finally {
      await app.close();
    }
  };

  it(
    'a manual rate is served as what it is, listed, written down, and ended',
    using(async (app, db) => {
      const set = await app.post('/v1/rates/USDT/VND/manual', { ...MANUAL, expires_at: inAnHour() });
      expect([set.status, set.body]).toMatchObject([201, { rate: '26000', set_by: 'test', ended_at: null }]);
      expect((await app.request('/v1/rates/USDT/VND')).body).toMatchObject({
        mid: '26000',
        bid: '25974',
        ask: '26026',
        level: 'manual',
        agreement: 'manual',
        basis: 'manual',
        sources: [],
      });
      expect((await app.request('/v1/rates/manual')).body).toMatchObject({ data: [{ pair: 'USDT/VND' }] });
      // Another one takes its place; a database that has both would not know which holds.
      await app.post('/v1/rates/USDT/VND/manual', { ...MANUAL, rate: '25950', expires_at: inAnHour() });
      expect((await app.request('/v1/rates/USDT/VND')).body).toMatchObject({ mid: '25950' });
      const ended = await app.post('/v1/rates/USDT/VND/manual/end', { reason: 'the market is right again' });
      expect([ended.status, ended.body]).toMatchObject([
        200,
        { end_reason: 'the market is right again', ended_by: 'test' },
      ]);
      expect((await app.request('/v1/rates/USDT/VND')).body).toMatchObject({ mid: '25934.21778743', level: 'fresh' });
      expect((await app.post('/v1/rates/USDT/VND/manual/end', { reason: 'again' })).body).toMatchObject({
        code: 'rates.no_manual',
      });
      const { data } = (await app.request('/v1/rates/operations')).body as {
        data: { action: string; subject: string }[];
      };
      expect(data.map((each) => [each.action, each.subject])).toEqual([
        ['manual-rate.end', 'test'],
        ['manual-rate.set', 'test'],
        ['manual-rate.set', 'test'],
      ]);
      await expect(sql`DELETE FROM rate_operations`.execute(db.sql)).rejects.toThrow(/refused/);
      await expect(sql`UPDATE manual_rates SET reason = 'x'`.execute(db.sql)).rejects.toThrow(/refused/);
    }),
  );

  it(
    'a manual rate that is out of its band, far from the market, without an end or without a reason is refused',
    using(async (app) => {
      const refusal = async (more: object) => {
        const { status, body } = await app.post('/v1/rates/USDT/VND/manual', {
          ...MANUAL,
          expires_at: inAnHour(),
          ...more,
        });
        return [status, body] as const;
      };
      expect(await refusal({ rate: '260' })).toMatchObject([
        422,
        {
          code: 'rates.manual_refused',
          errors: [{ pointer: '/rate', detail: expect.stringContaining('10^2 too small') }],
        },
      ]);
      expect(await refusal({ rate: '27000' })).toMatchObject([
        422,
        { errors: [{ pointer: '/max_deviation_bps', detail: expect.stringContaining('25934.21778743') }] },
      ]);
      expect(await refusal({ expires_at: undefined })).toMatchObject([422, { code: 'request.invalid' }]);
      expect(await refusal({ expires_at: '2020-01-01T00:00:00Z' })).toMatchObject([
        422,
        { errors: [{ pointer: '/expires_at' }] },
      ]);
      expect(await refusal({ expires_at: new Date(Date.now() + 8 * 24 * HOUR).toISOString() })).toMatchObject([
        422,
        { errors: [{ pointer: '/expires_at', detail: expect.stringContaining('7 days') }] },
      ]);
      expect(await refusal({ reason: '' })).toMatchObject([422, { code: 'request.invalid' }]);
      expect(await refusal({ rate: 26_000 })).toMatchObject([422, { code: 'request.invalid' }]);
      expect((await app.post('/v1/rates/EUR/VND/manual', { ...MANUAL, expires_at: inAnHour() })).body).toMatchObject({
        code: 'rates.unknown_pair',
      });
      expect((await app.request('/v1/rates/manual')).body).toEqual({ data: [] });
    }),
  );

  it(
    'a manual rate ends by itself when the market is too far away, and is known to the next process until then',
    using(async (app, db) => {
      await app.post('/v1/rates/USDT/VND/manual', { ...MANUAL, max_deviation_bps: 200, expires_at: inAnHour() });
      const another = await startApp({ db });
      expect((await another.request('/v1/rates/USDT/VND')).body).toMatchObject({ mid: '26000', level: 'manual' });
      await another.close();
      app.providers.setDepeg(97);
      const { rates } = app.app;
      await rates.controlBreaker('coingecko', 'reset');
      while (rates.knownQuote(USDT_VND)?.level === 'manual') {
        await rates.warm();
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      while ((await app.request('/v1/rates/manual')).text !== '{"data":[]}') {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      const { rows } = await sql<{
        end_reason: string;
        ended_by: string;
      }>`SELECT end_reason, ended_by FROM manual_rates`.execute(db.sql);
      expect(rows).toMatchObject([{ ended_by: 'plumbline', end_reason: expect.stringContaining('basis points away') }]);
      const isTold = async (): Promise<boolean> =>
        (await sql`SELECT FROM notification_logs WHERE event_type = 'rates.manual_ended'`.execute(db.sql)).rows.length >
        0;
      while (!(await isTold())) await new Promise((resolve) => setTimeout(resolve, 20)); // just after the end itself
    }),
  );

  it(
    "an operator forces a provider's breaker, and resets it",
    using(async (app) => {
      const act = (action: string, source = 'binance') =>
        app.post(`/v1/rates/providers/${source}/breaker`, { action, reason: 'it lies' });
      expect((await act('open')).body).toMatchObject({
        source: 'binance',
        breaker: { state: 'forced-open', retry_in_ms: null },
      });
      expect((await app.request('/v1/rates/providers/binance')).body).toMatchObject({
        breaker: { state: 'forced-open' },
      });
      expect((await act('close')).body).toMatchObject({ breaker: { state: 'forced-closed' } });
      expect((await act('reset')).body).toMatchObject({ breaker: { state: 'closed', failures: 0 } });
      expect((await act('open', 'kraken')).body).toMatchObject({
        code: 'rates.unknown_provider',
        accepted: expect.any(Array),
      });
      expect((await act('explode')).body).toMatchObject({ code: 'request.invalid' });
      expect((await app.post('/v1/rates/providers/binance/breaker', { action: 'open' })).status).toBe(422);
      const key = app.key('rates:read');
      const denied = await app.post(
        '/v1/rates/providers/binance/breaker',
        { action: 'open', reason: 'x' },
        { authorization: `Bearer ${key}` },
      );
      expect(denied.body).toMatchObject({ code: 'access.scope_missing' });
    }),
  );
});

describeOldest('rates locked for payments', (open) => {
  const using = (work: (app: TestApp, db: Db) => Promise<void>) => async (): Promise<void> => {
    const db = await open();
    const app = await startApp({ db });
    try {
      await work(app, db);
    } finally {
      await app.close();
    }
  };
  const LOCK = { pair: 'USDT/VND', side: 'sell', amount: '1000000', currency: 'VND' };

  it(
    'crypto due rounds up, at the bid; accepted once, in time',
    using(async (app, db) => {
      const { status, body } = await app.post('/v1/quotes', LOCK);
      // 1,000,000 / 25908.28356964 = 38.5977...: rounded up at the sixth digit
      expect([status, body]).toMatchObject([
        201,
        {
          side: 'sell',
          fixed: 'quote',
          quote_amount: '1000000.00',
          rate: '25908.28356964',
          level: 'fresh',
          agreement: 'corroborated',
          status: 'open',
          created_by: 'test',
          accepted_at: null,
        },
      ]);
      const { id, base_amount } = body as { id: string; base_amount: string };
      const micro = BigInt(base_amount.replace('.', '').slice(0, -12));
      expect(micro * 2_590_828_356_964n >= 1_000_000n * 10n ** 14n).toBe(true);
      expect((micro - 1n) * 2_590_828_356_964n < 1_000_000n * 10n ** 14n).toBe(true);
      expect(base_amount).toMatch(/^38\.\d{6}0{12}$/);
      const accepted = await app.post(`/v1/quotes/${id}/accept`, { reference: 'payment 17' });
      expect([accepted.status, accepted.body]).toMatchObject([200, { status: 'accepted', reference: 'payment 17' }]);
      expect((await app.post(`/v1/quotes/${id}/accept`, { reference: 'payment 17' })).status).toBe(200);
      expect((await app.post(`/v1/quotes/${id}/accept`, { reference: 'payment 18' })).body).toMatchObject({
        status: 409,
        code: 'quotes.accepted',
      });
      expect((await app.request(`/v1/quotes/${id}`)).body).toMatchObject({ status: 'accepted' });
      await expect(sql`UPDATE payment_quotes SET quote_amount = 1`.execute(db.sql)).rejects.toThrow(/refused/);
      await expect(sql`DELETE FROM payment_quotes`.execute(db.sql)).rejects.toThrow(/refused/);
    }),
  );

  it(
    'VND paid rounds down, VND due rounds up, crypto paid rounds down',
    using(async (app) => {
      const amounts = async (more: object) => {
        const { body } = await app.post('/v1/quotes', { ...LOCK, ...more });
        const { base_amount, quote_amount, rate } = body as Record<string, string>;
        return [base_amount?.replace(/0{12}$/, ''), quote_amount, rate];
      };
      // 12.345678 x 25908.28356964 = 319855.3266...
      expect(await amounts({ amount: '12.345678', currency: 'USDT' })).toEqual([
        '12.345678',
        '319855.00',
        '25908.28356964',
      ]);
      // 12.345678 x 25960.15200522 = 320495.6774...
      expect(await amounts({ side: 'buy', amount: '12.345678', currency: 'USDT' })).toEqual([
        '12.345678',
        '320496.00',
        '25960.15200522',
      ]);
      // 1,000,000 / 25960.15200522 = 38.520575...
      expect(await amounts({ side: 'buy', amount: '1000000' })).toEqual(['38.520575', '1000000.00', '25960.15200522']);
    }),
  );

  it(
    'one of many who accept at once does, and the same request twice is one quote',
    using(async (app) => {
      const key = { 'idempotency-key': 'the-same' };
      const [first, second] = [await app.post('/v1/quotes', LOCK, key), await app.post('/v1/quotes', LOCK, key)];
      expect(second.body).toEqual(first.body);
      expect(second.headers.get('idempotency-replayed')).toBe('true');
      const { id } = first.body as { id: string };
      const tries = await Promise.all(
        Array.from({ length: 12 }, (_, index) =>
          app.post(`/v1/quotes/${id}/accept`, { reference: `payment ${index}` }),
        ),
      );
      expect(tries.map((each) => each.status).sort()).toEqual([200, ...Array.from({ length: 11 }, () => 409)]);
    }),
  );

  it(
    'an expired one is refused, by the service and by the database',
    using(async (app, db) => {
      const { body } = await app.post('/v1/quotes', { ...LOCK, lifetime_seconds: 5 });
      const { id, expires_at, created_at } = body as { id: string; expires_at: string; created_at: string };
      expect(Date.parse(expires_at) - Date.parse(created_at)).toBe(5_000);
      await new Promise((resolve) => setTimeout(resolve, Date.parse(expires_at) - Date.now() + 5));
      expect((await app.request(`/v1/quotes/${id}`)).body).toMatchObject({ status: 'expired' });
      expect((await app.post(`/v1/quotes/${id}/accept`, {})).body).toMatchObject({
        status: 409,
        code: 'quotes.expired',
      });
      const late = sql`UPDATE payment_quotes SET accepted_at = now(), accepted_by = 'somebody' WHERE id = ${id}`;
      await expect(late.execute(db.sql)).rejects.toThrow(/payment_quotes_in_time/);
    }),
  );

  it(
    'what cannot be promised is refused by field',
    using(async (app) => {
      const refusal = async (more: object) => (await app.post('/v1/quotes', { ...LOCK, ...more })).body;
      expect(await refusal({ currency: 'EUR' })).toMatchObject({
        code: 'quotes.currency_foreign',
        errors: [{ pointer: '/currency' }],
      });
      expect(await refusal({ amount: '0' })).toMatchObject({
        code: 'quotes.amount_not_positive',
        errors: [{ pointer: '/amount' }],
      });
      expect(await refusal({ amount: '-5' })).toMatchObject({ code: 'quotes.amount_not_positive' });
      expect(await refusal({ amount: '0.001', currency: 'USDT', side: 'buy' })).toMatchObject({
        quote_amount: '26.00',
      });
      expect(await refusal({ amount: '0.01', side: 'buy' })).toMatchObject({ code: 'quotes.amount_too_small' });
      expect(await refusal({ amount: '1.005' })).toMatchObject({ code: 'money.excess_precision' });
      expect(await refusal({ amount: 1_000_000 })).toMatchObject({ code: 'request.invalid' });
      expect(await refusal({ pair: 'EUR/VND', currency: 'VND' })).toMatchObject({ kind: 'missing' });
      expect(await refusal({ pair: 'USDT-VND' })).toMatchObject({ code: 'rate.pair_malformed' });
      expect(await refusal({ lifetime_seconds: 901 })).toMatchObject({ code: 'request.invalid' });
      expect(await refusal({ max_age_ms: 0 })).toMatchObject({ status: 409, code: 'quotes.rate_too_old' });
      expect((await app.post('/v1/quotes/01930a3e-1111-7222-8333-444455556666/accept', {})).body).toMatchObject({
        code: 'quotes.unknown',
      });
    }),
  );
});
