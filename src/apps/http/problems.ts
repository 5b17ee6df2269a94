/** Every failure leaves as an RFC 9457 problem: what is wrong and what to do, never how we are built. */
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { type ErrorKind, isPlumblineError, KINDS, PlumblineError } from '../../kernel/errors.ts';
import { isTextRefused } from '../../platform/db/errors.ts';
import type { Logger } from '../../platform/telemetry/port.ts';
import { nulRefused } from './nul.ts';

const TITLES: Readonly<Record<ErrorKind, string>> = {
  invalid: 'The request is not acceptable',
  denied: 'Not allowed',
  missing: 'Not found',
  conflict: 'In conflict with what is there',
  busy: 'Try again later',
  upstream: 'A service that is needed does not answer',
  integrity: 'Data is not what it was',
  internal: 'Internal error',
};

export function sendProblem(log: Logger, error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const { status, problem } = toProblem(isTextRefused(error) ? nulRefused(request) : error);
  const level = isPlumblineError(problem) ? KINDS[problem.kind].logLevel : 'error';
  log[level](
    { code: problem.code, err: error, request_id: request.id, method: request.method, url: request.url },
    problem.message,
  );
  if (status === 401) reply.header('www-authenticate', 'Bearer');
  const body = {
    type: `urn:plumbline:problem:${problem.code}`,
    title: TITLES[problem.kind],
    status,
    detail: problem.message,
    code: problem.code,
    kind: problem.kind,
    ...(problem.faults.length > 0
      ? { errors: problem.faults.map(({ pointer, message }) => ({ pointer, detail: message })) }
      : {}),
    ...problem.details,
    request_id: request.id,
  };
  // Serialised here, for the route's own schema describes its success.
  reply.code(status).type('application/problem+json').serializer(JSON.stringify).send(body);
}

/** Who asks is known, and it is not for them. */
const KNOWN = new Set([
  'access.scope_missing',
  'access.address_refused',
  'access.csrf_refused',
  'access.no_role',
  'access.login_foreign',
  'access.login_refused',
]);

function toProblem(error: unknown): { readonly status: number; readonly problem: PlumblineError } {
  if (isPlumblineError(error) && error.code.startsWith('db.')) {
    // Hosts and databases are for the log, and for `plumbline doctor`.
    return {
      status: 503,
      problem: new PlumblineError('upstream', error.code, 'the database does not answer; try again shortly'),
    };
  }
  if (isPlumblineError(error)) {
    // 401 asks for another key: not where the key is known, and what is asked for is not for its bearer.
    const unknown = /^(access|identity)\./.test(error.code) && !KNOWN.has(error.code);
    const status = error.kind === 'denied' && unknown ? 401 : KINDS[error.kind].httpStatus;
    return { status, problem: error };
  }
  if (hasZodFastifySchemaValidationErrors(error)) {
    const where = error.validationContext ?? 'body';
    const faults = error.validation.map((issue) => ({
      pointer: where === 'body' ? issue.instancePath || '/' : `${where}${issue.instancePath}`,
      message: issue.message ?? 'is not acceptable',
    }));
    const detail = faults.map(({ pointer, message }) => `${pointer}: ${message}`).join('; ');
    return { status: 422, problem: new PlumblineError('invalid', 'request.invalid', detail, { faults }) };
  }
  return fromFastify(error);
}

/** What Fastify itself refuses, by its codes: https://fastify.dev/docs/latest/Reference/Errors/ */
function fromFastify(error: unknown): { readonly status: number; readonly problem: PlumblineError } {
  const { statusCode: status = 500, code = '' } = isFastifyError(error) ? error : {};
  const known: Readonly<Record<number, readonly [ErrorKind, string, string]>> = {
    400: ['invalid', 'request.malformed', 'the request cannot be read: is its body the JSON that content-type says?'],
    413: [
      'invalid',
      'request.too_large',
      'the body is larger than what is taken here (64 KiB; many audit entries at once: 16 MiB)',
    ],
    415: ['invalid', 'request.media_type', 'send JSON, with content-type: application/json'],
    429: ['busy', 'request.rate_limited', 'too many requests; wait as long as Retry-After says'],
    503: ['busy', 'service.overloaded', 'the service is under pressure; try again shortly'],
  };
  const entry = known[status];
  if (entry !== undefined) {
    const [kind, ourCode, message] = entry;
    return {
      status,
      problem: new PlumblineError(kind, ourCode, message, { details: code === '' ? {} : { reason: code } }),
    };
  }
  // Its message may hold anything, so only the log sees it.
  return {
    status: 500,
    problem: new PlumblineError('internal', 'internal', 'an unexpected error; its request_id is in the log'),
  };
}

const isFastifyError = (error: unknown): error is FastifyError => error instanceof Error && 'statusCode' in error;
