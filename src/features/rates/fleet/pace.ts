/**
 * A quota as a pace: the generic cell rate algorithm (ITU-T I.371 annex A), a leaky bucket in one
 * number. `spentUntil` is the time up to which the calls so far are paid for; each call moves it on by
 * `callMs`, and one may run ahead of it by a burst. Of two states that met apart the later one holds
 * what both spent at least, so the number can be lost, merged and stored without ever being too small
 * for long.
 */
export interface Pace {
  /** Milliseconds that one call uses up. */
  readonly callMs: number;
  /** Calls that may be made ahead of time. */
  readonly burst: number;
}

/** The longest month: no window of 31 days sees more than the calls that it includes. */
const MONTH_MS = 31 * 86_400_000;
/** Kept for calls that were made and then forgotten by a crash, per cent. */
const MARGIN_PERCENT = 1;
/** May be made ahead of time, when a dispute or a cold start asks for it, per cent. */
const BURST_PERCENT = 4;

export function monthlyPace(calls: number): Pace {
  const burst = Math.floor((calls * BURST_PERCENT) / 100);
  const margin = Math.ceil((calls * MARGIN_PERCENT) / 100);
  return { callMs: MONTH_MS / Math.max(1, calls - burst - margin), burst };
}

/**
 * Processes that cannot see one another, because what they share is out of reach. Each takes its share
 * of the pace and none of the burst, and only after one share's time has passed: together they never
 * call more often than the pace allows.
 */
export interface Alone {
  /** How many there are, at the most. */
  readonly processes: number;
  /** When they lost sight of each other, on the same clock as everything here. */
  readonly since: number;
}

/** Milliseconds until a call is within the pace; 0: now. */
export function paceWait(spentUntil: number, now: number, pace: Pace | undefined, alone?: Alone): number {
  if (pace === undefined) return 0;
  const wait = spentUntil - pace.burst * pace.callMs - now;
  const share = alone === undefined ? 0 : alone.since + alone.processes * pace.callMs - now;
  return Math.max(0, wait, share);
}

/** After one call. */
export function paced(spentUntil: number, now: number, pace: Pace | undefined, alone?: Alone): number {
  if (pace === undefined) return spentUntil;
  if (alone === undefined) return Math.max(now, spentUntil) + pace.callMs;
  return Math.max(now + pace.burst * pace.callMs, spentUntil) + pace.callMs * alone.processes;
}

/** More processes than this are taken for this many. */
export const MOST_PROCESSES = 64;

/** No call moves it further ahead than this: what lies beyond was written by a clock that was wrong. */
export const clampedPace = (spentUntil: number, now: number, pace: Pace | undefined): number =>
  pace === undefined ? 0 : Math.min(spentUntil, now + (pace.burst + MOST_PROCESSES) * pace.callMs);

/** Calls that may be made now. */
export const callsLeft = (spentUntil: number, now: number, { callMs, burst }: Pace): number =>
  Math.max(0, Math.floor((now - (spentUntil - burst * callMs)) / callMs) + 1);
