/** A database whose process dies at a step: before a statement is sent, after it was answered, around a commit. */
import type { KyselyPlugin } from 'kysely';
import { PlumblineError } from '../../src/kernel/errors.ts';
import type { Db } from '../../src/platform/db/port.ts';

export type Death =
  /** From the step on, nothing reaches the database any more. */
  | 'for good'
  /** That step alone fails; what catches it goes on. */
  | 'once';

export interface Mortal {
  readonly db: Db;
  /** Steps taken so far. */
  readonly steps: () => number;
  /** One that is none of the database. */
  readonly step: () => void;
}

/** @param at the step that fails, counted from 1; 0: none */
export function mortal(db: Db, at: number, death: Death = 'for good'): Mortal {
  let steps = 0;
  const step = (): void => {
    steps += 1;
    if (at > 0 && (death === 'for good' ? steps >= at : steps === at))
      throw new PlumblineError('upstream', 'db.unavailable', `the connection was lost at step ${steps}`);
  };
  const plugin: KyselyPlugin = {
    transformQuery: ({ node }) => {
      step();
      return node;
    },
    transformResult: ({ result }) => {
      step();
      return Promise.resolve(result);
    },
  };
  return {
    steps: () => steps,
    step,
    db: {
      ...db,
      sql: db.sql.withPlugin(plugin),
      inOrder: db.inOrder.withPlugin(plugin),
      transaction: async (mode, work) => {
        step();
        const result = await db.transaction(mode, async (tx) => {
          const inside = await work(tx.withPlugin(plugin));
          step(); // everything is written, nothing is committed
          return inside;
        });
        step(); // committed, and nobody hears of it
        return result;
      },
    },
  };
}
