/** Rates while every provider is out, over real HTTP. */
import { afterEach, describe, expect, it } from 'vitest';
import type { ExchangeRateService } from '../../src/features/rates/service.ts';
import type { Clock } from '../../src/kernel/clock.ts';
import { formatRate, pair } from '../../src/kernel/rate.ts';
import { systemClock } from '../../src/platform/clock/system.ts';
import type { Fault } from '../../src/sandbox/providers/faults.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { startRates } from '../support/rates.ts';

const USDT_VND = pair('USDT', 'VND');
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DEAD: Fault = { kind: 'dead' };

const open: (() => Promise<unknown>)[] = [];
async function start(...args: Parameters<typeof startRates>) {
  const rates = await startRates(...args);
  open.push(rates.close);
  return rates;
}
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

/** In simulated time no wait between retries would end by itself. */
const onManualClock = async (more: Parameters<typeof startRates>[0] = {}) => {
  const clock = new ManualClock();
  return { clock, ...(await start({ ...more, clock, settings: { retries: 0, ...more?.settings } })) };
};

describe('while every provider is dead', () => {
  it('the last known good rate is served, labelled with its age, wider, and only as long as its purpose allows', async () => {
    const { service, breakAllBut, clock } = await onManualClock();
    await service.getQuote(USDT_VND);
    await quiet(service);
    const good = await service.getQuote(USDT_VND);
    breakAllBut(DEAD);
    clock.advanceSync(3 * HOUR);
    const stale = await service.getQuote(USDT_VND);
    expect(stale).toMatchObject({
      quoteId: good.quoteId,
      mid: good.mid,
      asOf: good.asOf,
      ageMs: 3 * HOUR,
      level: 'stale',
    });
    expect(stale.bid.value.units).toBeLessThan(good.bid.value.units);
    expect(stale.attempts.map(({ outcome }) => outcome)).not.toContain('ok');
    clock.advanceSync(21 * HOUR);
    expect((await service.getQuote(USDT_VND, { purpose: 'reconcile' })).ageMs).toBe(24 * HOUR);
    clock.advanceSync(1);
    const refusal = {
      kind: 'upstream',
      code: 'rates.unavailable',
      details: {
        pair: 'USDT/VND',
        max_age_ms: 24 * HOUR,
        last_good: { quote_id: good.quoteId, mid: formatRate(good.mid), age_ms: 24 * HOUR + 1 },
        reasons: expect.arrayContaining([expect.objectContaining({ source: 'coingecko' })]),
      },
    };
    await expect(service.getQuote(USDT_VND, { purpose: 'quote' })).rejects.toMatchObject(refusal);
    await expect(service.getQuote(USDT_VND, { purpose: 'reconcile' })).rejects.toMatchObject(refusal);
    await expect(service.getUSDTToVND()).rejects.toMatchObject({ code: 'rates.unavailable' });
    expect((await service.getQuote(USDT_VND, { purpose: 'display' })).level).toBe('stale');
  });

  it('and nothing is known: a refusal that says why, source by source', async () => {
    const { service, breakAllBut } = await onManualClock();
    breakAllBut(DEAD);
    const error: unknown = await service.getQuote(USDT_VND, { purpose: 'display' }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      kind: 'upstream',
      code: 'rates.unavailable',
      details: {
        last_good: undefined,
        reasons: [
          { source: 'coingecko', outcome: 'transport' },
          { source: 'binance', outcome: 'transport' },
          { source: 'cryptocompare', outcome: 'transport' },
          { source: 'vietcombank', outcome: 'transport' },
          { source: 'open-er-api', outcome: 'transport' },
          { source: 'frankfurter', outcome: 'transport' },
          { source: 'binance-p2p', outcome: 'disabled' },
        ],
      },
    });
  });

  it('the log hears of it once a minute, however many ask', async () => {
    const { service, breakAllBut, lines, clock } = await onManualClock();
    breakAllBut(DEAD);
    const ask = () => service.getQuote(USDT_VND).catch(() => undefined);
    for (let i = 0; i < 30; i += 1) await ask();
    const complaints = () => lines.filter(({ fields }) => fields.code === 'rates.none_found').length;
    expect(complaints()).toBe(1);
    clock.advanceSync(MINUTE);
    await ask();
    expect(complaints()).toBe(2);
  });
});

describe('deadlines', () => {
  it('every caller is answered by its own, also where all providers hang', async () => {
    const { service, breakAllBut } = await start();
    breakAllBut({ kind: 'hang' });
    const timed = async (deadlineMs: number): Promise<number> => {
      const began = performance.now();
      await expect(service.getQuote(USDT_VND, { deadlineMs })).rejects.toMatchObject({ code: 'rates.unavailable' });
      return performance.now() - began;
    };
    const [long, short] = await Promise.all([timed(900), timed(200)]);
    expect(short).toBeLessThan(200 + 600);
    expect(long).toBeLessThan(900 + 1_000);
  });

  it('who comes with a hurried one waits for as long as it said itself', async () => {
    const { service, providers, breakAllBut } = await start();
    breakAllBut(DEAD, 'coingecko');
    providers.setFault('coingecko', { kind: 'slow', ms: 400 });
    const hurried = service.getQuote(USDT_VND, { deadlineMs: 150 });
    const patient = service.getQuote(USDT_VND, { deadlineMs: 5_000 });
    await expect(hurried).rejects.toMatchObject({ code: 'rates.unavailable' });
    expect((await patient).sources[0]?.source).toBe('coingecko');
  });
});

describe('a primary that hangs', () => {
  it('costs a caller in a cold process the patience, and one in a warm process nothing', async () => {
    const { service, providers } = await start({ key: null });
    providers.setFault('coingecko', { kind: 'hang' });
    const cold = await service.getQuote(USDT_VND);
    expect([cold.sources[0]?.source, cold.agreement]).toEqual(['binance', 'unverified']);
    const asked = providers.calls('coingecko');
    for (let call = 0; call < 100; call += 1) expect((await service.getQuote(USDT_VND)).level).toBe('fresh');
    expect(providers.calls('coingecko')).toBe(asked);
  });

  it('costs no more where a timer fires a little before the clock has come so far', async () => {
    const clock: Clock = { ...systemClock, after: (ms, fn) => systemClock.after(ms * 0.8, fn) };
    const { service, providers } = await start({ key: null, clock, settings: { patienceMs: 800 } });
    providers.setFault('coingecko', { kind: 'hang' });
    const { attempts } = await service.getQuote(USDT_VND);
    expect(attempts.map(({ source }) => source)).not.toContain('coingecko'); // which is still being waited for
  });
});

/** Until every source has answered, and what they say was evaluated. */
async function quiet(service: ExchangeRateService): Promise<void> {
  let last = '';
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    const now = `${service.knownQuote(USDT_VND)?.quoteId} ${service.providers().map((each) => each.lastSuccessAt)}`;
    if (now === last) return;
    last = now;
  }
}
