/** Rates while some providers fail, over real HTTP. */
import { afterEach, describe, expect, it } from 'vitest';
import type { Quote } from '../../src/features/rates/quote.ts';
import { bpsBetween } from '../../src/features/rates/rules.ts';
import type { ExchangeRateService } from '../../src/features/rates/service.ts';
import { pair, pairName } from '../../src/kernel/rate.ts';
import type { Fault } from '../../src/sandbox/providers/faults.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { startRates } from '../support/rates.ts';

const USDT_VND = pair('USDT', 'VND');
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DEAD: Fault = { kind: 'dead' };
const WELL: Fault = { kind: 'none' };

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

/** Until every enabled source has been asked. */
async function allAsked(service: ExchangeRateService): Promise<void> {
  while (!service.providers().every((each) => !each.enabled || each.lastOutcome !== undefined)) {
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
const attemptOf = (quote: Quote, source: string) => quote.attempts.find((each) => each.source === source);

describe('while the primary fails, the others answer within the deadline and the quote says so', () => {
  it.each<readonly [Fault, string]>([
    [DEAD, 'transport'],
    [{ kind: 'hang' }, 'timeout'],
    [{ kind: 'slow', ms: 5_000 }, 'timeout'],
    [{ kind: 'html' }, 'bad-payload'],
    [{ kind: 'empty-object' }, 'bad-payload'],
    [{ kind: 'zero' }, 'implausible'],
    [{ kind: 'huge' }, 'bad-payload'],
    [{ kind: 'string-with-commas' }, 'bad-payload'],
    [{ kind: 'error-under-200' }, 'bad-payload'],
    [{ kind: 'rate-limited', retryAfterSeconds: 60 }, 'rate-limited'],
    [{ kind: 'status', status: 401 }, 'refused'],
    [{ kind: 'status', status: 503 }, 'transport'],
    [{ kind: 'lying', factorPercent: 1 }, 'implausible'],
    [{ kind: 'lying', factorPercent: 10_000 }, 'implausible'],
    [{ kind: 'inverted' }, 'implausible'],
  ])('%o', async (fault, outcome) => {
    const { service, providers } = await start({ settings: { patienceMs: 2_000 } }); // of a busy machine
    providers.setFault('coingecko', fault);
    const quote = await service.getQuote(USDT_VND, { deadlineMs: 2_500 });
    expect([quote.level, quote.agreement]).toEqual(['fresh', 'corroborated']);
    expect(quote.sources.map(({ source }) => source)).not.toContain('coingecko');
    await allAsked(service);
    const later = await service.getQuote(USDT_VND);
    expect(attemptOf(later, 'coingecko')).toMatchObject({
      outcome: outcome === 'rate-limited' || outcome === 'refused' ? 'skipped-hold' : outcome,
      message: expect.any(String),
    });
    expect(service.providerStatus('coingecko').lastOutcome).toBe(outcome);
  });

  it('a frozen feed: the same answer, long after', async () => {
    const { service, providers, clock } = await onManualClock();
    providers.setFault('coingecko', { kind: 'frozen' });
    await service.getQuote(USDT_VND);
    await allAsked(service);
    clock.advanceSync(31 * MINUTE);
    const quote = await service.getQuote(USDT_VND);
    expect([quote.level, quote.sources.some(({ source }) => source === 'coingecko')]).toEqual(['fresh', false]);
    while (service.providerStatus('coingecko').lastOutcome === 'ok')
      await new Promise((resolve) => setTimeout(resolve, 2));
    expect(service.providerStatus('coingecko')).toMatchObject({
      lastOutcome: 'implausible',
      lastMessage: expect.stringContaining('frozen'),
    });
  });

  it('the sources of a leg stand in for one another; then the third route stands alone, and says so', async () => {
    const { service, breakAllBut, clock } = await onManualClock();
    breakAllBut(DEAD, 'binance', 'frankfurter', 'cryptocompare');
    const crossed = await service.getQuote(USDT_VND);
    expect(crossed.agreement).toBe('corroborated');
    await allAsked(service);
    clock.advanceSync(31 * MINUTE);
    breakAllBut(DEAD, 'frankfurter', 'cryptocompare');
    const quote = await service.getQuote(USDT_VND);
    expect([quote.sources[0]?.source, quote.basis, quote.agreement]).toEqual([
      'cryptocompare',
      'spot_conversion',
      'single',
    ]);
  });
});

describe('while a source lies', () => {
  const lies: Fault = { kind: 'lying', factorPercent: 104 };

  it('the others outvote it, and it is not asked again and again', async () => {
    const { service, providers, clock } = await onManualClock();
    providers.setFault('binance', lies);
    await service.getQuote(USDT_VND);
    await allAsked(service);
    const quote = await service.getQuote(USDT_VND);
    expect([quote.agreement, quote.level]).toEqual(['corroborated', 'fresh']);
    expect(quote.witnesses.find(({ route }) => route.startsWith('binance'))).toMatchObject({
      verdict: 'rejected',
      why: expect.stringContaining('basis points'),
    });
    for (let round = 0; round < 12; round += 1) {
      clock.advanceSync(31 * MINUTE);
      await service.getQuote(USDT_VND);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(service.providerStatus('binance').disputed).toBeGreaterThanOrEqual(5);
  });

  it('and only one other is there: the liar cannot move the rate, and as long as it lies the label says so', async () => {
    const { service, providers, clock, events, published } = await onManualClock({ key: null });
    await service.getQuote(USDT_VND);
    await allAsked(service);
    while (service.knownQuote(USDT_VND)?.agreement !== 'corroborated')
      await new Promise((resolve) => setTimeout(resolve, 2));
    const before = await service.getQuote(USDT_VND);
    providers.setFault('binance', lies);
    service.start();
    const polled = providers.calls('binance');
    await clock.advance(16 * SECOND);
    while (providers.calls('binance') === polled) await clock.advance(SECOND);
    const disputes = () =>
      published.filter((each) => each.published.agreement === 'contested' && each.pair.quote === 'VND');
    while (disputes().length === 0) await clock.advance(10);
    expect(disputes()[0]?.published).toMatchObject({ mid: before.mid });
    expect(disputes()[0]?.published.halfSpreadBps).toBeGreaterThanOrEqual(390);
    expect(events).toContainEqual({ kind: 'alarm', alarm: expect.objectContaining({ kind: 'contested' }) });
    // Nobody can tell it from a feed that stands still while the market moves; but there is no hurry any more.
    for (let second = 0; second < 60; second += 1) await clock.advance(SECOND);
    expect(await service.getQuote(USDT_VND)).toMatchObject({ agreement: 'contested', mid: before.mid });
    expect(providers.calls('coingecko')).toBeLessThanOrEqual(3);
    providers.setFault('binance', WELL);
    while (service.knownQuote(USDT_VND)?.agreement === 'contested') await clock.advance(SECOND);
    expect(await service.getQuote(USDT_VND)).toMatchObject({ agreement: 'corroborated', level: 'fresh' });
  });
});

describe('a depeg', () => {
  it('of 4 % is followed within a minute, and alarmed', async () => {
    const { service, providers, clock, events } = await onManualClock({ key: null });
    service.start();
    await clock.advance(SECOND);
    await allAsked(service);
    await clock.advance(2 * MINUTE);
    const before = await service.getQuote(USDT_VND);
    providers.setDepeg(96);
    const began = clock.monotonic();
    const fell = (): boolean => {
      const now = service.knownQuote(USDT_VND);
      return now !== undefined && now.agreement === 'corroborated' && bpsBetween(now.mid, before.mid) > 380;
    };
    while (!fell()) await clock.advance(500);
    expect(clock.monotonic() - began).toBeLessThanOrEqual(60 * SECOND);
    const alarms = events.flatMap((event) =>
      event.kind === 'alarm' ? [`${event.alarm.kind} ${pairName(event.alarm.pair)}`] : [],
    );
    expect(alarms).toEqual(expect.arrayContaining(['moved USDT/VND', 'moved USDT/USD', 'off-peg USDT/USD']));
    expect((await service.getQuote(pair('USD', 'VND'))).agreement).toBe('corroborated');
  });
});

describe('the circuit breaker of a provider', () => {
  it('opens on the fifth failure in a row for 60 s, and one probe closes it', async () => {
    const { service, providers, clock } = await onManualClock({ settings: { freshMs: 1, agingMs: 1 } });
    const gecko = () => service.providerStatus('coingecko');
    const ask = async (): Promise<void> => {
      clock.advanceSync(6 * SECOND);
      await service.getQuote(USDT_VND);
      await new Promise((resolve) => setTimeout(resolve, 30)); // the round goes on behind
    };
    providers.setFault('coingecko', { kind: 'html' });
    await ask();
    await allAsked(service);
    for (let failures = 2; failures <= 4; failures += 1) {
      await ask();
      expect(gecko().breaker).toMatchObject({ kind: 'closed', failures });
    }
    await ask();
    expect(gecko().breaker).toMatchObject({ kind: 'open', retryInMs: 60_000 });
    for (let second = 6; second < 60; second += 6) {
      await ask();
      expect(attemptOf(await service.getQuote(USDT_VND), 'coingecko')).toMatchObject({ outcome: 'skipped-open' });
    }
    expect(providers.calls('coingecko')).toBe(5);
    providers.setFault('coingecko', WELL);
    clock.advanceSync(6 * SECOND);
    await Promise.all(Array.from({ length: 20 }, () => service.getQuote(USDT_VND)));
    while (gecko().breaker.kind !== 'closed') await new Promise((resolve) => setTimeout(resolve, 2));
    expect(providers.calls('coingecko')).toBe(6);
  });

  it('counts every attempt, not every chain of retries', async () => {
    // A round that its deadline ends asks no further, and a busy machine takes seconds.
    const { service, providers } = await start({ settings: { retries: 2, retryMs: 20, deadlineMs: 25_000 } });
    providers.setFault('coingecko', DEAD);
    await service.getQuote(USDT_VND);
    while (providers.calls('coingecko') < 3) await new Promise((resolve) => setTimeout(resolve, 2));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(providers.calls('coingecko')).toBe(3);
    expect(service.providerStatus('coingecko').breaker).toMatchObject({ kind: 'closed', failures: 3 });
  });

  it('does not open on refusals: the provider is left alone for 15 minutes instead', async () => {
    const { service, providers, clock } = await onManualClock({ settings: { freshMs: 1, agingMs: 1 } });
    providers.setFault('coingecko', { kind: 'status', status: 403 });
    await service.getQuote(USDT_VND);
    await allAsked(service);
    for (let again = 0; again < 10; again += 1) {
      clock.advanceSync(6 * SECOND);
      expect(attemptOf(await service.getQuote(USDT_VND), 'coingecko')?.outcome).toBe('skipped-hold');
    }
    expect(providers.calls('coingecko')).toBe(1);
    expect(service.providerStatus('coingecko')).toMatchObject({
      breaker: { kind: 'closed', failures: 0 },
      heldReason: expect.stringContaining('refused'),
      consecutiveFailures: 1,
    });
    clock.advanceSync(15 * MINUTE);
    await service.getQuote(USDT_VND);
    while (providers.calls('coingecko') < 2) await new Promise((resolve) => setTimeout(resolve, 2));
  });
});

describe('what a provider asks for', () => {
  it('Retry-After is obeyed to the second, and the call is not repeated before', async () => {
    const { service, providers, clock } = await onManualClock({ settings: { retries: 3 } });
    providers.setFault('coingecko', { kind: 'rate-limited', retryAfterSeconds: 7_200 });
    await service.getQuote(USDT_VND);
    await allAsked(service);
    providers.setFault('coingecko', WELL);
    expect(service.providerStatus('coingecko').heldUntil).toBe(clock.now() + 2 * HOUR);
    clock.advanceSync(2 * HOUR - 1);
    expect(attemptOf(await service.getQuote(USDT_VND), 'coingecko')?.outcome).toBe('skipped-hold');
    expect(providers.calls('coingecko')).toBe(1);
    clock.advanceSync(31 * MINUTE);
    await service.getQuote(USDT_VND);
    while (providers.calls('coingecko') < 2) await new Promise((resolve) => setTimeout(resolve, 2));
  });

  it('a key: without one, CryptoCompare is never called, and the answer says why', async () => {
    const { service, providers, breakAllBut } = await onManualClock({ key: null });
    breakAllBut(DEAD, 'cryptocompare');
    await expect(service.getQuote(USDT_VND)).rejects.toMatchObject({
      details: {
        reasons: expect.arrayContaining([expect.objectContaining({ source: 'cryptocompare', outcome: 'disabled' })]),
      },
    });
    expect(providers.calls('cryptocompare')).toBe(0);
  });
});
