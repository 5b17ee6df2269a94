/** Wraps the handler of every route that acts, so that no route can forget its Idempotency-Key. */
import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { PlumblineError } from '../../kernel/errors.ts';
import { sha256Hex } from '../../kernel/hash.ts';

export interface Idempotency {
  once(
    request: { readonly subject: string; readonly key: string; readonly requestHash: string },
    act: () => Promise<{ readonly status: number; readonly body: string; readonly stored: string }>,
  ): Promise<{ readonly status: number; readonly body: string; readonly replayed: boolean }>;
}

const KEY = /^[\x21-\x7e]{1,255}$/;

/** What the OpenAPI document says of it; `keyOf` checks it. */
export const KEY_HEADER = {
  type: 'object',
  required: ['idempotency-key'],
  properties: {
    'idempotency-key': {
      type: 'string',
      pattern: KEY.source,
      description: 'The same one when the request is sent again: it is done once, and answered as the first time',
    },
  },
} as const;

export function idempotent(idempotency: Idempotency, route: RouteOptions): void {
  if (route.config?.acts !== true) return;
  const act = route.handler;
  const once = new Set(route.config.answeredOnce ?? []);
  route.handler = async function (this, request: FastifyRequest, reply: FastifyReply) {
    const answer = await idempotency.once(
      { subject: request.subject, key: keyOf(request), requestHash: hashOf(request) },
      async () => {
        const payload: unknown = await act.call(this, request, reply);
        const stored = JSON.stringify(payload, (field, value: unknown) => (once.has(field) ? null : value));
        return { status: reply.statusCode, body: JSON.stringify(payload), stored };
      },
    );
    if (answer.replayed) reply.header('idempotency-replayed', 'true');
    reply.code(answer.status);
    return JSON.parse(answer.body) as unknown;
  };
}

function keyOf(request: FastifyRequest): string {
  const key = request.headers['idempotency-key'];
  if (typeof key === 'string' && KEY.test(key)) return key;
  throw new PlumblineError(
    'invalid',
    'idempotency.key_missing',
    'this request acts: send an Idempotency-Key header of 1 to 255 printable characters, the same one when you retry',
    { faults: [{ pointer: 'header/idempotency-key', message: 'is required' }] },
  );
}

/** The body has passed its schema, which gives its keys one order. */
const hashOf = (request: FastifyRequest): string =>
  sha256Hex(JSON.stringify([request.method, request.url, request.body ?? null]));
