/** People: who the identity provider says they are, by an access token or by a session in a browser. */
import type { Clock, Random } from '../../../kernel/clock.ts';
import { PlumblineError } from '../../../kernel/errors.ts';
import type { Db } from '../../../platform/db/port.ts';
import type { IdentityProvider, LoginRequest } from '../../../platform/identity/port.ts';
import type { Notices } from '../ports.ts';
import type { Principal } from '../principal.ts';
import { scopesOf } from '../roles.ts';
import { claimedFrom, personFrom, saysRoles, subjectFrom } from './claims.ts';
import type { Claims, PeopleSettings } from './ports.ts';
import { Sessions } from './sessions.ts';
import { Standing, type Word } from './standing.ts';

export interface PeopleDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly random: Random;
  readonly notices: Notices;
  readonly provider: IdentityProvider;
  readonly settings: PeopleSettings;
}

/** What the browser keeps from the way out to the way back. */
export interface PendingLogin extends Pick<LoginRequest, 'state' | 'nonce' | 'verifier'> {
  readonly returnTo: string;
}

/** Of roles and groups that are kept of a person. */
const MOST_NAMES = 200;

export class People {
  readonly sessions: Sessions;
  readonly settings: PeopleSettings;
  readonly #deps: PeopleDeps;
  readonly #standing: Standing;

  constructor(deps: PeopleDeps) {
    this.#deps = deps;
    this.settings = deps.settings;
    this.sessions = new Sessions(deps);
    this.#standing = new Standing(deps);
  }

  /**
   * Whoever an access token speaks for.
   * @throws `access.tokens_off`, `identity.token_invalid`, `access.person_unnamed`, `access.no_role` (denied)
   */
  async byToken(token: string): Promise<Principal> {
    const { provider, settings } = this.#deps;
    if (settings.audience === undefined) {
      throw new PlumblineError(
        'denied',
        'access.tokens_off',
        'access tokens are not taken here: OIDC_AUDIENCE is not set; use an API key',
      );
    }
    const claims = await provider.verifyAccessToken(token, settings.audience);
    // A token that has no such claim says nothing of roles.
    if (saysRoles(claims, settings)) await this.#standing.heardByToken(this.#wordOf(claims));
    const { subject, name, role, authenticatedAt } = personFrom(claims, settings);
    return { subject, name, role, via: 'token', scopes: new Set(scopesOf(role)), authenticatedAt };
  }

  /** @param again the person has to show anew who they are */
  async beginLogin(
    returnTo: string,
    again: boolean,
  ): Promise<{ readonly url: string; readonly pending: PendingLogin }> {
    const { provider } = this.#deps;
    const pending = { state: this.#token(), nonce: this.#token(), verifier: this.#token(), returnTo };
    const url = await provider.loginUrl({ ...pending, redirectUri: this.#redirectUri(), again });
    return { url, pending };
  }

  /**
   * The browser is back with a code.
   * @returns the secret of the new session
   * @throws `access.login_foreign` (denied): it is not the login that this browser began
   */
  async endLogin(
    pending: PendingLogin | undefined,
    back: { readonly state: string; readonly code: string },
  ): Promise<string> {
    const { provider, settings, clock } = this.#deps;
    if (pending === undefined || pending.state !== back.state) {
      throw new PlumblineError(
        'denied',
        'access.login_foreign',
        'this is not the answer to a login that this browser began, or it took too long; begin again at /v1/session/login',
      );
    }
    const { roleClaim, subjectClaim } = settings;
    const wants = [roleClaim.split('.')[0] ?? roleClaim, subjectClaim];
    const claims = await provider.exchange(back.code, { ...pending, redirectUri: this.#redirectUri() }, wants);
    // Before anything else: that somebody has no role any more is news for the sessions that they have.
    await this.#standing.heard(this.#wordOf(claims));
    const person = personFrom(claims, settings);
    // Without auth_time the provider does not say when; a future one is its clock's, not a credit.
    return this.sessions.begin({ ...person, authenticatedAt: Math.min(person.authenticatedAt, clock.now()) });
  }

  #wordOf(claims: Claims): Word {
    const { settings, clock } = this.#deps;
    const subject = subjectFrom(claims, settings);
    const claimed = claimedFrom(claims, settings).slice(0, MOST_NAMES);
    const { iat } = claims;
    return { subject, claimed, at: typeof iat === 'number' ? Math.min(iat * 1_000, clock.now()) : clock.now() };
  }

  #redirectUri(): string {
    return new URL('/v1/session/callback', this.settings.publicUrl).href;
  }

  #token(): string {
    return Buffer.from(this.#deps.random.bytes(32)).toString('base64url');
  }
}
