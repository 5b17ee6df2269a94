/** A real identity provider on loopback: npm's oidc-provider, with a login that believes whoever one says to be. */

import { generateKeyPair } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { promisify } from 'node:util';
import Provider from 'oidc-provider';

export interface Person {
  readonly roles: readonly string[];
  readonly email?: string;
}

export interface Oidc {
  readonly issuer: string;
  /** Logs the browser in as somebody, and follows it back. @returns the address it comes back to */
  login(url: string, sub: string): Promise<string>;
  /** An access token (JWT) for the API. */
  accessToken(sub: string): Promise<string>;
  /** New keys, as a rotation makes them: tokens from now on are signed by these. */
  rotate(): Promise<void>;
  /** Requests for the provider's keys so far. */
  readonly keyRequests: () => number;
  close(): Promise<void>;
}

export const CLIENT = { id: 'plumbline', secret: 'a secret of the client that is long' };
export const AUDIENCE = 'https://plumbline.test';

async function newKey(kid: string): Promise<object> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  return { ...privateKey.export({ format: 'jwk' }), kid, use: 'sig', alg: 'RS256' };
}

/**
 * @param publicUrl where the browser comes back to
 * @param people as they are when a token is made of them
 */
export async function startOidc(publicUrl: string, people: Record<string, Person>): Promise<Oidc> {
  let handler: ReturnType<Provider['callback']> | undefined;
  let keyRequests = 0;
  const server = createServer((request, response) => {
    if (request.url?.startsWith('/jwks')) keyRequests += 1;
    void handler?.(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${portOf(server)}`;
  let provider: Provider;
  let keys = 0;
  const make = async (): Promise<void> => {
    keys += 1;
    provider = new Provider(issuer, {
      clients: [
        {
          client_id: CLIENT.id,
          client_secret: CLIENT.secret,
          grant_types: ['authorization_code'],
          redirect_uris: [new URL('/v1/session/callback', publicUrl).href],
          response_types: ['code'],
        },
      ],
      jwks: { keys: [await newKey(`key-${keys}`)] },
      cookies: { keys: ['of a test'] },
      claims: { openid: ['sub', 'roles'], email: ['email', 'email_verified'], profile: ['name'] },
      pkce: { required: () => true },
      features: {
        devInteractions: { enabled: false },
        resourceIndicators: {
          enabled: true,
          defaultResource: () => AUDIENCE,
          useGrantedResource: () => true,
          getResourceServerInfo: () => ({ scope: '', audience: AUDIENCE, accessTokenFormat: 'jwt' }),
        },
      },
      extraTokenClaims: (_context, token) =>
        'accountId' in token ? { roles: people[String(token.accountId)]?.roles ?? [], auth_time: now() } : undefined,
      findAccount: (_context, sub) => ({
        accountId: sub,
        claims: () => ({
          sub,
          name: `Name of ${sub}`,
          email: people[sub]?.email,
          email_verified: true,
          roles: [...(people[sub]?.roles ?? [])],
        }),
      }),
      interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
      // The test grants what is asked for, to whom it says.
      loadExistingGrant: async (context) => {
        const { client, session } = context.oidc;
        const grant = new provider.Grant({ clientId: client?.clientId ?? '', accountId: session?.accountId ?? '' });
        grant.addOIDCScope('openid profile email');
        grant.addResourceScope(AUDIENCE, '');
        await grant.save();
        return grant;
      },
    });
    const callback = provider.callback();
    handler = async (request, response) => {
      const [, , sub] = /^\/interaction\/[^?]+(\?as=(\w+))?$/.exec(request.url ?? '') ?? [undefined, undefined, ''];
      if (sub === '') return callback(request, response);
      if (sub === undefined) {
        // For whoever comes by a browser.
        response.setHeader('content-type', 'text/html');
        response.end(LOGIN_PAGE);
        return;
      }
      await provider.interactionFinished(request, response, { login: { accountId: sub, ts: now() } });
    };
  };
  await make();

  const login = async (url: string, sub: string): Promise<string> => {
    const jar = new Map<string, string>();
    let at = url;
    for (let hops = 0; hops < 10; hops += 1) {
      const response = await fetch(at, {
        redirect: 'manual',
        headers: { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') },
      });
      for (const cookie of response.headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
        jar.set(name, value);
      }
      const location = response.headers.get('location');
      if (location === null) throw new Error(`the provider answered ${response.status}: ${await response.text()}`);
      at = new URL(location, at).href;
      if (at.startsWith(publicUrl)) return at;
      if (at.includes('/interaction/')) at = `${at}?as=${sub}`;
    }
    throw new Error('the provider does not come to an end');
  };

  return {
    issuer,
    login,
    accessToken: async (sub) => {
      const { AccessToken, Grant } = provider;
      const client = await provider.Client.find(CLIENT.id);
      if (client === undefined) throw new Error('the provider does not know its client');
      const grant = new Grant({ accountId: sub, clientId: CLIENT.id });
      const grantId = await grant.save();
      const token = new AccessToken({ accountId: sub, client, grantId, gty: 'authorization_code' });
      Object.assign(token, {
        resourceServer: new provider.ResourceServer(AUDIENCE, {
          scope: '',
          audience: AUDIENCE,
          accessTokenFormat: 'jwt',
        }),
      });
      return token.save();
    },
    rotate: make,
    keyRequests: () => keyRequests,
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

const LOGIN_PAGE = `<!doctype html><html lang="en"><title>Log in</title><link rel="icon" href="data:,">
  <form><label>Name <input name="as" required></label> <button>Log in</button></form></html>`;

const now = (): number => Math.floor(Date.now() / 1_000);

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the listening socket has no port');
  return address.port;
}
