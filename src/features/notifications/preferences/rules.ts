/** Who wants to hear of what, and when: pure. */
import { addDays, businessDateAt, startOfDay } from '../../../kernel/business-date.ts';

export type Severity = 'info' | 'warning' | 'critical';
const RANK: Readonly<Record<Severity, number>> = { info: 0, warning: 1, critical: 2 };

/** `solvency.deficit` is wanted by itself, by `solvency.*` and by `*`. */
export const wants = (patterns: readonly string[], event: string): boolean =>
  patterns.some(
    (pattern) =>
      pattern === '*' || pattern === event || (pattern.endsWith('.*') && event.startsWith(pattern.slice(0, -1))),
  );

export const isLoudEnough = (severity: Severity, least: Severity): boolean => RANK[severity] >= RANK[least];

export interface Times {
  readonly zone: string;
  /** Minutes of the day; null: there are no quiet hours. */
  readonly quietFrom: number | null;
  readonly quietUntil: number | null;
  readonly digest: 'off' | 'hourly' | 'daily';
  readonly digestAt: number;
}

const MINUTE = 60_000;
const HOUR = 3_600_000;

/**
 * When an event may be told. What is critical never waits, and is never part of a digest.
 * @param now epoch milliseconds
 */
export function whenTold(
  severity: Severity,
  now: number,
  times: Times,
): { readonly at: number; readonly digest: string | undefined } {
  if (severity === 'critical') return { at: now, digest: undefined };
  if (times.digest === 'hourly') {
    const at = (Math.floor(now / HOUR) + 1) * HOUR;
    return { at: afterQuiet(at, times), digest: new Date(at).toISOString() };
  }
  if (times.digest === 'daily') {
    const at = nextAt(now, times.digestAt, times.zone);
    return { at, digest: new Date(at).toISOString() };
  }
  return { at: afterQuiet(now, times), digest: undefined };
}

function afterQuiet(now: number, { zone, quietFrom, quietUntil }: Times): number {
  if (quietFrom === null || quietUntil === null || quietFrom === quietUntil) return now;
  const minute = minuteOfDay(now, zone);
  const isQuiet =
    quietFrom < quietUntil ? minute >= quietFrom && minute < quietUntil : minute >= quietFrom || minute < quietUntil;
  return isQuiet ? nextAt(now, quietUntil, zone) : now;
}

const minuteOfDay = (now: number, zone: string): number =>
  Math.floor((now - startOfDay(businessDateAt(now, zone), zone)) / MINUTE);

/** The next instant, later than now, that is so many minutes into a day of the zone. */
function nextAt(now: number, minute: number, zone: string): number {
  const today = businessDateAt(now, zone);
  const at = startOfDay(today, zone) + minute * MINUTE;
  return at > now ? at : startOfDay(addDays(today, 1), zone) + minute * MINUTE;
}

/** Time that an endpoint may fail before it is no longer asked, milliseconds: five days. */
export const GIVE_UP_ENDPOINT_MS = 5 * 24 * HOUR;
