/**
 * The console: the files that `npm run build` made of web/, served at `/`. They are public, for they hold
 * nothing but the program; whatever it shows it asks of the API, with the key of whoever looks.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import { PlumblineError } from '../../kernel/errors.ts';
import type { Routes } from '../../platform/http-server/port.ts';
import { PAGE_HEADERS } from './security-headers.ts';

/** Files of this service alone: no inline script, no inline style, no other host, no frame. */
const CONSOLE_CSP =
  "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/** Each of their names holds a hash of what is in it. */
const FOR_GOOD = 'public, max-age=31536000, immutable';

/** @param root the folder of the built files; where there are none, `/` says how to make them */
export async function serveConsole(server: Routes, root: string): Promise<void> {
  if (!existsSync(join(root, 'index.html'))) {
    server.get('/', { config: { access: 'public' }, schema: { hide: true } }, () => {
      throw new PlumblineError(
        'missing',
        'console.not_built',
        'the console was not built; build it with: npm run build. The API is described at /docs',
      );
    });
    return;
  }
  await server.register(async (pages) => {
    pages.addHook('onRoute', (route) => {
      route.config = { ...route.config, access: 'public' };
    });
    await pages.register(fastifyStatic, {
      root,
      // One route a file: what is not among them is answered as everywhere else.
      wildcard: false,
      preCompressed: true,
      cacheControl: false,
      setHeaders: ({ raw }, path) => {
        raw.setHeader('cache-control', path.includes(`${root}/assets/`) ? FOR_GOOD : 'no-cache');
      },
    });
    pages.addHook('onRequest', (_request, reply, done) => {
      reply.headers({ ...PAGE_HEADERS, 'content-security-policy': CONSOLE_CSP });
      done();
    });
  });
}
