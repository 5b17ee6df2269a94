/** What the API says of incidents. */
import { z } from 'zod';
import { TIMESTAMP } from '../../platform/http-server/port.ts';
import type { EventRow, IncidentRow, SilenceRow } from './store.ts';

const JSON_VALUE = z.record(z.string(), z.unknown());

export const INCIDENT = z.object({
  id: z.uuid(),
  event: z.string(),
  scope: JSON_VALUE.describe('What tells it from others of its event'),
  severity: z.enum(['info', 'warning', 'critical']),
  status: z.enum(['open', 'acknowledged', 'resolved']),
  title: z.string(),
  count: z.string().describe('Facts that it stands for'),
  opened_at: TIMESTAMP,
  last_seen_at: TIMESTAMP,
  pages: z.int().describe('How often people were told'),
  step: z.int().nullable().describe('The step of its escalation that was told last; null: none yet'),
  next_page_at: TIMESTAMP.nullable(),
  inhibited_by: z.uuid().nullable().describe('The incident that mutes it'),
  acknowledged_at: TIMESTAMP.nullable(),
  acknowledged_by: z.string().nullable(),
  resolved_at: TIMESTAMP.nullable(),
  resolved_by: z.string().nullable(),
  resolution: z.string().nullable(),
});

export const INCIDENT_EVENT = z.object({
  at: TIMESTAMP,
  kind: z.enum([
    ...(['opened', 'reopened', 'paged', 'unheard', 'acknowledged', 'acknowledgement_expired', 'noted'] as const),
    ...(['inhibited', 'released', 'silenced', 'resolved'] as const),
  ]),
  subject: z.string(),
  text: z.string(),
  step: z.int().nullable(),
});

export const SILENCE = z.object({
  id: z.uuid(),
  event: z.string(),
  scope: JSON_VALUE,
  reason: z.string(),
  starts_at: TIMESTAMP,
  ends_at: TIMESTAMP,
  created_by: z.string(),
  ended_at: TIMESTAMP.nullable(),
  ended_by: z.string().nullable(),
});

const time = (at: Date | null): string | null => at?.toISOString() ?? null;

export const incidentToJson = (row: IncidentRow): z.input<typeof INCIDENT> => ({
  ...{
    id: row.id,
    event: row.event_type,
    scope: row.scope,
    severity: row.severity,
    status: row.status,
    title: row.title,
  },
  ...{ count: String(row.count), opened_at: row.opened_at.toISOString(), last_seen_at: row.last_seen_at.toISOString() },
  ...{
    pages: row.pages,
    step: row.step < 0 ? null : row.step,
    next_page_at: time(row.next_page_at),
    inhibited_by: row.inhibited_by,
  },
  ...{ acknowledged_at: time(row.acknowledged_at), acknowledged_by: row.acknowledged_by },
  ...{ resolved_at: time(row.resolved_at), resolved_by: row.resolved_by, resolution: row.resolution },
});

export const eventToJson = ({ at, kind, subject, text, step }: EventRow): z.input<typeof INCIDENT_EVENT> => ({
  ...{ at: at.toISOString(), kind, subject, text, step },
});

export const silenceToJson = (row: SilenceRow): z.input<typeof SILENCE> => ({
  ...{
    id: row.id,
    event: row.event,
    scope: row.scope,
    reason: row.reason,
    created_by: row.created_by,
    ended_by: row.ended_by,
  },
  ...{ starts_at: row.starts_at.toISOString(), ends_at: row.ends_at.toISOString(), ended_at: time(row.ended_at) },
});
