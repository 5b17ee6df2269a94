/** Times: stored in UTC, shown in the platform's zone, with the zone's name. */
import type { Language } from './amount.ts';

const parts = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
  const known =
    parts.get(zone) ??
    new Intl.DateTimeFormat('en-GB', {
      ...{ timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' },
      ...{ hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23', timeZoneName: 'shortOffset' },
    });
  parts.set(zone, known);
  return known;
}

function fields(time: string | number, zone: string): Readonly<Record<string, string>> {
  const found = formatOf(zone).formatToParts(new Date(time));
  return Object.fromEntries(found.map(({ type, value }) => [type, value]));
}

/** `26/11/2026 09:00:50 GMT+7` */
export function dateTime(time: string | number, zone: string): string {
  const { day, month, year, hour, minute, second, timeZoneName } = fields(time, zone);
  return `${day}/${month}/${year} ${hour}:${minute}:${second} ${timeZoneName}`;
}

/** `26/11 09:00`, for the axis of a chart. */
export function shortTime(time: number, zone: string, withDate: boolean): string {
  const { day, month, hour, minute } = fields(time, zone);
  return withDate ? `${day}/${month} ${hour}:${minute}` : `${hour}:${minute}`;
}

/** `26/11/2026` of a business date `2026-11-26`, which is of the zone already. */
export function businessDate(date: string): string {
  const [year, month, day] = date.split('-');
  return day === undefined ? date : `${day}/${month}/${year}`;
}

export const zoneOffset = (time: number, zone: string): string => fields(time, zone).timeZoneName ?? zone;

const UNITS = [
  [86_400, 'day'],
  [3_600, 'hour'],
  [60, 'minute'],
  [1, 'second'],
] as const;

/** `3 minutes ago`, `in 2 hours`. @param ms from now; below zero: it is over */
export function fromNow(ms: number, language: Language): string {
  const seconds = Math.round(ms / 1_000);
  const [size, unit] = UNITS.find(([each]) => Math.abs(seconds) >= each) ?? [1, 'second'];
  return new Intl.RelativeTimeFormat(language, { numeric: 'always' }).format(Math.trunc(seconds / size), unit);
}

/** `3 minutes`, of how long something takes or is. */
export function duration(ms: number, language: Language): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  const [size, unit] = UNITS.find(([each]) => seconds >= each) ?? [1, 'second'];
  return new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long' }).format(
    Math.trunc(seconds / size),
  );
}

/** The instant of `2026-11-26T09:00` on a clock in the zone; undefined: it is no time. */
export function instantOf(local: string, zone: string): string | undefined {
  const guess = Date.parse(`${local}Z`);
  if (Number.isNaN(guess)) return undefined;
  const shown = (time: number): number => {
    const { day, month, year, hour, minute, second } = fields(time, zone);
    return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  };
  // Twice, for the first correction may cross a change of the zone's offset.
  const once = guess - (shown(guess) - guess);
  return new Date(once - (shown(once) - guess)).toISOString();
}
