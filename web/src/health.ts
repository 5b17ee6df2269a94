/** How the service is: what it answers about itself, to anybody. */
import type { Answer } from './api.ts';
import { get } from './api.ts';
import { ask } from './browser/http.ts';
import { problemOf } from './problem.ts';
import { state } from './state.ts';

export type Health = Answer<'GET /healthz'>;
export type Readiness = Answer<'GET /readyz'>;

/** Undefined until it has answered. */
export const health = state<Health | undefined>(undefined);

export async function lookAtHealth(): Promise<void> {
  health.set(await get('GET /healthz', {}));
}

/** Also what it answers with where it is not ready. @throws Problem */
export async function ready(signal: AbortSignal): Promise<Readiness> {
  const response = await ask({ method: 'GET', path: '/readyz', signal });
  if (response.ok || response.status === 503) return response.json();
  throw await problemOf(response);
}
