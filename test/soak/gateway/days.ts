/**
 * A gateway lives for many days and is reconciled after each. Thieves come on days that the seed picks;
 * what they take is found on the first run after it, by its place and to the last unit, and on all
 * other days nothing is found and nothing is left unexplained.
 */
import { makeReport, type Report } from '../../../src/features/reconciliation/report.ts';
import { addDays, type BusinessDate, parseBusinessDate, startOfDay } from '../../../src/kernel/business-date.ts';
import { Dice } from '../month/dice.ts';
import { Life } from './life.ts';
import { BOOK, observationOf, quoteAt, surelyLeft, TOLERANCE } from './mirror.ts';
import { currencyOf, PLACES, type Place, WALLETS, type Witness, World } from './world.ts';

export interface Plan {
  readonly seed: number;
  readonly days: number;
  /** Thefts of 1,001 VND or more. */
  readonly thefts: number;
  readonly witness?: Witness;
  /** After each day, with what the model's report says of it. */
  readonly onDay?: (date: BusinessDate, report: Report, mid: bigint) => Promise<void>;
}

export interface Outcome {
  readonly violations: readonly string[];
  /** Thefts of 1,001 VND or more, and of those the ones that the first run named with place and amount. */
  readonly thefts: number;
  readonly found: number;
  /** Thefts that dong alone cannot show: below the tolerance, or made good by a gain elsewhere. */
  readonly hidden: number;
  readonly hiddenFound: number;
  readonly falseAlarms: number;
  readonly honestDays: number;
  /** The most that an honest day left unexplained, in minor units of VND, whichever way. */
  readonly mostUnexplained: bigint;
  readonly insolventDays: number;
  readonly counts: ReadonlyMap<string, number>;
}

/** What came away from where it should be, by place; below zero: it is gone. */
type Crime = ReadonlyMap<Place, bigint>;
type Kind = 'plain' | 'ruin' | 'below' | 'masked';

const FIRST = parseBusinessDate('2024-01-01');

export async function live({ seed, days, thefts, witness, onDay }: Plan): Promise<Outcome> {
  const start = startOfDay(FIRST, BOOK.zone);
  const world = new World(start, witness);
  const life = new Life(world, new Dice(seed, 'life'));
  const dice = new Dice(seed, 'thieves');
  const crimes = planned(dice, days, thefts);
  const violations: string[] = [];
  const tally = { thefts: 0, found: 0, hidden: 0, hiddenFound: 0, falseAlarms: 0, honestDays: 0, insolventDays: 0 };
  let mostUnexplained = 0n;
  life.found();

  for (let day = 0; day < days; day += 1) {
    const date = addDays(FIRST, day);
    const begin = startOfDay(date, BOOK.zone);
    const end = startOfDay(addDays(date, 1), BOOK.zone);
    life.day(begin, end);
    const kind = crimes.get(day);
    let crime: Crime = new Map();
    if (kind !== undefined) {
      world.at(dice.between(begin + (end - begin) / 4, end), () => {
        crime = committed(kind, world, life, dice);
      });
    }
    world.runUntil(end);

    const report = makeReport(BOOK, observationOf(world, quoteAt(life.rate, end), date));
    const broken = judge(report, crime, surelyLeft(world, life.rate));
    violations.push(...broken.map((each) => `seed ${seed}, ${date}, ${kind ?? 'honest'}: ${each}`));
    const truth = report.truth?.verdict;
    if (truth?.kind === 'known' && !truth.solvent) tally.insolventDays += 1;
    if (crime.size === 0) {
      tally.honestDays += 1;
      const over = truth?.kind === 'known' ? abs(truth.unexplained.minor) : 0n;
      if (over > mostUnexplained) mostUnexplained = over;
      if (broken.length > 0) tally.falseAlarms += 1;
    } else if (kind === 'plain' || kind === 'ruin') {
      tally.thefts += 1;
      if (broken.length === 0) tally.found += 1;
    } else {
      tally.hidden += 1;
      if (broken.length === 0) tally.hiddenFound += 1;
    }
    await onDay?.(date, report, life.rate);

    // The day after, what was found is written off, and the owners make good what the platform needs.
    for (const [place, amount] of crime) life.writeOff(place, -amount);
    if (kind === 'ruin' || kind === 'plain')
      life.rescue([...crime].reduce((sum, [place, amount]) => sum - life.worth(place, amount), 0n));
  }
  return { violations, ...tally, mostUnexplained, counts: life.counts };
}

/** Which days see which crime: as many of the plain ones as asked for, and some that only native units show. */
function planned(dice: Dice, days: number, thefts: number): ReadonlyMap<number, Kind> {
  const free = Array.from({ length: days - 10 }, (_, index) => index + 10);
  const crimes = new Map<number, Kind>();
  const commit = (count: number, kindOf: (index: number) => Kind): void => {
    for (let index = 0; index < count && free.length > 0; index += 1) {
      const [day] = free.splice(dice.whole(0, free.length - 1), 1);
      if (day !== undefined) crimes.set(day, kindOf(index));
    }
  };
  commit(thefts, (index) => (index % 10 === 3 ? 'ruin' : 'plain'));
  commit(Math.ceil(thefts / 10), () => 'below');
  commit(Math.ceil(thefts / 10), () => 'masked');
  return crimes;
}

/** @returns what came away; nothing where there was nothing to take */
function committed(kind: Kind, world: World, life: Life, dice: Dice): Crime {
  const there = (place: Place): bigint =>
    world.really(place) < world.balance(place) ? world.really(place) : world.balance(place);
  const leastDong = kind === 'below' ? 100_00n : 1_001_00n;
  /** The least that is worth so much whatever the rate does until midnight. */
  const least = (place: Place): bigint =>
    currencyOf(place) === 'VND'
      ? leastDong
      : ((leastDong * 10n ** 22n) / life.rate / 10n ** 12n + 1n) * 10n ** 12n * (kind === 'below' ? 1n : 2n);
  const candidates = (kind === 'below' || kind === 'masked' ? WALLETS : PLACES).filter(
    (place) => there(place) >= least(place),
  );
  if (candidates.length === 0) return new Map();
  const place = kind === 'ruin' ? richest(candidates, (each) => life.worth(each, there(each))) : dice.pick(candidates);
  if (kind === 'below') {
    life.steal(place, least(place));
    return new Map([[place, -least(place)]]);
  }
  // From the least that must be seen to all that is there, each power of ten as likely as the next.
  const share = kind === 'ruin' ? 1 : dice.scaled(Number(least(place)) / Number(there(place)), 1);
  const wanted = (there(place) * BigInt(Math.round(share * 1e12))) / 10n ** 12n;
  const amount = kind === 'plain' && dice.chance(0.2) ? least(place) : wanted > least(place) ? wanted : least(place);
  life.steal(place, amount);
  if (kind !== 'masked') return new Map([[place, -amount]]);
  // As many USDT come to another wallet as left this one: in dong nothing has happened. (Where that is a
  // thousand times what the wallet has, it is not believed at all.)
  const others = WALLETS.filter((each) => each !== place && world.balance(each) * 500n > amount);
  if (others.length === 0) return new Map([[place, -amount]]);
  const other = dice.pick(others);
  life.find(other, amount);
  return new Map([
    [place, -amount],
    [other, amount],
  ]);
}

const richest = (places: readonly Place[], worth: (place: Place) => bigint): Place =>
  places.reduce((best, each) => (worth(each) > worth(best) ? each : best));

/** @returns what is wrong with the report, given what really happened */
function judge({ verdict, truth }: Report, crime: Crime, surely: bigint): readonly string[] {
  if (truth?.verdict.kind !== 'known') return [`the truth is unknown: ${truth?.verdict.reasons.join('; ')}`];
  const { net, solvent, explained, unexplained, breaks } = truth.verdict;
  const wrong: string[] = [];
  if (verdict.kind !== 'final') wrong.push('the formula has no verdict');
  if (net.low.minor !== surely) wrong.push(`net at its low is ${net.low.minor}, not ${surely}`);
  if (solvent !== surely >= -TOLERANCE) wrong.push(`solvent ${solvent} with ${surely} left`);
  const gaps = new Map(breaks.filter(({ kind }) => kind === 'native').map(({ key, amount }) => [key, amount.minor]));
  for (const [place, amount] of crime)
    if (gaps.get(`native/${place}`) !== amount)
      wrong.push(`${amount} at ${place} is told as ${gaps.get(`native/${place}`)}`);
  for (const key of gaps.keys())
    if (![...crime.keys()].some((place) => key === `native/${place}`))
      wrong.push(`${key} is told, and nothing happened there`);
  if (breaks.some(({ kind }) => kind === 'late')) wrong.push('something in time is told as late');
  if (crime.size === 0) {
    if (unexplained.minor !== 0n) wrong.push(`${unexplained.minor} is unexplained`);
    if (breaks.length > 0 || !explained || !solvent)
      wrong.push(`false alarm: ${breaks.map(({ key }) => key).join(', ')}`);
  } else if (crime.size === 1) {
    // In dong, a theft of a thousand and one or more shows as well.
    const [gone] = [...crime.values()];
    const seen = abs(unexplained.minor) > TOLERANCE;
    if (explained === seen) wrong.push(`explained ${explained} though ${unexplained.minor} is unexplained`);
    if (gone !== undefined && unexplained.minor >= 0n) wrong.push(`${unexplained.minor} is unexplained after a theft`);
  }
  return wrong;
}

const abs = (value: bigint): bigint => (value < 0n ? -value : value);
