/** Sessions of people in a browser: begun by a login at the identity provider, kept by a cookie. */
import { timingSafeEqual } from 'node:crypto';
import type { Clock, Random } from '../../../kernel/clock.ts';
import { PlumblineError } from '../../../kernel/errors.ts';
import { sha256Hex } from '../../../kernel/hash.ts';
import { newId } from '../../../kernel/ids.ts';
import type { Db } from '../../../platform/db/port.ts';
import type { Principal } from '../principal.ts';
import { scopesOf } from '../roles.ts';
import { type Person, roleFrom } from './claims.ts';
import type { PeopleSettings } from './ports.ts';
import { parseClaimed } from './store-people.ts';
import * as store from './store-sessions.ts';

export interface SessionDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly random: Random;
  readonly settings: Pick<PeopleSettings, 'idleMs' | 'sessionMs' | 'roleMap'>;
}

/** What a request did last is written at most so often. */
const SEEN_EVERY_MS = 60_000;

export class Sessions {
  readonly #deps: SessionDeps;

  constructor(deps: SessionDeps) {
    this.#deps = deps;
  }

  /** @returns the secret for the cookie, which is stored nowhere */
  async begin(person: Person): Promise<string> {
    const { db, clock, random, settings } = this.#deps;
    const token = Buffer.from(random.bytes(32)).toString('base64url');
    const now = clock.now();
    await store.insertSession(db.sql, {
      id: newId<'session'>(clock, random),
      token_hash: sha256Hex(token),
      ...{ subject: person.subject, name: person.name, role: person.role },
      authenticated_at: new Date(person.authenticatedAt),
      created_at: new Date(now),
      last_seen_at: new Date(now),
      expires_at: new Date(now + settings.sessionMs),
      ended_at: null,
    });
    return token;
  }

  /**
   * @param csrf what the page sends in `x-csrf-token`; undefined for a request that only reads
   * @throws `access.session_over` (denied), `access.csrf_refused` (denied)
   */
  async resume(token: string, csrf: { readonly sent: string | undefined } | undefined): Promise<Principal> {
    const { db, clock, settings } = this.#deps;
    const row = await store.findSession(db.sql, sha256Hex(token));
    const now = clock.now();
    if (
      row === undefined ||
      row.ended_at !== null ||
      now >= row.expires_at.getTime() ||
      now - row.last_seen_at.getTime() >= settings.idleMs
    ) {
      throw new PlumblineError('denied', 'access.session_over', 'the session is over; log in again');
    }
    // What the provider said last, under the map of now: a role that is taken away or lowered is so at once.
    const role = row.claimed === null ? row.role : roleFrom(parseClaimed(row.claimed), settings.roleMap);
    if (role === undefined) {
      throw new PlumblineError(
        'denied',
        'access.session_over',
        `${row.subject} has no role here any more, by what the identity provider said last`,
      );
    }
    if (csrf !== undefined && !isSame(csrf.sent ?? '', csrfOf(token))) {
      throw new PlumblineError(
        'denied',
        'access.csrf_refused',
        'a request that acts needs the header x-csrf-token, with the csrf_token of GET /v1/me',
      );
    }
    if (now - row.last_seen_at.getTime() >= SEEN_EVERY_MS) await store.seeSession(db.sql, row.id, new Date(now));
    return {
      ...{ subject: row.subject, name: row.name, role, via: `session:${row.id}` },
      scopes: new Set(scopesOf(role)),
      authenticatedAt: row.authenticated_at.getTime(),
    };
  }

  /** All of a person's, wherever they are: the next request of each is refused. @returns how many */
  endAll(subject: string): Promise<number> {
    const { db, clock } = this.#deps;
    return store.endSessionsOf(db.sql, subject, new Date(clock.now()));
  }

  end(token: string): Promise<void> {
    const { db, clock } = this.#deps;
    return store.endSession(db.sql, sha256Hex(token), new Date(clock.now()));
  }
}

/** Known to who has the cookie, which a page of another site can send and not read. */
export const csrfOf = (token: string): string => sha256Hex(`plumbline csrf ${token}`);

const isSame = (one: string, other: string): boolean =>
  one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));
