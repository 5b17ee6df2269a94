/**
 * Entries that a caller sends under one key. The entries get keys of their own out of it, and the last
 * one's says so: what comes under the same key with more, fewer or other entries is refused whole.
 */

import { PlumblineError } from '../../kernel/errors.ts';
import { KeyedQueue } from '../../platform/db/keyed-queue.ts';
import type { Db } from '../../platform/db/port.ts';
import type { Entry } from './log/batch.ts';
import type { Appended } from './log/group-commit.ts';
import { isSame, keyReused } from './log/repeats.ts';
import { streamUnknown } from './log/sequencer.ts';
import { findByIdem, type Known } from './log/store.ts';
import { Together } from './log/together.ts';
import { type AuditLog, appendable, idemOf, type NewEntry } from './service.ts';
import { readStreams } from './store.ts';

export interface Submission {
  readonly caller: string;
  readonly key: string;
  readonly entries: readonly Omit<NewEntry, 'key' | 'caller'>[];
}

/** Keys that are looked for at once, of one request of many entries or of many requests. */
const MOST_KEYS = 4_096;

export class Submitter {
  readonly #log: AuditLog;
  readonly #db: Db;
  /** Who sends two different requests under one key at the same instant is asked one after the other. */
  readonly #underWay = new KeyedQueue();
  readonly #known: Together<string, ReadonlyMap<string, Known>>;

  constructor({ log, db }: { readonly log: AuditLog; readonly db: Db }) {
    this.#log = log;
    this.#db = db;
    this.#known = new Together<string, ReadonlyMap<string, Known>>(
      async (idems) => new Map((await findByIdem(db.sql, idems)).map((each) => [each.idem, each])),
      MOST_KEYS,
    );
  }

  /**
   * Resolves when all are durable. Nothing is appended where one is refused.
   * @throws as `AuditLog.append`, naming the entry
   */
  submit(submission: Submission): Promise<readonly Appended[]> {
    return this.#underWay.run(`${submission.caller}\n${submission.key}`, () => this.#submitAlone(submission));
  }

  async #submitAlone({ caller, key, entries }: Submission): Promise<readonly Appended[]> {
    const keyed = entries.map((entry, at): NewEntry => ({ ...entry, caller, key: keyOf(key, at, entries.length) }));
    const checked = keyed.map((entry, at) => naming(at, entries.length, () => appendable(entry)));
    if (entries.length > 1) await assertStreams(this.#db, keyed);
    await this.#assertNew(caller, key, checked);
    return await Promise.all(keyed.map((entry) => this.#log.append(entry))); // in their order
  }

  async #assertNew(caller: string, key: string, entries: readonly Entry[]): Promise<void> {
    const idems = entries.flatMap((_, at) => [idemOf(caller, middleOf(key, at)), idemOf(caller, lastOf(key, at))]);
    const known = await this.#known.about(idems);
    const [any] = idems.flatMap((idem) => known.get(idem) ?? []);
    if (any === undefined) return;
    for (const entry of entries) {
      const earlier = known.get(entry.idem ?? '');
      if (earlier !== undefined && isSame(entry, earlier)) continue;
      throw keyReused((earlier ?? any).index);
    }
  }
}

const middleOf = (key: string, at: number): string => `${key} ${at}`;
const lastOf = (key: string, at: number): string => `${key} ${at} last`;
const keyOf = (key: string, at: number, of: number): string => (at === of - 1 ? lastOf : middleOf)(key, at);

async function assertStreams(db: Db, entries: readonly NewEntry[]): Promise<void> {
  const names = [...new Set(entries.map(({ stream }) => stream))];
  const known = new Set((await readStreams(db.sql, names)).map(({ name }) => name));
  for (const [at, { stream }] of entries.entries()) {
    naming(at, entries.length, () => {
      if (!known.has(stream)) throw streamUnknown(stream);
    });
  }
}

/** Says of a fault in which of several entries it is. */
function naming<T>(at: number, of: number, check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (of === 1 || !(error instanceof PlumblineError)) throw error;
    const faults = error.faults.map(({ pointer, message }) => ({ pointer: `/entries/${at}${pointer}`, message }));
    throw new PlumblineError(error.kind, error.code, `entries/${at}: ${error.message}`, { faults, cause: error });
  }
}
