/** The HTTP way in: one Fastify server, its guards, and the routes that the features bring. */
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import Fastify, { type RouteOptions } from 'fastify';
import {
  jsonSchemaTransform,
  jsonSchemaTransformObject,
  serializerCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';
import type { Clock, Random } from '../../kernel/clock.ts';
import { PlumblineError } from '../../kernel/errors.ts';
import { idSequence } from '../../kernel/ids.ts';
import { KEY_HEADER } from '../../platform/http-server/idempotency-key.ts';
import { PROBLEM, type RegisterRoutes, type Routes } from '../../platform/http-server/port.ts';
import type { Metrics } from '../../platform/telemetry/metrics.ts';
import type { Logger } from '../../platform/telemetry/port.ts';
import { type Authenticator, authorize } from './authorize.ts';
import { checkAnswers } from './check-answers.ts';
import { serveConsole } from './console.ts';
import { type Idempotency, idempotent } from './idempotent.ts';
import { refusePressure } from './pressure.ts';
import { sendProblem } from './problems.ts';
import { limitRate } from './rate-limit.ts';
import { DATA_HEADERS, PAGE_HEADERS } from './security-headers.ts';
import { validator } from './validate.ts';

const BODY_LIMIT = 64 * 1024;
/** Swagger UI styles its own elements inline; its scripts are files, and nothing comes from elsewhere. */
const DOCS_CSP =
  "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'self'; frame-ancestors 'none'";

export interface HttpServerDeps {
  readonly routes: readonly RegisterRoutes[];
  readonly authenticator: Authenticator;
  readonly idempotency: Idempotency;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Requests a minute that one address may make of this process. */
  readonly rateLimit: number;
  /** Proxies whose X-Forwarded-For is believed: addresses and networks. */
  readonly trustedProxies: readonly string[];
  readonly version: string;
  readonly mode: 'live' | 'sandbox';
  /** The folder of the console's files. */
  readonly console: string;
  /** For tests: each answer is held against its route's schema, and told here when it matches. */
  readonly onAnswerChecked?: ((answer: string) => void) | undefined;
}

export async function createHttpServer(deps: HttpServerDeps): Promise<Routes> {
  const { clock, random, log } = deps;
  const server = Fastify({
    bodyLimit: BODY_LIMIT,
    requestTimeout: 30_000,
    logger: false,
    genReqId: idSequence(clock, random),
    ...(deps.trustedProxies.length === 0 ? {} : { trustProxy: [...deps.trustedProxies] }),
    // An audited record's id has up to 512 characters, which are up to 12 each in a path.
    routerOptions: { maxParamLength: 6_144 },
  }).withTypeProvider<ZodTypeProvider>();
  server.setValidatorCompiler(validator);
  server.setSerializerCompiler(serializerCompiler);
  server.decorateRequest('subject', '');
  server.decorateRequest('caller');
  server.setErrorHandler((error, request, reply) => sendProblem(log, error, request, reply));
  server.setNotFoundHandler((request, reply) =>
    sendProblem(
      log,
      new PlumblineError(
        'missing',
        'route.unknown',
        `there is no ${request.method} ${request.url.slice(0, 200)}; /openapi.json lists what there is`,
      ),
      request,
      reply,
    ),
  );

  // Hooks are callbacks, for each promise costs every request a turn of the loop.
  const ofMode = deps.mode === 'sandbox' ? { 'x-plumbline-mode': 'sandbox' } : {};
  const headers = Object.entries({ ...DATA_HEADERS, ...ofMode });
  server.addHook('onRequest', (request, reply, done) => {
    for (const [name, value] of headers) reply.header(name, value);
    reply.header('x-request-id', request.id);
    done();
  });
  await refusePressure(server);
  server.addHook('onRequest', limitRate(clock, deps.rateLimit));
  // After the limiter: who guesses keys is limited as well.
  server.addHook('onRequest', authorize(deps.authenticator));
  await server.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Plumbline',
        version: deps.version,
        description:
          'Rates, reconciliation and their evidence. Amounts are exact decimal strings; times are RFC 3339 with zone.',
      },
      components: {
        securitySchemes: {
          apiKey: { type: 'http', scheme: 'bearer', description: 'An API key, or an access token (JWT)' },
          session: { type: 'apiKey', in: 'cookie', name: '__Host-plumbline' },
        },
      },
    },
    transform: (page) => {
      const { schema, url } = jsonSchemaTransform(page);
      const { acts, remembersKeys } = page.route.config ?? {};
      return { url, schema: acts === true || remembersKeys === true ? { ...schema, headers: KEY_HEADER } : schema };
    },
    transformObject: jsonSchemaTransformObject,
  });
  await server.register(async (pages) => {
    pages.addHook('onRequest', (_request, reply, done) => {
      reply.headers(PAGE_HEADERS);
      done();
    });
    await pages.register(swaggerUi, {
      routePrefix: '/docs',
      staticCSP: DOCS_CSP,
      // A tag at a time: of more than some 135 operations at once the page shows eight, and says nothing.
      uiConfig: { persistAuthorization: false, docExpansion: 'none' },
    });
  });

  await serveConsole(server, deps.console);

  server.addHook('onRoute', (route) => declare(route, deps.idempotency));
  server.addHook('onResponse', (request, reply, done) => {
    const { url = 'unknown' } = request.routeOptions;
    deps.metrics.requests.observe(request.method, url, reply.statusCode, reply.elapsedTime / 1000);
    done();
  });

  if (deps.onAnswerChecked !== undefined) checkAnswers(server, deps.onAnswerChecked);

  server.get('/openapi.json', { config: { access: 'public' }, schema: { hide: true } }, (_request, reply) =>
    reply.type('application/json').serializer(JSON.stringify).send(server.swagger()),
  );
  for (const register of deps.routes) register(server);
  await server.ready();
  return server;
}

/** Fails the start rather than serve a route that forgot to say who may call it. */
function declare(route: RouteOptions, idempotency: Idempotency): void {
  if (route.config?.access === undefined) {
    throw new PlumblineError(
      'internal',
      'route.undeclared',
      `${String(route.method)} ${route.url} does not declare its access`,
    );
  }
  if (route.config.access !== 'public' && route.schema !== undefined) {
    // Scopes stand with the scheme, as OpenAPI 3.1 has it of every kind.
    const scopes = route.config.access === 'authenticated' ? [] : [route.config.access];
    route.schema.security = [{ apiKey: scopes }, { session: scopes }];
    route.schema.response = { ...(route.schema.response ?? {}), '4xx': PROBLEM, '5xx': PROBLEM };
  }
  idempotent(idempotency, route);
}
