/** Who the caller is, as this service sees it. */
import { z } from 'zod';
import { type RegisterRoutes, TIMESTAMP } from '../../platform/http-server/port.ts';
import { cookieOf, SESSION_COOKIE } from './people/cookies.ts';
import { csrfOf } from './people/sessions.ts';
import { ROLES } from './roles.ts';

const ME = z.object({
  subject: z.string().describe('person:<name>, key:<id> of a machine, or local'),
  via: z.string().describe('key:<id>, session:<id>, token or local'),
  name: z.string().nullable(),
  role: z.enum(ROLES),
  scopes: z.array(z.string()),
  authenticated_at: TIMESTAMP.nullable().describe('When a person last showed the identity provider who they are'),
  csrf_token: z.string().nullable().describe('Of a session: for the header x-csrf-token of requests that act'),
  approvals_required: z.boolean().describe('Whether what is dangerous waits for a second person'),
});

export const meRoutes =
  ({ approvalsRequired }: { readonly approvalsRequired: boolean }): RegisterRoutes =>
  (routes) => {
    routes.get(
      '/v1/me',
      {
        config: { access: 'authenticated' },
        schema: { tags: ['session'], summary: 'Who the caller is, and may do what', response: { 200: ME } },
      },
      (request, reply) => {
        const { subject, via, name, role, scopes, authenticatedAt } = request.caller;
        const token = via.startsWith('session:') ? cookieOf(request.headers.cookie, SESSION_COOKIE) : undefined;
        void reply.header('cache-control', 'no-store');
        return {
          ...{ subject, via, name: name ?? null, role: z.enum(ROLES).parse(role) },
          scopes: [...scopes].sort(),
          authenticated_at:
            authenticatedAt === undefined || authenticatedAt === 0 ? null : new Date(authenticatedAt).toISOString(),
          csrf_token: token === undefined ? null : csrfOf(token),
          approvals_required: approvalsRequired,
        };
      },
    );
  };
