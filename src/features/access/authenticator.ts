/** Every way to be known: a key, a token of the identity provider, a session in a browser. */
import type { Clock } from '../../kernel/clock.ts';
import { PlumblineError } from '../../kernel/errors.ts';
import type { Caller } from '../../platform/http-server/port.ts';
import { cookieOf, SESSION_COOKIE } from './people/cookies.ts';
import type { People } from './people/people.ts';
import type { Principal } from './principal.ts';
import type { AccessService } from './service.ts';

/** Without people: everybody has a key. */
export function authenticatorOf({
  keys,
  people,
  clock,
}: {
  readonly keys: AccessService;
  readonly people: People | undefined;
  readonly clock: Clock;
}) {
  return {
    digest: (secret: string) => keys.digest(secret),
    authenticate: (digest: string, use: { readonly reads: boolean; readonly address: string }) =>
      keys.authenticate(digest, use),

    /** @throws `access.unauthenticated` (denied), and as `People.byToken` */
    byToken: async (token: string): Promise<Principal> => {
      if (people !== undefined) return people.byToken(token);
      throw new PlumblineError(
        'denied',
        'access.unauthenticated',
        'tokens are not taken here, for no identity provider is configured (OIDC_ISSUER); send an API key: "Authorization: Bearer pl_..."',
      );
    },

    byCookie: (header: string, csrf: { readonly sent: string | undefined } | undefined) => {
      const token = people === undefined ? undefined : cookieOf(header, SESSION_COOKIE);
      return token === undefined || token === '' ? undefined : people?.sessions.resume(token, csrf);
    },

    /** Keys are not asked: a machine and a script can show nothing else. @throws `access.step_up_required` (denied) */
    assertLately: ({ authenticatedAt }: Caller): void => {
      if (authenticatedAt === undefined || people === undefined) return;
      if (clock.now() - authenticatedAt < people.settings.stepUpMs) return;
      throw new PlumblineError(
        'denied',
        'access.step_up_required',
        'this is dangerous, and you showed who you are too long ago: log in again at /v1/session/login?again=true',
        { details: { login: '/v1/session/login?again=true' }, unchanged: true },
      );
    },
  };
}
