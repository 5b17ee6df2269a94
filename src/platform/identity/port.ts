/**
 * The identity provider: who a person is, by OpenID Connect. It is asked for its keys and for codes; what it
 * signed is verified here. https://openid.net/specs/openid-connect-core-1_0.html
 */

/** What the provider says of somebody, verified: its signature, issuer, audience and times. */
export interface Claims {
  readonly [claim: string]: unknown;
}

/** What the browser carries to the provider, and what this side keeps meanwhile. */
export interface LoginRequest {
  readonly redirectUri: string;
  readonly state: string;
  readonly nonce: string;
  /** RFC 7636; the provider sees its hash. */
  readonly verifier: string;
  /** The person has to show again who they are, however lately they did. */
  readonly again: boolean;
}

export interface IdentityProvider {
  readonly issuer: string;
  /** Where the browser goes. @throws `identity.unavailable` (upstream) */
  loginUrl(request: LoginRequest): Promise<string>;
  /**
   * Trades a code for what it stands for: the claims of the ID token, and those of the userinfo endpoint where
   * the token lacks `wants`.
   * @throws `identity.code_refused`, `identity.token_invalid` (denied), `identity.unavailable` (upstream)
   */
  exchange(
    code: string,
    login: Pick<LoginRequest, 'redirectUri' | 'nonce' | 'verifier'>,
    wants: readonly string[],
  ): Promise<Claims>;
  /**
   * The claims of an access token (JWT) for the audience.
   * @throws `identity.token_invalid` (denied), `identity.unavailable` (upstream)
   */
  verifyAccessToken(token: string, audience: string): Promise<Claims>;
}
