/** What a form knows of an endpoint, and what of it is sent. */
import type { Answer } from '../../api.ts';

export type Endpoint = Answer<'GET /v1/notification-endpoints'>['data'][number];

export const CHANNELS = ['email', 'webhook', 'slack', 'telegram', 'zalo', 'sms'] as const;
export const SEVERITIES = ['info', 'warning', 'critical'] as const;
export const LOCALES = ['vi', 'en'] as const;
export const DIGESTS = ['off', 'hourly', 'daily'] as const;

export interface Preferences {
  readonly label: string;
  /** With spaces between them. */
  readonly events: string;
  readonly severity: (typeof SEVERITIES)[number];
  readonly locale: (typeof LOCALES)[number];
  readonly digest: (typeof DIGESTS)[number];
  /** `22:00`; empty: there is no quiet time. */
  readonly quietFrom: string;
  readonly quietUntil: string;
}

export const NEW: Preferences = {
  ...{ label: '', events: '*', severity: 'info', locale: 'vi', digest: 'off' },
  ...{ quietFrom: '', quietUntil: '' },
};

export const preferencesOf = ({ label, events, min_severity, locale, digest, quiet }: Endpoint): Preferences => ({
  ...{ label, events: events.join(' '), severity: min_severity, locale, digest },
  ...{
    quietFrom: quiet === null ? '' : timeOfDay(quiet.from),
    quietUntil: quiet === null ? '' : timeOfDay(quiet.until),
  },
});

export const bodyOf = ({ label, events, severity, locale, digest, quietFrom, quietUntil }: Preferences) => ({
  ...{ label: label.trim(), events: events.split(/[\s,]+/).filter((each) => each !== '') },
  ...{ min_severity: severity, locale, digest },
  quiet: quietFrom === '' && quietUntil === '' ? null : { from: minutesOf(quietFrom), until: minutesOf(quietUntil) },
});

const timeOfDay = (minutes: number): string =>
  `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;

/** -1 where it is no time of day: the service says so then. */
function minutesOf(text: string): number {
  const [, hour, minute] = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(text.trim()) ?? [];
  return hour === undefined ? -1 : Number(hour) * 60 + Number(minute);
}
