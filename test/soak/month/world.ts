/** The service in its simulated month: everything that can happen to it, and everybody who watches. */
import type { RatesSettings } from '../../../src/features/rates/settings.ts';
import { Timeline } from '../../support/timeline.ts';
import { Dice } from './dice.ts';
import { Follow } from './follow.ts';
import { Honesty } from './honesty.ts';
import { Judge } from './judge.ts';
import { Laws } from './laws.ts';
import { type Operation, operationsOf } from './operations.ts';
import { Oracle } from './oracle.ts';
import { Processes } from './processes.ts';
import { Providers } from './providers.ts';
import type { Scenario } from './scenario.ts';
import { Database, SharedCache } from './storage.ts';
import { type Trouble, troubleOf } from './trouble.ts';
import { Truth } from './truth.ts';
import { Weather } from './weather.ts';
import { type Ears, wire } from './wire.ts';

/** So many calls a dispute takes at the most until CoinGecko's server shows what is new. */
const HURRY_CALLS = 15;

export class World {
  readonly time: Timeline;
  readonly truth: Truth;
  readonly trouble: Trouble;
  readonly operations: readonly Operation[];
  readonly weather: Weather;
  readonly honesty: Honesty;
  readonly judge: Judge;
  readonly oracle: Oracle;
  readonly laws: Laws;
  readonly follow: Follow;
  readonly processes: Processes;
  readonly #scenario: Scenario;
  readonly #cache: SharedCache;
  readonly #database = new Database();

  constructor(scenario: Scenario) {
    const { seed, plan, settings, providers, begin, end } = scenario;
    const time = new Timeline(begin);
    const truth = new Truth(new Dice(seed, 'truth'), begin, end);
    this.#scenario = scenario;
    this.#cache = new SharedCache(time);
    this.time = time;
    this.truth = truth;
    this.trouble = troubleOf(new Dice(seed, 'trouble'), providers, truth.moves, begin, end);
    this.operations = operationsOf(new Dice(seed, 'operations'), plan, begin, end);
    this.weather = new Weather(time, new Providers(truth, seed), this.trouble);
    this.honesty = new Honesty(time, this.weather, providers);
    this.judge = new Judge(time, truth, this.honesty);
    this.oracle = new Oracle({ ...this.#watching(), settings, steps: plan.steps });
    this.laws = new Laws(time, {
      cacheUp: () => plan.shared && this.#cache.state === 'up',
      databaseUp: () => plan.database && this.#database.up,
    });
    this.follow = new Follow({ ...this.#watching(), isQuiet: () => this.#isQuiet() }, truth.moves);
    this.processes = this.#processes();
    for (const operation of this.operations) time.at(operation.at, () => this.processes.do(operation));
    this.processes.begin();
  }

  #watching() {
    const { time, honesty, judge } = this;
    return { time, honesty, judge };
  }

  #isQuiet(): boolean {
    const [process] = this.processes.ready;
    const left = process?.service.providerStatus('coingecko').callsLeft ?? 0;
    return this.oracle.liars.length === 0 && left >= HURRY_CALLS;
  }

  #processes(): Processes {
    const { time, weather, laws, follow } = this;
    const { seed, plan, settings } = this.#scenario;
    const dice = new Dice(seed, 'wire');
    const changed = (): void => this.#lookWhoIsReachable();
    return new Processes({
      ...{ time, seed, plan, settings },
      ...{ cache: this.#cache, database: this.#database },
      httpOf: (process, clock) => wire(weather, dice, clock, this.#earsOf(process)),
      onEvent: (process, event) => {
        if (event.kind === 'breaker') laws.breaker(process, event.source, event.to);
        follow.happened(event);
      },
      onStart: (process) => {
        laws.started(process);
        changed();
      },
      onEnd: (process) => {
        laws.killed(process);
        changed();
      },
      onStorage: (forgot) => {
        laws.cacheChanged(forgot);
        changed();
      },
    });
  }

  #earsOf(process: number): Ears {
    const { time, laws, oracle, honesty } = this;
    return {
      called: (provider) => laws.called(process, provider),
      answered: (provider, delivered) => {
        laws.answered(process, provider);
        if (delivered === undefined) return;
        oracle.heard(provider, delivered);
        const { status, retryAfterMs } = delivered;
        if (retryAfterMs !== undefined) laws.told(process, provider, time.now + retryAfterMs);
        const pauseMs = retryAfterMs ?? ownPauseAfter(status, this.#scenario.settings);
        if (pauseMs !== undefined) honesty.held(provider, time.now + pauseMs);
      },
    };
  }

  #lookWhoIsReachable(): void {
    const away = this.#scenario.plan.shared && this.#cache.state !== 'up';
    // Where processes cannot see one another, each has a share of CoinGecko's quota only.
    this.honesty.setUnreachable((provider) => this.processes.alive === 0 || (away && provider === 'coingecko'));
  }
}

/** The service's own pauses after answers that do not say how long. */
function ownPauseAfter(status: number, { refusedHoldMs, rateLimitedHoldMs }: RatesSettings): number | undefined {
  if (status === 401 || status === 403 || status === 451) return refusedHoldMs;
  return status === 429 || status === 418 ? rateLimitedHoldMs : undefined;
}
