/** OpenID Connect over our own HTTP client; signatures by jose. */
import { createHash } from 'node:crypto';
import { errors, type JWTPayload, type JWTVerifyOptions, jwtVerify } from 'jose';
import { z } from 'zod';
import type { Clock } from '../../kernel/clock.ts';
import { isPlumblineError, messageOf, PlumblineError } from '../../kernel/errors.ts';
import type { HttpClient, HttpRequest } from '../http-client/port.ts';
import { KeySet } from './key-set.ts';
import type { Claims, IdentityProvider, LoginRequest } from './port.ts';

export interface OpenIdOptions {
  readonly issuer: string;
  readonly clientId: string;
  /** Absent: a public client, which PKCE protects. */
  readonly clientSecret: string | undefined;
  /** What is asked for at a login, such as `openid profile email`. */
  readonly scope: string;
  readonly http: HttpClient;
  readonly clock: Clock;
}

const TIMEOUT_MS = 5_000;
const MAX_BYTES = 256 * 1024;
/** Signatures that nobody can make who knows the public key. */
const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];
/** Two machines' clocks differ, in seconds. */
const TOLERANCE_S = 30;
const DISCOVERY_MS = 60 * 60_000;

const DISCOVERY = z.object({
  issuer: z.string(),
  authorization_endpoint: z.url(),
  token_endpoint: z.url(),
  jwks_uri: z.url(),
  userinfo_endpoint: z.url().optional(),
});
type Discovery = z.output<typeof DISCOVERY>;

const TOKENS = z.object({ id_token: z.string(), access_token: z.string() });

export class OpenIdProvider implements IdentityProvider {
  readonly issuer: string;
  readonly #options: OpenIdOptions;
  readonly #keys: KeySet;
  #discovered: { readonly document: Discovery; readonly atMs: number } | undefined;

  constructor(options: OpenIdOptions) {
    this.#options = options;
    this.issuer = options.issuer;
    this.#keys = new KeySet(options.clock, async () => this.#json({ url: (await this.#discovery()).jwks_uri }));
  }

  async loginUrl({ redirectUri, state, nonce, verifier, again }: LoginRequest): Promise<string> {
    const url = new URL((await this.#discovery()).authorization_endpoint);
    const fields = {
      response_type: 'code',
      client_id: this.#options.clientId,
      redirect_uri: redirectUri,
      scope: this.#options.scope,
      ...{ state, nonce },
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
      ...(again ? { max_age: '0', prompt: 'login' } : {}),
    };
    for (const [name, value] of Object.entries(fields)) url.searchParams.set(name, value);
    return url.href;
  }

  async exchange(
    code: string,
    { redirectUri, nonce, verifier }: Pick<LoginRequest, 'redirectUri' | 'nonce' | 'verifier'>,
    wants: readonly string[],
  ): Promise<Claims> {
    const { clientId, clientSecret } = this.#options;
    const { token_endpoint, userinfo_endpoint } = await this.#discovery();
    const form = new URLSearchParams({ grant_type: 'authorization_code', code, redirect_uri: redirectUri });
    form.set('code_verifier', verifier);
    if (clientSecret === undefined) form.set('client_id', clientId);
    const answer = await this.#json({
      url: token_endpoint,
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        ...(clientSecret === undefined ? {} : { authorization: basic(clientId, clientSecret) }),
      },
      body: form.toString(),
    });
    const tokens = TOKENS.safeParse(answer).data;
    if (tokens === undefined) throw unavailable(this.issuer, 'its answer to a code has no tokens');
    const claims = await this.#verify(tokens.id_token, { audience: clientId });
    if (claims.nonce !== nonce) throw invalid('its nonce is not the one of this login');
    if (Array.isArray(claims.aud) && claims.aud.length > 1 && claims.azp !== clientId) {
      throw invalid('it was made for several clients, and not for this one');
    }
    if (userinfo_endpoint === undefined || wants.every((name) => claims[name] !== undefined)) return claims;
    const more = z
      .looseObject({ sub: z.string() })
      .safeParse(
        await this.#json({ url: userinfo_endpoint, headers: { authorization: `Bearer ${tokens.access_token}` } }),
      ).data;
    // https://openid.net/specs/openid-connect-core-1_0.html#UserInfoResponse: of the same subject, or not at all.
    if (more === undefined || more.sub !== claims.sub) throw invalid('the userinfo endpoint speaks of somebody else');
    return { ...more, ...claims };
  }

  async verifyAccessToken(token: string, audience: string): Promise<Claims> {
    return this.#verify(token, { audience });
  }

  async #verify(token: string, { audience }: { readonly audience: string }): Promise<JWTPayload> {
    const options: JWTVerifyOptions = {
      issuer: this.issuer,
      audience,
      algorithms: ALGORITHMS,
      requiredClaims: ['exp', 'iat', 'sub'],
      clockTolerance: TOLERANCE_S,
      currentDate: new Date(this.#options.clock.now()),
    };
    try {
      return (await jwtVerify(token, this.#keys.find, options)).payload;
    } catch (error) {
      if (isPlumblineError(error)) throw error;
      if (error instanceof errors.JOSEError) throw invalid(error.message, error);
      throw unavailable(this.issuer, messageOf(error), error);
    }
  }

  async #discovery(): Promise<Discovery> {
    const nowMs = this.#options.clock.monotonic();
    if (this.#discovered !== undefined && nowMs - this.#discovered.atMs < DISCOVERY_MS) {
      return this.#discovered.document;
    }
    try {
      const url = `${this.issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
      const document = DISCOVERY.safeParse(await this.#json({ url })).data;
      if (document === undefined) throw unavailable(this.issuer, 'its discovery document lacks what a login needs');
      if (document.issuer !== this.issuer) {
        throw unavailable(
          this.issuer,
          `it calls itself "${document.issuer.slice(0, 200)}"; OIDC_ISSUER must be the same`,
        );
      }
      this.#discovered = { document, atMs: nowMs };
      return document;
    } catch (error) {
      if (this.#discovered !== undefined) return this.#discovered.document;
      throw error;
    }
  }

  async #json(request: Pick<HttpRequest, 'url' | 'method' | 'headers' | 'body'>): Promise<unknown> {
    const { url, ...more } = request;
    let response: Awaited<ReturnType<HttpClient['send']>>;
    try {
      response = await this.#options.http.send({ url, ...more, timeoutMs: TIMEOUT_MS, maxBytes: MAX_BYTES });
    } catch (error) {
      throw unavailable(this.issuer, messageOf(error), error);
    }
    const body = parse(response.body);
    if (response.status >= 200 && response.status < 300 && body !== undefined) return body;
    const said = z.object({ error: z.string() }).safeParse(body).data?.error;
    if (response.status === 400 && said !== undefined) {
      throw new PlumblineError(
        'denied',
        'identity.code_refused',
        `the identity provider does not take the code of this login (${said.slice(0, 60)}); log in again`,
      );
    }
    throw unavailable(this.issuer, `${new URL(url).pathname} answered with status ${response.status}`);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** RFC 6749 2.3.1: both are encoded as in a form first. */
const basic = (id: string, secret: string): string =>
  `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')}`;

const invalid = (why: string, cause?: unknown): PlumblineError =>
  new PlumblineError('denied', 'identity.token_invalid', `the token is not accepted: ${why}`, { cause });

const unavailable = (issuer: string, why: string, cause?: unknown): PlumblineError =>
  new PlumblineError('upstream', 'identity.unavailable', `the identity provider ${issuer} cannot be used: ${why}`, {
    unchanged: true,
    cause,
  });
