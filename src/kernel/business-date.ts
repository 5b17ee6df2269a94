/**
 * A business date is a date in the platform's time zone: D is [D 00:00, D+1 00:00) there. The zone's
 * rules come from the runtime's tz database; a zone with daylight saving has 23- and 25-hour days.
 */
import { PlumblineError } from './errors.ts';
import type { Id } from './ids.ts';

/** `2026-11-23`. */
export type BusinessDate = Id<'business-date'>;

const DAY_MS = 86_400_000;
const FORM = /^(\d{4})-(\d{2})-(\d{2})$/;

/** @throws `date.malformed` (invalid): not a calendar date between 1970 and 9999 */
export function parseBusinessDate(text: string): BusinessDate {
  const match = FORM.exec(text);
  const epoch = match === null ? Number.NaN : Date.parse(`${text}T00:00:00Z`);
  const valid = match !== null && !Number.isNaN(epoch) && new Date(epoch).toISOString().startsWith(text) && epoch >= 0;
  if (!valid) {
    throw new PlumblineError(
      'invalid',
      'date.malformed',
      `"${text.slice(0, 40)}" is not a date; write YYYY-MM-DD, for example 2026-11-23`,
      { details: { value: text.slice(0, 40) } },
    );
  }
  return text as BusinessDate;
}

/** @throws `zone.unknown` (invalid) */
export function assertZone(zone: string): void {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: zone });
  } catch {
    throw new PlumblineError(
      'invalid',
      'zone.unknown',
      `"${zone}" is not a time zone; use an IANA name such as Asia/Ho_Chi_Minh`,
    );
  }
}

interface Local {
  readonly date: BusinessDate;
  /** Of the whole second. */
  readonly asUtcMs: number;
}

const formats = new Map<string, Intl.DateTimeFormat>(); // building one costs ~30 us, using one ~5 us
/** What was asked last in each zone: what happens together is asked for together. */
const newest = new Map<string, { readonly second: number; readonly local: Local }>();

function localParts(epochMs: number, zone: string): Local {
  const second = Math.floor(epochMs / 1000);
  const known = newest.get(zone);
  if (known?.second === second) return known.local;
  const local = readLocal(epochMs, zone);
  newest.set(zone, { second, local });
  return local;
}

function readLocal(epochMs: number, zone: string): Local {
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-CA', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    });
    formats.set(zone, format);
  }
  const part = new Map(format.formatToParts(epochMs).map(({ type, value }) => [type, value]));
  const date = `${part.get('year')}-${part.get('month')}-${part.get('day')}`;
  const time = `${part.get('hour')}:${part.get('minute')}:${part.get('second')}`;
  return { date: date as BusinessDate, asUtcMs: Date.parse(`${date}T${time}Z`) };
}

/** The business date on which the instant falls. */
export const businessDateAt = (epochMs: number, zone: string): BusinessDate => localParts(epochMs, zone).date;

/** The date `days` later (or earlier, where negative). */
export const addDays = (date: BusinessDate, days: number): BusinessDate =>
  new Date(Date.parse(`${date}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10) as BusinessDate;

/** The instant at which the date begins in the zone: its first, where clocks go back over midnight. */
export function startOfDay(date: BusinessDate, zone: string): number {
  const midnight = Date.parse(`${date}T00:00:00Z`);
  // No zone is further than 14 h from UTC. Where midnight does not exist, the day begins at the jump.
  let low = midnight - 15 * 3_600_000;
  let high = midnight + 15 * 3_600_000;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (businessDateAt(middle, zone) < date) low = middle;
    else high = middle;
  }
  return high;
}

/** The instant at which the date is over: the start of the next. */
export const endOfDay = (date: BusinessDate, zone: string): number => startOfDay(addDays(date, 1), zone);

/** The local time of an instant with its offset, RFC 3339: `2026-11-23T23:59:59+07:00`. */
export function formatInZone(epochMs: number, zone: string): string {
  const whole = Math.floor(epochMs / 1000) * 1000;
  const { asUtcMs } = localParts(whole, zone);
  const offsetMinutes = Math.round((asUtcMs - whole) / 60_000);
  const sign = offsetMinutes < 0 ? '-' : '+';
  const absolute = Math.abs(offsetMinutes);
  const two = (n: number): string => String(n).padStart(2, '0');
  const offset = `${sign}${two(Math.floor(absolute / 60))}:${two(absolute % 60)}`;
  return `${new Date(asUtcMs).toISOString().slice(0, 19)}${offset}`;
}
