/** One month of one seed: everything that happens is decided by it, and every policy lives through the same. */
import { createHash } from 'node:crypto';
import type { Purpose } from '../../../src/features/rates/quote.ts';
import { type RatesSettings, ratesSettings } from '../../../src/features/rates/settings.ts';
import { type Pair, pair, pairName } from '../../../src/kernel/rate.ts';
import { RECORDED_RATES } from '../../../src/sandbox/data/recorded-rates.ts';
import type { ProviderName } from '../../../src/sandbox/providers/faults.ts';
import { REFERENCE_GRAPH, SIMULATED_URLS } from '../../support/rates.ts';
import { ProcessClock, Timeline } from '../../support/timeline.ts';
import { Callers } from './callers.ts';
import { Dice } from './dice.ts';
import { Follow, isSudden } from './follow.ts';
import { Honesty } from './honesty.ts';
import { Judge } from './judge.ts';
import { Laws } from './laws.ts';
import { operationsOf, type Plan } from './operations.ts';
import { type Counts, isUnlabelled, numberOf, Oracle } from './oracle.ts';
import { Adapter } from './peers/adapter.ts';
import { Gateway } from './peers/gateway.ts';
import { DataNode } from './peers/node.ts';
import type { Peer, PeerDeps } from './peers/peer.ts';
import { Store } from './peers/store.ts';
import { type Process, Processes } from './processes.ts';
import { Providers } from './providers.ts';
import { Database, SharedCache } from './storage.ts';
import { Tally, USDT_VND } from './tally.ts';
import { troubleOf } from './trouble.ts';
import { DAY, MINUTE, SECOND, Truth } from './truth.ts';
import { Weather } from './weather.ts';
import { wire } from './wire.ts';

const LEGS: readonly Pair[] = [USDT_VND, pair('USDT', 'USD'), pair('USD', 'VND')];
const PURPOSES: readonly Purpose[] = ['quote', 'quote', 'reconcile', 'display'];
const DEADLINE_MS = 2_500;
/** A route must have been there for so long before a policy is expected to find it. */
const FOUND_MS = 5 * SECOND;

export interface Month {
  readonly violations: readonly string[];
  /** Where nobody can promise anything: the liar's was the only route. */
  readonly excused: readonly string[];
  readonly tallies: readonly Tally[];
  readonly counts: Counts;
  readonly followed: readonly number[];
  readonly alarmed: readonly number[];
  /** The hash of every answer, in order. */
  readonly trace: string;
}

interface Scenario {
  readonly plan: Plan;
  /** CryptoCompare has a key. */
  readonly key: boolean;
  readonly settings: RatesSettings;
}

export function scenarioOf(seed: number): Scenario {
  const dice = new Dice(seed, 'scenario');
  const key = seed % 2 === 0;
  const shared = dice.chance(0.4);
  const plan = {
    shared,
    database: !shared || dice.chance(0.6),
    steps: dice.chance(0.2),
    usual: shared
      ? dice.weighed([
          [6, 1],
          [3, 2],
          [1, 3],
        ])
      : 1,
  };
  // Asked every fifteen seconds, as configured, or so rarely that a minute still holds.
  const binanceMs = seed % 4 === 0 ? 15 * SECOND : 45 * SECOND;
  const sources = REFERENCE_GRAPH.sources.map((each) =>
    each.definition.name === 'binance' ? { ...each, everyMs: binanceMs } : each,
  );
  const access = Object.fromEntries(
    sources.map(({ definition: { name } }) => [
      name,
      { url: SIMULATED_URLS[name], apiKey: key && name === 'cryptocompare' ? 'k' : undefined },
    ]),
  );
  return { plan, key, settings: ratesSettings({ ...REFERENCE_GRAPH, sources }, { access, syncMs: 5 * SECOND }) };
}

export async function simulate(seed: number, days: number): Promise<Month> {
  const { plan, key, settings } = scenarioOf(seed);
  const dice = new Dice(seed, 'month');
  const begin = Date.parse(`${dice.pick(RECORDED_RATES).date}T00:00:00Z`) + dice.whole(0, 7 * DAY);
  const end = begin + days * DAY;
  const time = new Timeline(begin);
  const truth = new Truth(new Dice(seed, 'truth'), begin, end);
  const asked: readonly ProviderName[] = [
    'coingecko',
    'binance',
    ...(key ? ['cryptocompare' as const] : []),
    'vietcombank',
    'open-er-api',
    'frankfurter',
  ];
  const trouble = troubleOf(new Dice(seed, 'trouble'), asked, truth.moves, begin, end);
  const operations = operationsOf(new Dice(seed, 'operations'), plan, begin, end);
  const weather = new Weather(time, new Providers(truth, seed), trouble);
  const honesty = new Honesty(time, weather, asked);
  const judge = new Judge(time, truth, honesty);
  const oracle = new Oracle({ time, judge, honesty, settings, steps: plan.steps });
  const [cache, database] = [new SharedCache(time), new Database()];
  const laws = new Laws(time, {
    get cacheUp() {
      return plan.shared && cache.state === 'up';
    },
    get databaseUp() {
      return plan.database && database.up;
    },
  });
  const follow = new Follow(time, judge, truth.moves, honesty, () => oracle.liars.length === 0);

  const wireDice = new Dice(seed, 'wire');
  const reachable = (): void => {
    const away = plan.shared && cache.state !== 'up';
    // Where processes cannot see one another, each has a share of CoinGecko's quota only.
    honesty.setUnreachable((provider) => processes.alive === 0 || (away && provider === 'coingecko'));
  };
  const processes: Processes = new Processes({
    ...{ time, seed, plan, settings, cache, database },
    httpOf: (process, clock) =>
      wire(weather, wireDice, clock, {
        called: (provider) => laws.called(process, provider),
        answered: (provider, delivered) => {
          laws.answered(process, provider);
          if (delivered === undefined) return;
          oracle.heard(provider, delivered);
          const pauseMs = delivered.retryAfterMs ?? pauseAfter(delivered.status, settings);
          if (pauseMs === undefined) return;
          honesty.held(provider, time.now + pauseMs);
          if (delivered.retryAfterMs !== undefined) laws.told(process, provider, time.now + pauseMs);
        },
      }),
    onEvent: (process, event) => {
      if (event.kind === 'breaker') laws.breaker(process, event.source, event.to);
      follow.happened(event);
    },
    onStart: (process) => {
      laws.started(process);
      reachable();
    },
    onEnd: (process) => {
      laws.killed(process);
      reachable();
    },
    onStorage: (forgot) => {
      laws.cacheChanged(forgot);
      reachable();
    },
  });
  processes.begin();
  for (const operation of operations) time.at(operation.at, () => processes.do(operation));

  const peerCalls = new Map<string, number>();
  const peers = [Gateway, Adapter, Store, DataNode].map((Model): readonly [Peer, Tally] => {
    const clock = new ProcessClock(time);
    const http = wire(weather, new Dice(seed, `wire of ${Model.name}`), clock, {
      called: (provider) => {
        if (provider === 'coingecko') peerCalls.set(Model.name, (peerCalls.get(Model.name) ?? 0) + 1);
      },
      answered: () => undefined,
    });
    const deps: PeerDeps = { clock, http, key };
    const peer = new Model(deps);
    return [peer, new Tally(peer.name, peer.boundMs)];
  });

  const ours = new Tally('plumbline', settings.agingMs);
  const lines = createHash('sha256');
  const callerDice = new Dice(seed, 'callers');
  const events = [
    ...trouble.episodes.flatMap(({ from, until }) => [from, until]),
    ...trouble.outages.flatMap(({ from, until }) => [from, until]),
    ...truth.moves.flatMap(({ from, until }) => [from, until]),
    ...operations.map(({ at }) => at),
  ];
  const callers = new Callers(
    callerDice,
    events,
    truth.moves.filter(isSudden).map(({ from }) => from),
  );

  const quote = async (
    process: Process,
    wanted: Pair,
    purpose: Purpose,
    deadlineMs: number,
    honestMs?: number,
  ): Promise<void> => {
    try {
      const given = await process.service.getQuote(wanted, { purpose, deadlineMs });
      oracle.gave(wanted, purpose, given);
      const { level, agreement, ageMs, mid } = given;
      lines.update(
        `${time.now} ${pairName(wanted)} ${given.quoteId} ${level} ${agreement} ${ageMs} ${numberOf(mid)}\n`,
      );
      if (wanted === USDT_VND) follow.gave(given);
      if (honestMs !== undefined)
        ours.count({ value: numberOf(mid), labelled: !isUnlabelled(given), ageMs }, honestMs, judge);
    } catch (error) {
      oracle.refused(wanted, purpose, error, process.service.knownQuote(wanted));
      lines.update(`${time.now} ${pairName(wanted)} refused\n`);
      if (honestMs !== undefined) ours.count(undefined, honestMs, judge);
    }
  };

  const ask = (): void => {
    const next = callers.after(time.now);
    const process = processes.pick(callerDice);
    if (process !== undefined) {
      const honestMs = honesty.routeExists(USDT_VND, FOUND_MS) ? Math.min(next, end) - time.now : 0;
      void quote(process, USDT_VND, 'quote', DEADLINE_MS, honestMs);
      if (callerDice.chance(0.5)) {
        void quote(process, callerDice.pick(LEGS), callerDice.pick(PURPOSES), callerDice.whole(100, 3_000));
      }
      for (const [peer, tally] of peers) {
        void peer.ask().then((figure) => {
          const answer = figure && { value: figure.value, labelled: false, ageMs: time.now - figure.at };
          tally.count(answer, honestMs, judge);
        });
      }
    }
    if (next < end) time.at(next, ask);
  };
  time.at(begin + 10 * SECOND, ask);
  await time.run(end);
  void processes.stop();
  await time.run(end + MINUTE);

  ours.calls = laws.callsOf('coingecko');
  for (const [index, [, tally]] of peers.entries()) {
    tally.calls = [...peerCalls.values()][index] ?? 0;
  }
  return {
    violations: [...oracle.violations, ...laws.violations, ...follow.violations],
    excused: oracle.excused,
    tallies: [ours, ...peers.map(([, tally]) => tally)],
    counts: oracle.counts,
    followed: follow.followed,
    alarmed: follow.alarmed,
    trace: lines.digest('hex'),
  };
}

/** Our own pauses after answers that do not say how long. */
function pauseAfter(status: number, { refusedHoldMs, rateLimitedHoldMs }: RatesSettings): number | undefined {
  if (status === 401 || status === 403 || status === 451) return refusedHoldMs;
  return status === 429 || status === 418 ? rateLimitedHoldMs : undefined;
}
