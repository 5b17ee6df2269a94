/**
 * For tests: holds every success against the schema that its route publishes, also one that was text
 * already and so passed no serialiser. What does not match, to the last field, is answered as 500.
 */
import { isDeepStrictEqual } from 'node:util';
import type { FastifyInstance, FastifySchema } from 'fastify';
import { z } from 'zod';
import { PlumblineError } from '../../kernel/errors.ts';

/** @param onChecked hears of each answer that matched: `GET /v1/rates/:base/:quote 200` */
export function checkAnswers(server: Pick<FastifyInstance, 'addHook'>, onChecked: (answer: string) => void): void {
  server.addHook('onSend', (request, reply, payload, done) => {
    const { url, schema } = request.routeOptions;
    const published = answerSchema(schema, reply.statusCode);
    const isJson = String(reply.getHeader('content-type')).startsWith('application/json');
    if (published === undefined || !isJson || typeof payload !== 'string') {
      done();
      return;
    }
    const answer = `${request.method} ${url} ${reply.statusCode}`;
    const sent: unknown = JSON.parse(payload);
    const { data, error } = published.safeParse(sent);
    if (!isDeepStrictEqual(data, sent)) {
      const why = error === undefined ? 'it has fields that the schema lacks' : z.prettifyError(error);
      done(new PlumblineError('internal', 'answer.unlike_schema', `${answer} is not what its schema says: ${why}`));
      return;
    }
    onChecked(answer);
    done();
  });
}

function answerSchema(schema: FastifySchema | undefined, status: number): z.ZodType | undefined {
  const { response } = schema ?? {};
  if (typeof response !== 'object' || response === null) return undefined;
  const found: unknown = Reflect.get(response, String(status));
  return found instanceof z.ZodType ? found : undefined;
}
