/**
 * What a rate costs: a call through a closed circuit breaker beside cockatiel's, and a quote from
 * memory beside a bare awaited look-up in a Map.
 */
import { ConsecutiveBreaker, circuitBreaker, handleAll } from 'cockatiel';
import { ExchangeRateService } from '../src/features/rates/service.ts';
import { pair } from '../src/kernel/rate.ts';
import { CircuitBreaker } from '../src/platform/breaker/circuit-breaker.ts';
import { createMemoryCache } from '../src/platform/cache/memory.ts';
import { systemClock, systemRandom } from '../src/platform/clock/system.ts';
import { recordLog } from '../test/support/log.ts';
import { RATES_DATE, ratesOn, SIMULATED_URLS, settingsFor, simulatedHttp } from '../test/support/rates.ts';
import { type Bench, type Measurement, median } from './bench.ts';

const ROUNDS = 7;
const CALLS = 200_000;

type Loop = (calls: number) => Promise<void> | void;

/** Nanoseconds of one call of either, in rounds that alternate, so that a slow moment hits both. */
async function compare(ours: Loop, theirs: Loop, theirCalls = CALLS): Promise<readonly [ours: number, theirs: number]> {
  const [mine, others]: [number[], number[]] = [[], []];
  for (let round = 0; round <= ROUNDS; round += 1) {
    const [one, other] = [await timed(ours, CALLS), await timed(theirs, theirCalls)];
    if (round === 0) continue; // the compiler has seen both now
    mine.push(one);
    others.push(other);
  }
  return [median(mine), median(others)];
}

async function timed(loop: Loop, calls: number): Promise<number> {
  const began = process.hrtime.bigint();
  await loop(calls);
  return Number(process.hrtime.bigint() - began) / calls;
}

function measurement(
  name: string,
  reference: string,
  [ours, theirs]: readonly [number, number],
  most: number,
): Measurement {
  const ratio = ours / theirs;
  return {
    ...{ name, value: ours, unit: 'ns', ratio },
    reference: `${reference} ${Math.round(theirs)} ns`,
    bar: `<= ${most}`,
    pass: ratio <= most,
  };
}

export const run: Bench = async () => [await closedCall(), await refusal(), await cachedQuote()];

const THRESHOLD = 5;
const OPEN_MS = 60_000;
const ours = () =>
  new CircuitBreaker({
    name: 'bench',
    failureThreshold: THRESHOLD,
    openMs: OPEN_MS,
    probeDeadlineMs: 2_500,
    clock: systemClock,
  });
const cockatiel = () =>
  circuitBreaker(handleAll, { halfOpenAfter: OPEN_MS, breaker: new ConsecutiveBreaker(THRESHOLD) });
const work = (): Promise<number> => Promise.resolve(1);

async function closedCall(): Promise<Measurement> {
  const [breaker, theirs] = [ours(), cockatiel()];
  const times = await compare(
    async (calls) => {
      for (let i = 0; i < calls; i += 1) {
        const acquired = breaker.tryAcquire();
        if (!acquired.permitted) throw new Error('the breaker is closed');
        await work();
        acquired.permit.success();
      }
    },
    async (calls) => {
      for (let i = 0; i < calls; i += 1) await theirs.execute(work);
    },
  );
  return measurement('rates-breaker-closed-call', 'cockatiel 4 execute', times, 1);
}

async function refusal(): Promise<Measurement> {
  const [breaker, theirs] = [ours(), cockatiel()];
  breaker.force('open');
  theirs.isolate();
  let permitted = 0;
  const times = await compare(
    (calls) => {
      for (let i = 0; i < calls; i += 1) if (breaker.tryAcquire().permitted) permitted += 1;
    },
    async (calls) => {
      for (let i = 0; i < calls; i += 1) await theirs.execute(work).catch(() => undefined);
    },
    CALLS / 50, // each of its refusals is an exception with a stack
  );
  if (permitted > 0) throw new Error('the breaker is open');
  return measurement('rates-breaker-refusal', 'cockatiel 4 execute', times, 0.1);
}

async function cachedQuote(): Promise<Measurement> {
  const clock = systemClock;
  const service = new ExchangeRateService({
    clock,
    random: systemRandom,
    http: simulatedHttp({
      clock,
      latencyMs: () => 0,
      faultOf: () => ({ kind: 'none' }),
      ratesAt: () => ratesOn(RATES_DATE),
    }),
    cache: createMemoryCache({ clock }),
    log: recordLog().log,
    settings: settingsFor(SIMULATED_URLS),
  });
  const usdtVnd = pair('USDT', 'VND');
  const quote = await service.getQuote(usdtVnd);
  const map = new Map([['USDT/VND', quote]]);
  const times = await compare(
    async (calls) => {
      for (let i = 0; i < calls; i += 1) await service.getQuote(usdtVnd);
    },
    async (calls) => {
      for (let i = 0; i < calls; i += 1) await map.get('USDT/VND');
    },
  );
  // 100 ns, where the bare look-up takes some 30.
  return measurement('rates-cached-quote', 'bare await of Map.get', times, 3);
}
