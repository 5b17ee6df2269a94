/** Legal holds: placed at once, released by an action of its own, and kept by the store where it can. */
import type { Clock, Random } from '../../../kernel/clock.ts';
import { isPlumblineError, messageOf, PlumblineError } from '../../../kernel/errors.ts';
import { isUuid, uuidv7 } from '../../../kernel/ids.ts';
import type { Db, Tx } from '../../../platform/db/port.ts';
import type { ColdStore } from '../../../platform/objects/cold-port.ts';
import type { Logger } from '../../../platform/telemetry/port.ts';
import type { Subject } from '../plan/subject.ts';
import { pointerId } from '../pointers/key.ts';
import type { Hold, NewHold, Release } from './hold.ts';
import * as objects from './store-held-objects.ts';
import * as store from './store-holds.ts';

export interface HoldsDeps {
  readonly db: Db;
  readonly cold: () => Promise<ColdStore>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

export interface HoldView {
  readonly hold: Hold;
  readonly objects: objects.HeldCount;
}

export class Holds {
  readonly #deps: HoldsDeps;

  constructor(deps: HoldsDeps) {
    this.#deps = deps;
  }

  /**
   * From now on none of these rows leaves its table; rows that are leaving at this moment are waited for. Objects
   * that have some of them are put under the store's legal hold.
   * @throws `archive.range_empty`, `archive.key_malformed` (invalid)
   */
  async place({ rows, reason }: NewHold, { table, key, column }: Subject, by: string): Promise<HoldView> {
    const { db, clock, random } = this.#deps;
    const hold: Hold = {
      id: uuidv7(clock.now(), random.bytes(10)),
      ...{ table, reason, placedBy: by, placedAt: new Date(clock.now()), release: undefined },
      ...(rows.kind === 'time'
        ? { rows: sensibleTime(rows), column }
        : { rows: sensibleKeys(rows, key.kind), column: { name: key.column, type: key.type } }),
    };
    await db.transaction({}, async (tx) => {
      await store.insertHold(tx, hold);
      await objects.insertHeldObjects(tx, hold);
    });
    await this.tellAtOnce();
    return this.view(hold.id);
  }

  /** @throws `archive.hold_unknown` (missing), `archive.hold_released` (conflict) */
  async release(id: string, reason: string, by: string): Promise<HoldView> {
    await this.standing(id);
    await this.#deps.db.transaction({}, (tx) => this.releaseIn(tx, id, { by, reason, approvedBy: null }));
    await this.tellAtOnce();
    return this.view(id);
  }

  /** In the transaction of what allows it; `tellAtOnce` after it. @throws as `release` */
  async releaseIn(tx: Tx, id: string, release: Omit<Release, 'at'>): Promise<void> {
    const at = new Date(this.#deps.clock.now());
    if ((await store.releaseHold(tx, id, { ...release, at })) === undefined) throw over(id);
  }

  /** @throws `archive.hold_unknown` (missing), `archive.hold_released` (conflict) */
  async standing(id: string): Promise<Hold> {
    const { hold } = await this.view(id);
    if (hold.release !== undefined) throw over(id);
    return hold;
  }

  /** @throws `archive.hold_unknown` (missing) */
  async view(id: string): Promise<HoldView> {
    const { db } = this.#deps;
    const hold = isUuid(id) ? await store.findHold(db.sql, id) : undefined;
    if (hold !== undefined) return { hold, objects: await objects.countHeldObjects(db.sql, id) };
    throw new PlumblineError(
      'missing',
      'archive.hold_unknown',
      `there is no legal hold ${id.slice(0, 60)}; see: plumbline archive hold list --released`,
    );
  }

  /** Newest first. */
  async list(query: Parameters<typeof store.listHolds>[1]): Promise<readonly HoldView[]> {
    const { db } = this.#deps;
    const views: HoldView[] = [];
    for (const hold of await store.listHolds(db.sql, query)) {
      views.push({ hold, objects: await objects.countHeldObjects(db.sql, hold.id) });
    }
    return views;
  }

  /** The job: objects that came since, and what the store has not been told yet. */
  async tell(signal?: AbortSignal): Promise<void> {
    const { db } = this.#deps;
    for (const hold of await store.listHolds(db.sql, { released: false, limit: 10_000 })) {
      await db.transaction({}, (tx) => objects.insertHeldObjects(tx, hold));
    }
    await this.#tellStore(signal);
  }

  async #tellStore(signal?: AbortSignal): Promise<void> {
    const { db } = this.#deps;
    // What is to be kept comes first: whoever is stopped has kept too much, and not too little.
    for (const what of ['protect', 'lift'] as const) {
      for (const object of await objects.readUntold(db.sql, what)) {
        if (signal?.aborted === true) return;
        await this.#tellOf(object, what);
      }
    }
  }

  async #tellOf(object: objects.HeldObject, what: 'protect' | 'lift'): Promise<void> {
    const { db, cold, clock, log } = this.#deps;
    const at = new Date(clock.now());
    try {
      if (what === 'protect' || !(await objects.isKept(db.sql, object))) {
        const there = await cold();
        for (const key of object.keys) await there.protect(key, { legalHold: what === 'protect' });
      }
      // One whose receipt is not written yet is told again.
      const whole = what === 'lift' || object.keys.length === 3;
      await objects.setTold(db.sql, object, { what, at: whole ? at : null });
    } catch (error) {
      if (!isPlumblineError(error)) throw error;
      log.warn({ code: 'archive.hold_untold', hold: object.hold, batch: object.batch, err: error }, messageOf(error));
      const done = what === 'lift' && !object.protected; // the store never had it
      await objects.setTold(db.sql, object, {
        what,
        at: done ? at : null,
        error: { code: error.code, message: error.message },
      });
    }
  }

  /** The hold stands in the database whatever the store says; the job tells it again. */
  async tellAtOnce(): Promise<void> {
    try {
      await this.#tellStore();
    } catch (error) {
      this.#deps.log.warn({ code: 'archive.hold_untold', err: error }, messageOf(error));
    }
  }
}

function sensibleTime(rows: Extract<Hold['rows'], { kind: 'time' }>): Hold['rows'] {
  // A day is one of UTC, whatever the session's zone is.
  const [from, to] = [rows.from, rows.to].map((text) => (text.length === 10 ? `${text}T00:00:00Z` : text));
  if (from !== undefined && to !== undefined && Date.parse(from) < Date.parse(to)) return { kind: 'time', from, to };
  throw empty(`the time ends (${rows.to}) before it begins (${rows.from}); "to" is not included`);
}

function sensibleKeys(
  { from, to }: { readonly from: string; readonly to: string },
  kind: 'uuid' | 'number',
): Hold['rows'] {
  for (const key of [from, to]) {
    pointerId(key);
    if (key.includes('-', 1) === (kind === 'uuid')) continue;
    throw new PlumblineError(
      'invalid',
      'archive.key_malformed',
      `"${key}" is no ${kind} as the keys of this table are`,
    );
  }
  const ascending = kind === 'number' ? BigInt(from) <= BigInt(to) : from.toLowerCase() <= to.toLowerCase();
  if (ascending) return { kind: 'keys', from: from.toLowerCase(), to: to.toLowerCase() };
  throw empty(`the keys end (${to}) before they begin (${from})`);
}

const empty = (message: string): PlumblineError =>
  new PlumblineError('invalid', 'archive.range_empty', message, { faults: [{ pointer: '/rows/to', message }] });

const over = (id: string): PlumblineError =>
  new PlumblineError('conflict', 'archive.hold_released', `the legal hold ${id} was released already`);
