/** Logging in and out of a browser's session. Browsers are led there; the answers are redirects. */
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { PlumblineError } from '../../../kernel/errors.ts';
import type { RegisterRoutes } from '../../../platform/http-server/port.ts';
import { ownerOf } from '../principal.ts';
import {
  cookieOf,
  isOwnPath,
  loginCookie,
  noLogin,
  noSession,
  pendingLogin,
  SESSION_COOKIE,
  sessionCookie,
} from './cookies.ts';
import type { People } from './people.ts';

const tags = ['session'];

export const sessionRoutes =
  (people: People): RegisterRoutes =>
  (routes) => {
    routes.get(
      '/v1/session/login',
      {
        config: { access: 'public' },
        schema: {
          tags,
          summary: 'Leads a browser to the identity provider',
          querystring: z.strictObject({
            return_to: z
              .string()
              .refine(isOwnPath, 'must be a path of this service, such as /console')
              .default('/')
              .describe('Path of this service to come back to'),
            again: z.enum(['true', 'false']).default('false').describe('The person has to show anew who they are'),
          }),
          response: { 302: z.null().describe('To the identity provider') },
        },
      },
      async (request, reply) => {
        const { return_to, again } = request.query;
        const { url, pending } = await people.beginLogin(return_to, again === 'true');
        return redirect(reply, url, [loginCookie(pending)]);
      },
    );
    routes.get(
      '/v1/session/callback',
      {
        config: { access: 'public' },
        schema: {
          tags,
          summary: 'Where the identity provider sends the browser back to',
          querystring: z.looseObject({
            code: z.string().max(2_000).optional(),
            state: z.string().max(200).optional(),
            error: z.string().max(200).optional(),
          }),
          response: { 302: z.null().describe('To where the login began') },
        },
      },
      async (request, reply) => {
        const { code, state = '', error } = request.query;
        void reply.header('set-cookie', noLogin);
        if (code === undefined) {
          throw new PlumblineError(
            'denied',
            'access.login_refused',
            `the identity provider did not log you in: ${(error ?? 'no reason given').replaceAll(/[^\x20-\x7e]/g, '').slice(0, 60)}`,
          );
        }
        const pending = pendingLogin(request.headers.cookie);
        const token = await people.endLogin(pending, { state, code });
        const earlier = cookieOf(request.headers.cookie, SESSION_COOKIE);
        if (earlier !== undefined) await people.sessions.end(earlier);
        const returnTo = pending !== undefined && isOwnPath(pending.returnTo) ? pending.returnTo : '/';
        return redirect(reply, returnTo, [sessionCookie(token, Math.floor(people.settings.sessionMs / 1_000))]);
      },
    );
    routes.post(
      '/v1/session/logout',
      {
        config: { access: 'authenticated' },
        schema: {
          tags,
          summary: 'Ends the session of this browser',
          body: z.strictObject({}).nullish(),
          response: { 200: z.object({ ended: z.literal(true) }) },
        },
      },
      async (request, reply) => {
        const token = cookieOf(request.headers.cookie, SESSION_COOKIE);
        if (token !== undefined) await people.sessions.end(token);
        void reply.header('set-cookie', noSession);
        return { ended: true as const };
      },
    );
    routes.post(
      '/v1/sessions/end',
      {
        config: { access: 'keys:admin', acts: true },
        schema: {
          tags,
          summary: 'End all sessions of a person, at once and everywhere',
          description: 'To the safe side: one person may. It keeps nobody from logging in again.',
          body: z.strictObject({
            owner: z.string().max(210).describe('As the identity provider names people: an@example.com'),
          }),
          response: { 200: z.object({ subject: z.string(), ended: z.int() }) },
        },
      },
      async (request) => {
        const subject = ownerOf(request.body.owner);
        return { subject, ended: await people.sessions.endAll(subject) };
      },
    );
  };

function redirect(reply: FastifyReply, location: string, cookies: readonly string[]) {
  for (const cookie of cookies) void reply.header('set-cookie', cookie);
  void reply.header('location', location).header('cache-control', 'no-store').code(302);
  return null;
}
