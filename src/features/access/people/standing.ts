/**
 * What the identity provider said last of a person: each login and each token is its word, and the newest one counts
 * for every session of theirs, under the map of roles that is in force now.
 */
import type { Db } from '../../../platform/db/port.ts';
import { isAway } from '../../../platform/db/unavailable.ts';
import { roleChanged } from '../notices.ts';
import type { Notices } from '../ports.ts';
import { roleFrom } from './claims.ts';
import type { PeopleSettings } from './ports.ts';
import { noteWord } from './store-people.ts';

export interface StandingDeps {
  readonly db: Db;
  readonly notices: Notices;
  readonly settings: Pick<PeopleSettings, 'roleMap'>;
}

export interface Word {
  readonly subject: string;
  /** Names of roles and groups. */
  readonly claimed: readonly string[];
  /** When the provider said it, epoch milliseconds. */
  readonly at: number;
}

/** So many people are remembered by a process; then it asks the database again. */
const REMEMBERED = 10_000;

export class Standing {
  readonly #deps: StandingDeps;
  /** The last word about each that this process was told: a token says the same at each request. */
  readonly #known = new Map<string, string>();

  constructor(deps: StandingDeps) {
    this.#deps = deps;
  }

  /** Kept where it is the newest. A change of the role is told in its transaction. */
  async heard({ subject, claimed, at }: Word): Promise<void> {
    const { db, notices, settings } = this.#deps;
    const word = JSON.stringify([at, claimed]);
    if (this.#known.get(subject) === word) return;
    const saidAt = new Date(at);
    await db.transaction({}, async (tx) => {
      const before = await noteWord(tx, { subject, claimed, saidAt });
      if (before === undefined) return;
      const [was, is] = [roleFrom(before, settings.roleMap), roleFrom(claimed, settings.roleMap)];
      if (was !== is) await notices.raise(tx, roleChanged(subject, was ?? null, is ?? null, saidAt));
    });
    if (this.#known.size >= REMEMBERED) this.#known.clear();
    this.#known.set(subject, word);
  }

  /** As `heard`, where a token speaks for itself: it is not held up by a database that is silent. */
  async heardByToken(word: Word): Promise<void> {
    await this.heard(word).catch((error: unknown) => {
      if (!isAway(error)) throw error;
    });
  }
}
