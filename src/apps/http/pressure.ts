/** A process that cannot keep up says so at once, while it still can. */
import underPressure from '@fastify/under-pressure';
import type { FastifyInstance } from 'fastify';
import { PlumblineError } from '../../kernel/errors.ts';

const RETRY_AFTER_S = 5;

/** Requests are refused while the loop was late by more than that, in milliseconds, in the second before, in the mean. */
export async function refusePressure(server: FastifyInstance, { maxEventLoopDelay = 5_000 } = {}): Promise<void> {
  await server.register(underPressure, {
    maxEventLoopDelay,
    pressureHandler: async (_request, reply, _kind, delay) => {
      // A loop that stood still has no mean, which the plugin takes for the greatest: it goes on by now.
      if (delay === Number.POSITIVE_INFINITY) return;
      reply.header('retry-after', RETRY_AFTER_S);
      throw new PlumblineError('busy', 'service.overloaded', 'the service is under pressure; try again shortly');
    },
  });
}
