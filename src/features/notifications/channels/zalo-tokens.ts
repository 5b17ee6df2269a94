/**
 * The access token of a Zalo official account. It lives for an hour or a day; the refresh token that renews
 * it is good for one use, so what comes back is kept in the database, sealed, and one process renews at a time.
 * https://developers.zalo.me/docs/official-account/bat-dau/xac-thuc-va-uy-quyen-cho-ung-dung-new
 */
import { z } from 'zod';
import type { Clock } from '../../../kernel/clock.ts';
import { PlumblineError } from '../../../kernel/errors.ts';
import type { HttpClient } from '../../../platform/http-client/port.ts';

export interface TokenStore {
  read(name: string): Promise<{ readonly text: string; readonly expiresAt: Date | null } | undefined>;
  write(name: string, text: string, expiresAt: Date | null): Promise<void>;
  exclusive<T>(name: string, work: () => Promise<T>): Promise<T>;
}

export interface ZaloTokenDeps {
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly store: TokenStore;
  /** `https://oauth.zaloapp.com`. */
  readonly url: string;
  readonly appId: string;
  readonly appSecret: string;
  /** The first refresh token, from the console of the account. */
  readonly refreshToken: string;
}

const NAME = 'zalo';
/** A token that ends sooner is renewed first. Milliseconds. */
const MARGIN_MS = 5 * 60_000;

const KEPT = z.object({ access: z.string(), refresh: z.string(), from: z.string() });
const ANSWER = z.object({
  access_token: z.string().min(1),
  refresh_token: z.string().min(1),
  expires_in: z.coerce.number().int().positive(),
});

export class ZaloTokens {
  readonly #deps: ZaloTokenDeps;

  constructor(deps: ZaloTokenDeps) {
    this.#deps = deps;
  }

  /** @throws `notifications.zalo_token` (upstream) */
  async current(timeoutMs: number): Promise<string> {
    return (await this.#young()) ?? (await this.#renewed(timeoutMs, undefined));
  }

  /** Another one than the present: it was refused. @throws as `current` */
  async renew(timeoutMs: number): Promise<string> {
    const refused = (await this.#kept())?.access;
    return this.#renewed(timeoutMs, refused);
  }

  async #young(): Promise<string | undefined> {
    const kept = await this.#kept();
    return kept !== undefined && kept.expiresAt > this.#deps.clock.now() + MARGIN_MS ? kept.access : undefined;
  }

  async #kept(): Promise<{ access: string; refresh: string; expiresAt: number } | undefined> {
    const { store, refreshToken } = this.#deps;
    const row = await store.read(NAME);
    if (row === undefined) return undefined;
    const { access, refresh, from } = KEPT.parse(JSON.parse(row.text));
    // Somebody configured another one: the chain of the old one is over.
    if (from !== refreshToken) return undefined;
    return { access, refresh, expiresAt: row.expiresAt?.getTime() ?? 0 };
  }

  #renewed(timeoutMs: number, refused: string | undefined): Promise<string> {
    const { http, clock, store, url, appId, appSecret, refreshToken } = this.#deps;
    return store.exclusive(NAME, async () => {
      const kept = await this.#kept();
      // Another process was quicker.
      if (kept !== undefined && kept.access !== refused && kept.expiresAt > clock.now() + MARGIN_MS) return kept.access;
      const form = new URLSearchParams({
        refresh_token: kept?.refresh ?? refreshToken,
        app_id: appId,
        grant_type: 'refresh_token',
      });
      const answer = await http.send({
        ...{ url: `${url}/v4/oa/access_token`, method: 'POST', timeoutMs, body: form.toString() },
        headers: { 'content-type': 'application/x-www-form-urlencoded', secret_key: appSecret },
      });
      const { access_token: access, refresh_token: refresh, expires_in } = tokenOf(answer.body, answer.status);
      const expiresAt = new Date(clock.now() + expires_in * 1000);
      await store.write(NAME, JSON.stringify({ access, refresh, from: refreshToken }), expiresAt);
      return access;
    });
  }
}

/** The body is not shown: where it succeeded in part, it holds a token. */
function tokenOf(body: string, status: number): z.output<typeof ANSWER> {
  try {
    return ANSWER.parse(JSON.parse(body));
  } catch {
    throw new PlumblineError(
      'upstream',
      'notifications.zalo_token',
      `Zalo gave no token (status ${status}): authorise the official account again, and set NOTIFY_ZALO_REFRESH_TOKEN`,
    );
  }
}
