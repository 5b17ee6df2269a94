/** Who may call what: a bearer key with the scope that the route declares. */
import type { FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify';
import { PlumblineError } from '../../kernel/errors.ts';

export interface Caller {
  readonly subject: string;
  readonly scopes: ReadonlySet<string>;
}

export interface Authenticator {
  /** What a secret is known by: its digest. */
  digest(secret: string): string;
  /**
   * @param use what the key is used for: a request that only reads is served on older knowledge of a key
   * @throws denied, also as a rejection
   */
  authenticate(digest: string, use: { readonly reads: boolean }): Caller | Promise<Caller>;
}

/** The credentials that a connection sent last. */
interface Credentials {
  readonly header: string;
  readonly digest: string;
}

const BEARER = /^Bearer ([\x21-\x7e]{1,512})$/;

/** A callback, for a promise costs a turn of the loop: most keys are known without one. */
export function authorize(authenticator: Authenticator) {
  /** A connection sends the same header with each request, and a digest is the dearest part of a known key. */
  const sent = new WeakMap<object, Credentials>();

  const digestOf = (request: FastifyRequest): string => {
    const { authorization: header = '' } = request.headers;
    const last = sent.get(request.socket);
    if (last !== undefined && last.header === header) return last.digest;
    const secret = BEARER.exec(header)?.[1];
    if (secret === undefined) {
      throw new PlumblineError('denied', 'access.unauthenticated', 'send an API key: "Authorization: Bearer pl_..."');
    }
    const digest = authenticator.digest(secret);
    sent.set(request.socket, { header, digest });
    return digest;
  };

  return (request: FastifyRequest, _reply: FastifyReply, done: HookHandlerDoneFunction): void => {
    const { access, acts } = request.routeOptions.config;
    // A request that matches no route carries no config; it ends as 404 without a look at its key.
    if (access === 'public' || access === undefined) {
      done();
      return;
    }
    const reads = acts !== true && (request.method === 'GET' || request.method === 'HEAD');
    const caller = authenticator.authenticate(digestOf(request), { reads });
    if (caller instanceof Promise) {
      caller.then((known) => admit(request, known, access)).then(() => done(), done);
      return;
    }
    admit(request, caller, access);
    done();
  };
}

/** @throws `access.scope_missing` (denied) */
function admit(request: FastifyRequest, { subject, scopes }: Caller, access: string): void {
  if (!scopes.has(access)) {
    throw new PlumblineError(
      'denied',
      'access.scope_missing',
      `this needs the scope ${access}; the key has ${[...scopes].join(', ')}`,
    );
  }
  request.subject = subject;
}
