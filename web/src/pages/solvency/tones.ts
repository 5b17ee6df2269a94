/** Which state a verdict is. */
import type { Answer } from '../../api.ts';
import type { Tone } from '../../ui/badge.tsx';

type Status = Answer<'GET /v1/reconciliations/{id}'>['status'];

export const toneOfStatus = (status: Status): Tone =>
  status === 'deficit' ? 'bad' : status === 'error' ? 'warn' : status === 'in_progress' ? 'idle' : 'good';

export const toneOfTruth = (holds: boolean | null): Tone => (holds === null ? 'warn' : holds ? 'good' : 'bad');

export const truthOf = (holds: boolean | null): 'yes' | 'no' | 'unknown' =>
  holds === null ? 'unknown' : holds ? 'yes' : 'no';

export const toneOfPayouts = (state: Answer<'GET /v1/payouts/permission'>['state']): Tone =>
  state === 'permitted' ? 'good' : state === 'halted' ? 'bad' : 'warn';

export const toneOfBreak = (state: Answer<'GET /v1/reconciliation-breaks/{id}'>['state']): Tone =>
  state === 'open' ? 'bad' : state === 'accepted' ? 'warn' : 'good';
