/** Which state a notification is in. */
import type { Answer } from '../../api.ts';
import type { Tone } from '../../ui/badge.tsx';

type Status = Answer<'GET /v1/notifications'>['data'][number]['status'];

export const STATUSES = [
  'pending',
  'sending',
  'sent',
  'delivered',
  'retrying',
  'dead',
  'suppressed',
] as const satisfies readonly Status[];

export const toneOfNotification = (status: Status): Tone =>
  status === 'dead'
    ? 'bad'
    : status === 'retrying'
      ? 'warn'
      : status === 'sent' || status === 'delivered'
        ? 'good'
        : 'idle';
