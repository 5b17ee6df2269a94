/** The header under which a request that acts is done once. */
import type { FastifyRequest } from 'fastify';
import { PlumblineError } from '../../kernel/errors.ts';

const KEY = /^[\x21-\x7e]{1,255}$/;

/** What the OpenAPI document says of it; `idempotencyKey` checks it. */
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

/** @throws `idempotency.key_missing` (invalid) */
export function idempotencyKey(request: FastifyRequest): string {
  const key = request.headers['idempotency-key'];
  if (typeof key === 'string' && KEY.test(key)) return key;
  throw new PlumblineError(
    'invalid',
    'idempotency.key_missing',
    'this request acts: send an Idempotency-Key header of 1 to 255 printable characters, the same one when you retry',
    { faults: [{ pointer: 'header/idempotency-key', message: 'is required' }] },
  );
}
