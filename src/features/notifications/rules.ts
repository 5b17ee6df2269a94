/** When a notification is tried again: pure. */

export type Urgency = 'page' | 'message' | 'webhook';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/**
 * Waits before the second try, the third ...; after the last the letter is dead. For messages and webhooks
 * those of Standard Webhooks: ten tries over 75.6 hours. A page is worth nothing later: six in ten minutes.
 */
export const SCHEDULES: Readonly<Record<Urgency, readonly number[]>> = {
  page: [5 * SECOND, 15 * SECOND, MINUTE, 3 * MINUTE, 340 * SECOND],
  message: [5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR],
  webhook: [5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR],
};

/** A receiver that asks to wait is obeyed up to this. */
const LONGEST_ASKED: Readonly<Record<Urgency, number>> = { page: 2 * MINUTE, message: 24 * HOUR, webhook: 24 * HOUR };

/**
 * @param tries in this round, the one that failed included
 * @param fraction uniform in [0, 1): the jitter, a fifth either way
 * @returns milliseconds until the next try; undefined: there is none
 */
export function nextWait(urgency: Urgency, tries: number, fraction: number, askedMs = 0): number | undefined {
  const base = SCHEDULES[urgency][tries - 1];
  if (base === undefined) return undefined;
  const jittered = Math.round(base * (0.8 + 0.4 * fraction));
  return Math.max(jittered, Math.min(askedMs, LONGEST_ASKED[urgency]));
}
