/** What happens on our own side in a month: restarts, the cache and the database away, clocks that are set. */
import type { Dice } from './dice.ts';
import { DAY, HOUR, MINUTE, SECOND } from './truth.ts';

export type Operation =
  /** How many processes there are to be from now on. */
  | { readonly kind: 'processes'; readonly at: number; readonly count: number }
  /** One process ends, in order or not, and another takes its place. */
  | { readonly kind: 'restart-one'; readonly at: number; readonly killed: boolean; readonly pauseMs: number }
  | { readonly kind: 'restart-all'; readonly at: number; readonly killed: boolean; readonly pauseMs: number }
  | { readonly kind: 'cache'; readonly at: number; readonly state: 'up' | 'down' | 'hung'; readonly forgets: boolean }
  | { readonly kind: 'database'; readonly at: number; readonly up: boolean }
  /** The wall clock of one process is set wrong, and right again. */
  | { readonly kind: 'step'; readonly at: number; readonly ms: number }
  | { readonly kind: 'step-back'; readonly at: number };

export interface Plan {
  /** One process with a cache of its own, or several that share one. */
  readonly shared: boolean;
  readonly database: boolean;
  readonly steps: boolean;
  /** Processes in quiet times. */
  readonly usual: number;
}

export function operationsOf(dice: Dice, plan: Plan, begin: number, end: number): readonly Operation[] {
  const all = [
    ...recurring(dice, begin, end, 4 * DAY, (at) => [restart(dice, at, plan)]),
    ...(plan.shared ? recurring(dice, begin, end, 4 * DAY, (at) => cacheAway(dice, at)) : []),
    ...(plan.shared ? recurring(dice, begin, end, 3 * DAY, (at) => busyTime(dice, at, plan)) : []),
    ...(plan.database ? recurring(dice, begin, end, 8 * DAY, (at) => databaseAway(dice, at)) : []),
    ...(plan.steps ? recurring(dice, begin, end, 2 * DAY, (at) => clockSet(dice, at)) : []),
  ];
  return all.filter(({ at }) => at < end).sort((a, b) => a.at - b.at);
}

/** Each of them is over before the next. */
function recurring(
  dice: Dice,
  begin: number,
  end: number,
  mean: number,
  make: (at: number) => readonly Operation[],
): readonly Operation[] {
  const made: Operation[] = [];
  for (let at = begin + HOUR + dice.until(mean); at < end; ) {
    const next = make(at);
    made.push(...next);
    at = (next.at(-1)?.at ?? at) + 10 * MINUTE + dice.until(mean);
  }
  return made;
}

function restart(dice: Dice, at: number, { shared }: Plan): Operation {
  const killed = dice.chance(0.5);
  if (shared && dice.chance(0.6)) return { kind: 'restart-one', at, killed, pauseMs: dice.scaled(SECOND, MINUTE) };
  return { kind: 'restart-all', at, killed, pauseMs: dice.scaled(SECOND, 3 * MINUTE) };
}

function cacheAway(dice: Dice, at: number): readonly Operation[] {
  if (dice.chance(0.3)) return [{ kind: 'cache', at, state: 'up', forgets: true }];
  const state = dice.pick<'down' | 'hung'>(['down', 'hung']);
  const until = at + dice.scaled(SECOND, 2 * HOUR);
  return [
    { kind: 'cache', at, state, forgets: false },
    { kind: 'cache', at: until, state: 'up', forgets: dice.chance(0.4) },
  ];
}

/** More processes for some time. */
function busyTime(dice: Dice, at: number, { usual }: Plan): readonly Operation[] {
  return [
    { kind: 'processes', at, count: dice.whole(3, 8) },
    { kind: 'processes', at: at + dice.scaled(2 * MINUTE, 2 * HOUR), count: usual },
  ];
}

function databaseAway(dice: Dice, at: number): readonly Operation[] {
  return [
    { kind: 'database', at, up: false },
    { kind: 'database', at: at + dice.scaled(10 * SECOND, 2 * HOUR), up: true },
  ];
}

function clockSet(dice: Dice, at: number): readonly Operation[] {
  const ms = Math.round(dice.scaled(SECOND, 2 * HOUR)) * (dice.chance(0.5) ? 1 : -1);
  return [
    { kind: 'step', at, ms },
    { kind: 'step-back', at: at + dice.scaled(MINUTE, 6 * HOUR) },
  ];
}
