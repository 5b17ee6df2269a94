/** What of telling people is itself something that people have to be told of. */
import type { Notice } from '../../kernel/notice.ts';

/** @param key one for one letter and round of tries */
export const deadLetter = (
  key: string,
  letter: {
    readonly channel: string;
    /** Null: it was to nobody's endpoint. */
    readonly team: string | null;
    readonly event: string;
    readonly error: string | null;
    /** Absent: it is no row of the outbox. */
    readonly id?: string;
  },
): Notice => ({
  key: `notify.dead_letter/${key}`,
  event: 'notify.dead_letter',
  severity: 'warning',
  message: `notifications over ${letter.channel} are given up: ${letter.event}, ${letter.error ?? 'no reason'}${letter.id === undefined ? '' : ` (${letter.id})`}`,
  payload: {
    ...{ channel: letter.channel, team: letter.team, event: letter.event },
    ...(letter.id === undefined ? {} : { notification_id: letter.id }),
  },
});

export const endpointDisabled = (id: string, reason: string, at: Date): Notice => ({
  key: `notify.endpoint_disabled/${id}/${at.toISOString()}`,
  event: 'notify.endpoint_disabled',
  severity: 'warning',
  message: `endpoint ${id} is no longer told: ${reason}; enable it again when it is mended, then recover what it missed`,
  payload: { endpoint_id: id, reason },
});
