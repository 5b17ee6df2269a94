/** U+0000 in a request: JSON has it, and PostgreSQL's text has not. Where it cannot be kept it is refused by name. */
import type { FastifyRequest } from 'fastify';
import { PlumblineError } from '../../kernel/errors.ts';

export function nulRefused({ params, query, body }: Pick<FastifyRequest, 'params' | 'query' | 'body'>): PlumblineError {
  const faults = [...holders(params, 'params'), ...holders(query, 'querystring'), ...holders(body, '')].map(
    (pointer) => ({ pointer, message: 'must not hold the character U+0000' }),
  );
  const where = faults.map(({ pointer }) => pointer).join(', ') || 'the request';
  return new PlumblineError(
    'invalid',
    'request.invalid',
    `${where}: the character U+0000 cannot be kept; leave it out`,
    {
      faults,
    },
  );
}

/** Pointers to the texts, and to the names, that have it. */
function* holders(value: unknown, pointer: string): Generator<string> {
  if (typeof value === 'string') {
    if (value.includes('\0')) yield pointer || '/';
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, inner] of Object.entries(value)) {
      const at = `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1').replaceAll('\0', '\\u0000')}`;
      if (name.includes('\0')) yield at;
      yield* holders(inner, at);
    }
  }
}
