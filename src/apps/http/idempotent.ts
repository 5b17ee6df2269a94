/** Wraps the handler of every route that acts, so that no route can forget its Idempotency-Key. */
import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { sha256Hex } from '../../kernel/hash.ts';
import { idempotencyKey } from '../../platform/http-server/idempotency-key.ts';

export interface Idempotency {
  once(
    request: { readonly subject: string; readonly key: string; readonly requestHash: string },
    act: () => Promise<{ readonly status: number; readonly body: string; readonly stored: string }>,
  ): Promise<{ readonly status: number; readonly body: string; readonly replayed: boolean }>;
}

export function idempotent(idempotency: Idempotency, route: RouteOptions): void {
  if (route.config?.acts !== true) return;
  const act = route.handler;
  const once = new Set(route.config.answeredOnce ?? []);
  route.handler = async function (this, request: FastifyRequest, reply: FastifyReply) {
    const answer = await idempotency.once(
      { subject: request.subject, key: idempotencyKey(request), requestHash: hashOf(request) },
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

/** The body has passed its schema, which gives its keys one order. */
const hashOf = (request: FastifyRequest): string =>
  sha256Hex(JSON.stringify([request.method, request.url, request.body ?? null]));
