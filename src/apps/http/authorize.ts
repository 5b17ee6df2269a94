/** Who may call what: a bearer key with the scope that the route declares. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { PlumblineError } from '../../kernel/errors.ts';

export interface Authenticator {
  /** @throws denied */
  authenticate(secret: string): Promise<{ readonly subject: string; readonly scopes: ReadonlySet<string> }>;
}

const BEARER = /^Bearer ([\x21-\x7e]{1,512})$/;

export function authorize(authenticator: Authenticator) {
  return async (request: FastifyRequest, _reply: FastifyReply): Promise<void> => {
    const { access } = request.routeOptions.config;
    // A request that matches no route carries no config; it ends as 404 without a look at its key.
    if (access === 'public' || access === undefined) return;
    const secret = BEARER.exec(request.headers.authorization ?? '')?.[1];
    if (secret === undefined) {
      throw new PlumblineError('denied', 'access.unauthenticated', 'send an API key: "Authorization: Bearer pl_..."');
    }
    const { subject, scopes } = await authenticator.authenticate(secret);
    if (!scopes.has(access)) {
      throw new PlumblineError(
        'denied',
        'access.scope_missing',
        `this needs the scope ${access}; the key has ${[...scopes].join(', ')}`,
      );
    }
    request.subject = subject;
  };
}
