/** Which state a rate and its sources are in. */
import type { Answer } from '../../api.ts';
import type { Tone } from '../../ui/badge.tsx';

export type Quote = Answer<'GET /v1/rates/{base}/{quote}'>;
export type Provider = Answer<'GET /v1/rates/providers'>['data'][number];

export const toneOfLevel = (level: Quote['level']): Tone =>
  level === 'fresh' ? 'good' : level === 'aging' ? 'idle' : level === 'manual' ? 'warn' : 'bad';

export const toneOfAgreement = (agreement: Quote['agreement']): Tone =>
  agreement === 'corroborated' ? 'good' : agreement === 'contested' ? 'bad' : agreement === 'single' ? 'idle' : 'warn';

export const toneOfBreaker = (state: Provider['breaker']['state']): Tone =>
  state === 'closed' ? 'good' : state === 'half-open' || state === 'forced-closed' ? 'warn' : 'bad';

export const toneOfVerdict = (verdict: Quote['witnesses'][number]['verdict']): Tone =>
  verdict === 'chosen' || verdict === 'supports' ? 'good' : verdict === 'rejected' ? 'bad' : 'idle';
