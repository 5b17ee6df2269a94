/**
 * Who may call what: a bearer key, a bearer token of the identity provider or the cookie of a session, with
 * the scope that the route declares.
 */
import type { FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify';
import { PlumblineError } from '../../kernel/errors.ts';
import type { Caller } from '../../platform/http-server/port.ts';

/** What the caller's credentials are used for. */
interface Use {
  /** A request that only reads is served on older knowledge of a key. */
  readonly reads: boolean;
  /** Where it comes from. */
  readonly address: string;
}

export interface Authenticator {
  /** What a secret is known by: its digest. */
  digest(secret: string): string;
  /** @throws denied, also as a rejection */
  authenticate(digest: string, use: Use): Caller | Promise<Caller>;
  /** Somebody with a JWT of the identity provider. @throws denied */
  byToken(token: string): Promise<Caller>;
  /**
   * Somebody in a browser, by the header that carries its cookies; undefined where there is no session in it.
   * @param csrf undefined for a request that only reads
   * @throws denied
   */
  byCookie(header: string, csrf: { readonly sent: string | undefined } | undefined): Promise<Caller> | undefined;
  /** @throws denied: the person has to show again who they are */
  assertLately(caller: Caller): void;
}

/** The credentials that a connection sent last. */
interface Credentials {
  readonly header: string;
  readonly digest: string;
}

const BEARER = /^Bearer ([\x21-\x7e]{1,512})$/;
/** Three parts of base64url (RFC 7515 3.1), which no key has. */
const TOKEN = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/;
const MAX_TOKEN = 16_384;

/** A callback, for a promise costs a turn of the loop: most keys are known without one. */
export function authorize(authenticator: Authenticator) {
  /** A connection sends the same header with each request, and a digest is the dearest part of a known key. */
  const sent = new WeakMap<object, Credentials>();

  const digestOf = (request: FastifyRequest, header: string): string => {
    const last = sent.get(request.socket);
    if (last !== undefined && last.header === header) return last.digest;
    const secret = BEARER.exec(header)?.[1];
    if (secret === undefined) throw unauthenticated();
    const digest = authenticator.digest(secret);
    sent.set(request.socket, { header, digest });
    return digest;
  };

  const callerOf = (request: FastifyRequest): Caller | Promise<Caller> => {
    const { authorization: header = '', cookie } = request.headers;
    const reads = request.routeOptions.config.acts !== true && (request.method === 'GET' || request.method === 'HEAD');
    if (header.startsWith('Bearer ey') && header.length <= MAX_TOKEN) {
      const token = TOKEN.exec(header)?.[1];
      if (token !== undefined) return authenticator.byToken(token);
    }
    if (header === '' && cookie !== undefined) {
      const csrf = request.headers['x-csrf-token'];
      const person = authenticator.byCookie(
        cookie,
        reads ? undefined : { sent: typeof csrf === 'string' ? csrf : undefined },
      );
      if (person !== undefined) return person;
    }
    return authenticator.authenticate(digestOf(request, header), { reads, address: request.ip });
  };

  const admit = (request: FastifyRequest, caller: Caller): void => {
    const { access = '', stepUp } = request.routeOptions.config;
    if (access !== 'authenticated' && !caller.scopes.has(access)) throw scopeMissing(caller, access);
    if (stepUp === true) authenticator.assertLately(caller);
    request.subject = caller.subject;
    request.caller = caller;
  };

  return (request: FastifyRequest, _reply: FastifyReply, done: HookHandlerDoneFunction): void => {
    const { access } = request.routeOptions.config;
    // A request that matches no route carries no config; it ends as 404 without a look at its key.
    if (access === 'public' || access === undefined) {
      done();
      return;
    }
    const caller = callerOf(request);
    if (caller instanceof Promise) {
      caller.then((known) => admit(request, known)).then(() => done(), done);
      return;
    }
    admit(request, caller);
    done();
  };
}

const unauthenticated = (): PlumblineError =>
  new PlumblineError('denied', 'access.unauthenticated', 'send an API key: "Authorization: Bearer pl_..."');

const scopeMissing = ({ scopes, role }: Caller, access: string): PlumblineError =>
  new PlumblineError(
    'denied',
    'access.scope_missing',
    `this needs the scope ${access}; the caller, of the role ${role}, has ${[...scopes].join(', ')}`,
  );
