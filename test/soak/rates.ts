/**
 * Rates through simulated hours of random faults: one seed decides clock, faults, callers and order.
 * The oracle of ./rates-oracle.ts knows the truth and watches every call and every answer.
 */

import type { Purpose } from '../../src/features/rates/quote.ts';
import { ExchangeRateService } from '../../src/features/rates/service.ts';
import { businessDateAt } from '../../src/kernel/business-date.ts';
import { isPlumblineError } from '../../src/kernel/errors.ts';
import { sha256Hex } from '../../src/kernel/hash.ts';
import { type Pair, pair } from '../../src/kernel/rate.ts';
import { createMemoryCache } from '../../src/platform/cache/memory.ts';
import type { Cache } from '../../src/platform/cache/port.ts';
import { RECORDED_RATES } from '../../src/sandbox/data/recorded-rates.ts';
import { type Fault, PROVIDERS, type ProviderName } from '../../src/sandbox/providers/faults.ts';
import { recordLog } from '../support/log.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { ratesOn, SIMULATED_URLS, seededRandom, settingsFor, simulatedHttp } from '../support/rates.ts';
import { RatesOracle } from './rates-oracle.ts';
import type { Soak } from './soak.ts';

const SIMULATED_HOURS = 4;
const PAIRS: readonly Pair[] = [pair('USDT', 'VND'), pair('USDT', 'VND'), pair('USDT', 'USD'), pair('USD', 'VND')];
const PURPOSES: readonly Purpose[] = ['quote', 'quote', 'reconcile', 'display'];

export const run: Soak = async ({ seeds, firstSeed }) => {
  const violations: string[] = [];
  for (let seed = firstSeed; seed < firstSeed + seeds; seed += 1) {
    const first = await simulate(seed);
    violations.push(...first.violations.map((violation) => `seed ${seed}: ${violation}`));
    if (seed % 10 !== 0) continue;
    const second = await simulate(seed);
    if (second.trace !== first.trace) violations.push(`seed ${seed}: two runs of the same seed differ`);
  }
  return { runs: seeds, violations };
};

async function simulate(seed: number): Promise<{ violations: readonly string[]; trace: string }> {
  const dice = seededRandom(seed);
  const below = (limit: number): number => Math.floor(dice.fraction() * limit);
  const pick = <T>(from: readonly T[]): T => {
    const picked = from[below(from.length)];
    if (picked === undefined) throw new Error('nothing to pick from');
    return picked;
  };
  /** One in ten knows no fault, half of the others have steps of the wall clock, the rest restarts. */
  const story = seed % 10 === 0 ? 'well' : seed % 2 === 0 ? 'steps' : 'restarts';
  const row = pick(RECORDED_RATES);
  const begin = Date.parse(`${row.date}T00:00:00Z`) + below(40 * 3_600_000);
  const clock = new ManualClock(begin);
  const origin = clock.monotonic();
  const trueNow = (): number => begin + clock.monotonic() - origin;
  const ratesAt = (at: number) => ratesOn(businessDateAt(at, 'UTC'));

  const faults = new Map<ProviderName, { fault: Fault; since: number }>();
  const faultOf = (name: ProviderName): Fault => faults.get(name)?.fault ?? { kind: 'none' };
  const oracle = new RatesOracle({ clock, trueNow, ratesAt, faultOf, story });
  const http = simulatedHttp({
    ...{ clock, now: trueNow, ratesAt, faultOf },
    latencyMs: () => (dice.fraction() < 0.03 ? below(3_000) : 20 + below(400)),
    frozenSince: (name) => (faultOf(name).kind === 'frozen' ? faults.get(name)?.since : undefined),
    onCall: (name) => oracle.called(name),
    onAnswer: (name, status) => oracle.answered(name, status),
  });
  const cache =
    story === 'well' ? createMemoryCache({ clock }) : unreliable(createMemoryCache({ clock }), dice.fraction);
  const key = dice.fraction() < 0.5 ? 'k' : null;
  // Bounds that the simulated hours reach.
  const maxAgeMs = { quote: pick([1, 2, 24]) * 3_600_000, reconcile: 7_200_000, display: undefined };
  const settings = settingsFor(SIMULATED_URLS, { retries: below(3), maxAgeMs }, key);
  const create = (): ExchangeRateService => {
    const { log } = recordLog();
    return new ExchangeRateService({
      clock,
      random: dice,
      http,
      cache,
      log,
      settings,
      onEvent: (event) => oracle.happened(event),
    });
  };
  let service = create();
  const polls = dice.fraction() < 0.5;
  if (polls) service.start();

  const pending = new Set<Promise<void>>();
  const lines: string[] = [];
  const ask = (): void => {
    const [wanted, purpose, deadlineMs] = [pick(PAIRS), pick(PURPOSES), 100 + below(3_000)];
    const asked = { pair: wanted, purpose, deadlineMs, at: clock.monotonic() };
    const answer = service.getQuote(wanted, { purpose, deadlineMs }).then(
      (quote) => {
        oracle.gave(asked, quote, settings);
        lines.push(`${clock.monotonic()} ${quote.quoteId} ${quote.level} ${quote.ageMs} ${quote.mid.value.units}`);
      },
      (error: unknown) => {
        oracle.refused(asked, error);
        lines.push(`${clock.monotonic()} ${isPlumblineError(error) ? error.message : String(error)}`);
      },
    );
    pending.add(answer);
    void answer.finally(() => pending.delete(answer));
  };

  while (clock.monotonic() - origin < SIMULATED_HOURS * 3_600_000) {
    const what = dice.fraction();
    if (story !== 'well' && what < 0.06) setFault();
    else if (story === 'steps' && what < 0.07)
      clock.jump((dice.fraction() - 0.5) * 2 * pick([3_000, 60_000, 7_200_000]));
    else if (story === 'restarts' && what < 0.064) await restart();
    for (let callers = dice.fraction() < 0.05 ? 20 : 1; callers > 0; callers -= 1) ask();
    await clock.advance(dice.fraction() < 0.02 ? below(45 * 60_000) : below(30_000));
  }
  await clock.run(Promise.all(pending));
  await clock.run(service.stop());
  return { violations: oracle.violations, trace: sha256Hex(lines.join('\n')) };

  function setFault(): void {
    const all = dice.fraction() < 0.1;
    const fault = dice.fraction() < 0.35 ? { kind: 'none' as const } : randomFault(pick, below, story);
    for (const name of all ? PROVIDERS : [pick(PROVIDERS)]) {
      faults.set(name, { fault, since: trueNow() });
      // A lie out of the band must not be believed.
      if (fault.kind === 'lying' && fault.factorPercent > 50 && fault.factorPercent < 200) oracle.lied(name);
    }
  }

  async function restart(): Promise<void> {
    await clock.run(service.stop());
    await clock.run(Promise.all(pending));
    await clock.advance(5_000); // what was under way has ended
    oracle.restarted();
    service = create();
    if (polls) service.start();
  }
}

function randomFault(pick: <T>(from: readonly T[]) => T, below: (limit: number) => number, story: string): Fault {
  const faults: Fault[] = [
    { kind: 'dead' },
    { kind: 'hang' },
    { kind: 'slow', ms: below(4_000) },
    { kind: 'status', status: pick([301, 400, 401, 403, 404, 418, 429, 451, 500, 502, 503]) },
    { kind: 'html' },
    { kind: 'empty-object' },
    { kind: 'zero' },
    { kind: 'huge' },
    { kind: 'string-with-commas' },
    { kind: 'error-under-200' },
    { kind: 'rate-limited', retryAfterSeconds: below(900) },
    { kind: 'lying', factorPercent: 90 + below(21) },
    { kind: 'lying', factorPercent: pick([1, 10, 1_000]) }, // out of the band
  ];
  // Where our clock is wrong as well, nobody could tell a frozen feed from a moving one.
  return pick(story === 'steps' ? faults : [...faults, { kind: 'frozen' }]);
}

/** Fails now and then, and forgets now and then. */
function unreliable(cache: Cache, fraction: () => number): Cache {
  return {
    ...cache,
    get: (key) => (fraction() < 0.05 ? Promise.reject(new Error('the cache is down')) : cache.get(key)),
    setIfNewer: (...entry) =>
      fraction() < 0.05 ? Promise.reject(new Error('the cache is down')) : cache.setIfNewer(...entry),
  };
}
