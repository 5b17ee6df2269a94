/** The CLI speaks HTTP to a service, whether it runs elsewhere or inside this very process. */
import { z } from 'zod';
import type { Json } from '../../kernel/canonical.ts';
import type { Random } from '../../kernel/clock.ts';
import { ERROR_KINDS, PlumblineError } from '../../kernel/errors.ts';
import type { ApiClient } from '../../platform/command-line/port.ts';
import type { HttpClient, Method } from '../../platform/http-client/port.ts';
import type { Routes } from '../../platform/http-server/port.ts';

type Send = (request: {
  readonly method: Method;
  readonly path: string;
  readonly headers: { readonly [name: string]: string };
  readonly body: string | undefined;
}) => Promise<{ readonly status: number; readonly body: string }>;

const TIMEOUT_MS = 10 * 60_000; // a reconciliation of a large book takes its time
const MAX_BYTES = 16 * 1024 * 1024;

export const remoteApi = (http: HttpClient, base: string, key: string, random: Random): ApiClient =>
  client(key, random, async ({ method, path, headers, body }) => {
    const url = new URL(path, base).href;
    const request = { url, method, headers, timeoutMs: TIMEOUT_MS, maxBytes: MAX_BYTES };
    return http.send(body === undefined ? request : { ...request, body });
  });

export const inProcessApi = (server: Routes, key: string, random: Random): ApiClient =>
  client(key, random, async ({ method, path, headers, body }) => {
    const response = await server.inject({
      method,
      url: path,
      headers,
      ...(body === undefined ? {} : { payload: body }),
    });
    return { status: response.statusCode, body: response.body };
  });

function client(key: string, random: Random, send: Send): ApiClient {
  /** @throws the problem of any status but a 2xx */
  const ask = async (method: Method, path: string, accept: string, body?: Json): Promise<string> => {
    const headers = {
      authorization: `Bearer ${key}`,
      accept,
      ...(method === 'POST' ? { 'content-type': 'application/json', 'idempotency-key': newKey(random) } : {}),
    };
    const text = method === 'POST' ? JSON.stringify(body ?? {}) : undefined;
    const response = await send({ method, path, headers, body: text });
    if (response.status >= 200 && response.status < 300) return response.body;
    throw problemOf(response.status, response.body);
  };
  return {
    call: async (method, path, body) => {
      const text = await ask(method, path, 'application/json', body);
      return text === '' ? null : parse(text);
    },
    text: (path) => ask('GET', path, '*/*'),
  };
}

const newKey = (random: Random): string => Buffer.from(random.bytes(16)).toString('hex');

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new PlumblineError(
      'upstream',
      'cli.not_json',
      'the service answered with something that is not JSON; is PLUMBLINE_URL right?',
      { cause },
    );
  }
}

const PROBLEM = z.object({
  code: z.string(),
  kind: z.enum(ERROR_KINDS),
  detail: z.string(),
  errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).default([]),
});

function problemOf(status: number, body: string): PlumblineError {
  const problem = PROBLEM.safeParse(parse(body)).data;
  if (problem === undefined) {
    return new PlumblineError(
      'upstream',
      'cli.unexpected_status',
      `the service answered with status ${status} and no problem document`,
    );
  }
  const faults = problem.errors.map(({ pointer, detail }) => ({ pointer, message: detail }));
  return new PlumblineError(problem.kind, problem.code, problem.detail, { faults });
}
