/** Calls of the public API, as its OpenAPI document types them. */
import type { Operations } from './api-types.ts';
import { ask } from './browser/http.ts';
import { textIn } from './json.ts';
import { isStepUp, Problem, problemOf } from './problem.ts';
import { credentials, ended, resume } from './session.ts';
import { state } from './state.ts';

export type Operation = keyof Operations;
export type Answer<O extends Operation> = Operations[O]['answer'];
export type Query<O extends Operation> = Operations[O]['query'];

type Parameters<O extends Operation> = Pick<Operations[O], 'path'> & Partial<Pick<Operations[O], 'query'>>;
/** Nothing has to be said of a path that holds nothing. */
type Sent<O extends Operation> =
  Operations[O]['path'] extends Readonly<Record<string, never>> ? Partial<Parameters<O>> : Parameters<O>;
type Reading = Extract<Operation, `GET ${string}`>;
type Acting = Exclude<Operation, Reading>;

/** What was asked for last and waits for somebody else to approve it. */
export const waiting = state<string | undefined>(undefined);

/** @throws Problem */
export async function get<O extends Reading>(operation: O, sent: Sent<O>, signal?: AbortSignal): Promise<Answer<O>> {
  const response = await send('GET', addressOf(operation, sent), { signal });
  return (await response.json()) satisfies Answer<O>;
}

/** @throws Problem */
export async function text(path: string): Promise<string> {
  return (await send('GET', path, {})).text();
}

/** @throws Problem */
export async function file(path: string): Promise<Blob> {
  return (await send('GET', path, {})).blob();
}

/**
 * @param key the same for each try of one act, so that it is done once
 * @throws Problem
 */
export async function act<O extends Acting>(
  operation: O,
  sent: Sent<O> & Pick<Operations[O], 'body'>,
  key: string,
): Promise<Answer<O>> {
  const [method = 'POST'] = operation.split(' ');
  const response = await sendAsWhoIsIn(method, addressOf(operation, sent), { body: sent.body, key });
  if (response.status === 204) return undefined;
  const answer = await response.json();
  if (response.status === 202 && textIn(answer, 'approval_id') !== undefined) waiting.set(textIn(answer, 'action'));
  return answer;
}

/** The path with what was sent in it. */
export function addressOf<O extends Operation>(operation: O, sent: { path?: unknown; query?: unknown }): string {
  const [, template = ''] = operation.split(' ');
  const values = new Map(Object.entries(sent.path ?? {}));
  const path = template.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(values.get(name))));
  const query = new URLSearchParams(
    Object.entries(sent.query ?? {})
      .filter(([, value]) => value !== undefined && value !== '')
      .map(([name, value]) => [name, String(value)]),
  ).toString();
  return query === '' ? path : `${path}?${query}`;
}

interface More {
  readonly body?: unknown;
  readonly key?: string;
  readonly signal?: AbortSignal | undefined;
}

/** Who has signed in again in another tab has another session there: this page takes it over, and asks once more. */
async function sendAsWhoIsIn(method: string, path: string, more: More): Promise<Response> {
  try {
    return await send(method, path, more);
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'access.csrf_refused') throw error;
    await resume();
    return send(method, path, more);
  }
}

async function send(method: string, path: string, { body, key, signal }: More): Promise<Response> {
  const response = await ask({
    ...{ method, path, signal },
    headers: {
      ...credentials(method !== 'GET'),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(key === undefined ? {} : { 'idempotency-key': key }),
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (response.ok) return response;
  const problem = await problemOf(response);
  if (response.status === 401 && !isStepUp(problem)) ended(problem.message);
  throw problem;
}

/** What a part that the key may not see is told by. */
export const isForbidden = (problem: Problem): boolean => problem.status === 403;
