/** Which state an incident is in. */
import type { Answer } from '../../api.ts';
import type { Tone } from '../../ui/badge.tsx';

export type IncidentRow = Answer<'GET /v1/incidents'>['data'][number];

export const toneOfIncident = (status: IncidentRow['status']): Tone =>
  status === 'open' ? 'bad' : status === 'acknowledged' ? 'warn' : 'good';

export const toneOfSeverity = (severity: IncidentRow['severity']): Tone =>
  severity === 'critical' ? 'bad' : severity === 'warning' ? 'warn' : 'idle';
