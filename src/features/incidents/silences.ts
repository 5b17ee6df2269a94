/** Silences: what nobody wants to hear of for a while, and why. */
import type { Json } from '../../kernel/canonical.ts';
import type { Clock, Random } from '../../kernel/clock.ts';
import { PlumblineError } from '../../kernel/errors.ts';
import { newId } from '../../kernel/ids.ts';
import type { Db } from '../../platform/db/port.ts';
import { type Catalogue, matches } from './catalogue.ts';
import * as store from './store.ts';

export interface SilenceRequest {
  /** A name, or a prefix such as `rates.*`. */
  readonly event: string;
  /** What the incident's scope has to contain; empty: whatever it is. */
  readonly scope: { readonly [field: string]: Json };
  readonly minutes: number;
  readonly reason: string;
}

export class Silences {
  readonly #deps: { readonly db: Db; readonly clock: Clock; readonly random: Random; readonly catalogue: Catalogue };

  constructor(deps: {
    readonly db: Db;
    readonly clock: Clock;
    readonly random: Random;
    readonly catalogue: Catalogue;
  }) {
    this.#deps = deps;
  }

  /** @throws `incidents.never_silent` (invalid): the event is one that nobody may silence by its name */
  async create({ event, scope, minutes, reason }: SilenceRequest, subject: string): Promise<store.SilenceRow> {
    const { db, clock, random, catalogue } = this.#deps;
    const never = catalogue.events
      .filter(([name, { maySilence }]) => !maySilence && event !== '*' && matches(event, name))
      .map(([name]) => name);
    if (never.length > 0) {
      throw new PlumblineError(
        'invalid',
        'incidents.never_silent',
        `${never.join(', ')} cannot be silenced: acknowledge the incident instead, which is told again when it lasts`,
        { faults: [{ pointer: '/event', message: `must not be one of ${never.join(', ')}` }] },
      );
    }
    const now = clock.now();
    const row = {
      ...{ id: newId<'silence'>(clock, random), event, scope, reason, created_by: subject, created_at: new Date(now) },
      ...{ starts_at: new Date(now), ends_at: new Date(now + minutes * 60_000) },
    };
    await db.transaction({}, async (tx) => {
      await store.actAs(tx, subject);
      await store.insertSilence(tx, row);
    });
    return { ...row, ended_by: null, ended_at: null };
  }

  /** What it held back is told now. @throws `incidents.silence_over` (conflict) */
  async end(id: store.SilenceId, subject: string): Promise<void> {
    const { db, clock } = this.#deps;
    const now = new Date(clock.now());
    await db.transaction({}, async (tx) => {
      await store.actAs(tx, subject);
      if (!(await store.endSilence(tx, id, subject, now))) {
        throw new PlumblineError('conflict', 'incidents.silence_over', `there is no silence ${id} in force`);
      }
      await store.wake(tx, id, now);
    });
  }

  list(all: boolean): Promise<readonly store.SilenceRow[]> {
    return store.listSilences(this.#deps.db.sql, all ? undefined : new Date(this.#deps.clock.now()));
  }
}
