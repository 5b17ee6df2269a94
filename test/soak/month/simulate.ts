/** One month of one seed: everything that happens is decided by it, and every policy lives through the same. */
import { createHash } from 'node:crypto';
import type { Purpose } from '../../../src/features/rates/quote.ts';
import { type Pair, pair, pairName } from '../../../src/kernel/rate.ts';
import { Callers } from './callers.ts';
import { contendersOf } from './contenders.ts';
import { Dice } from './dice.ts';
import { isSudden } from './follow.ts';
import { type Counts, isUnlabelled, numberOf } from './oracle.ts';
import type { Process } from './processes.ts';
import { scenarioOf } from './scenario.ts';
import { Tally, USDT_VND } from './tally.ts';
import { MINUTE, SECOND } from './truth.ts';
import { World } from './world.ts';

const PAIRS: readonly Pair[] = [USDT_VND, pair('USDT', 'USD'), pair('USD', 'VND')];
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

interface Question {
  readonly process: Process;
  readonly pair: Pair;
  readonly purpose: Purpose;
  readonly deadlineMs: number;
  /** Milliseconds of honest time that it stands for; absent: it is not counted. */
  readonly honestMs?: number;
}

export async function simulate(seed: number, days: number): Promise<Month> {
  const scenario = scenarioOf(seed, days);
  const world = new World(scenario);
  const { time, judge, honesty, oracle, laws, follow, processes, weather } = world;
  const contenders = contendersOf(scenario, time, weather);
  const ours = new Tally('plumbline', scenario.settings.agingMs, () => laws.callsOf('coingecko'));
  const trace = createHash('sha256');
  const dice = new Dice(seed, 'callers');
  const callers = new Callers(
    dice,
    eventsOf(world),
    world.truth.moves.filter(isSudden).map(({ from }) => from),
  );

  const ask = async ({ process, pair: wanted, purpose, deadlineMs, honestMs }: Question): Promise<void> => {
    try {
      const quote = await process.service.getQuote(wanted, { purpose, deadlineMs });
      const { quoteId, level, agreement, ageMs } = quote;
      const value = numberOf(quote.mid);
      trace.update(`${time.now} ${pairName(wanted)} ${quoteId} ${level} ${agreement} ${ageMs} ${value}\n`);
      oracle.gave(wanted, purpose, quote);
      if (wanted === USDT_VND) follow.gave(quote);
      if (honestMs !== undefined) ours.count({ value, labelled: !isUnlabelled(quote), ageMs }, honestMs, judge);
    } catch (error) {
      trace.update(`${time.now} ${pairName(wanted)} refused\n`);
      oracle.refused(wanted, purpose, error, process.service.knownQuote(wanted));
      if (honestMs !== undefined) ours.count(undefined, honestMs, judge);
    }
  };

  const come = (): void => {
    const next = Math.min(callers.after(time.now), scenario.end);
    const process = processes.pick(dice);
    if (process !== undefined) {
      const honestMs = honesty.routeExists(USDT_VND, FOUND_MS) ? next - time.now : 0;
      void ask({ process, pair: USDT_VND, purpose: 'quote', deadlineMs: DEADLINE_MS, honestMs });
      if (dice.chance(0.5)) {
        void ask({ process, pair: dice.pick(PAIRS), purpose: dice.pick(PURPOSES), deadlineMs: dice.whole(100, 3_000) });
      }
      for (const { peer, tally } of contenders) {
        void peer.ask().then((figure) => {
          const answer = figure && { value: figure.value, labelled: false, ageMs: time.now - figure.at };
          tally.count(answer, honestMs, judge);
        });
      }
    }
    if (next < scenario.end) time.at(next, come);
  };

  time.at(scenario.begin + 10 * SECOND, come);
  await time.run(scenario.end);
  void processes.stop();
  await time.run(scenario.end + MINUTE);
  return {
    violations: [...oracle.violations, ...laws.violations, ...follow.violations],
    excused: oracle.excused,
    tallies: [ours, ...contenders.map(({ tally }) => tally)],
    counts: oracle.counts,
    followed: follow.followed,
    alarmed: follow.alarmed,
    trace: trace.digest('hex'),
  };
}

/** When something begins or ends. */
const eventsOf = ({ trouble, truth, operations }: World): readonly number[] => [
  ...[...trouble.episodes, ...trouble.outages, ...truth.moves].flatMap(({ from, until }) => [from, until]),
  ...operations.map(({ at }) => at),
];
