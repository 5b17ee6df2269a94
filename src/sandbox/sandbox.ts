/**
 * The sandbox: a simulated gateway in a schema of its own, `sandbox`, beside whatever else the
 * database holds. Its money is right to the last dong until a switch takes some away.
 */
import { type BusinessDate, parseBusinessDate } from '../kernel/business-date.ts';
import type { Clock } from '../kernel/clock.ts';
import { PlumblineError } from '../kernel/errors.ts';
import type { Db } from '../platform/db/port.ts';
import type { Logger } from '../platform/telemetry/port.ts';
import { RECORDED_RATES } from './data/recorded-rates.ts';
import { plan, type Step } from './plan.ts';
import { GENERATOR_VERSION, historyBefore } from './rules.ts';
import { createMarkedSchema, dropSchema, insertMeta, type Meta, readState, type State } from './store.ts';
import { readSummary, type Summary } from './store-summary.ts';
import { createSwitches, type Switches } from './switches.ts';

export type { Loot } from './switches.ts';

/** `done` of `total` statements are written; `step` is what the newest wrote: `payments`. */
type OnProgress = (step: string, done: number, total: number) => void;

interface FillOptions {
  /** 0 to 2147483647; the same seed and date give the same rows, digit for digit. 42 unless told. */
  readonly seed?: number;
  /** The day it is in the sandbox: the history ends as this day begins in Asia/Ho_Chi_Minh. */
  readonly date: BusinessDate;
  readonly onProgress?: OnProgress;
}

export interface Filled {
  /** False where there was a whole sandbox already, whatever its seed and date: it was left as it is. */
  readonly created: boolean;
  readonly seed: number;
  readonly date: BusinessDate;
  readonly merchants: number;
  readonly payments: number;
  readonly auditLogs: number;
}

export interface Sandbox extends Switches {
  /**
   * A half-filled sandbox, or one of another version of the generator, is dropped and made anew.
   * @throws `sandbox.foreign_schema` (conflict), `sandbox.date_out_of_range`, `sandbox.seed_out_of_range` (invalid)
   */
  fill(options: FillOptions): Promise<Filled>;
  /** @returns undefined where there is no whole sandbox. @throws `sandbox.foreign_schema` (conflict) */
  summary(): Promise<Summary | undefined>;
  /** @returns whether there was one. @throws `sandbox.foreign_schema` (conflict) */
  drop(): Promise<boolean>;
}

export interface SandboxDependencies {
  readonly db: Db;
  readonly clock: Clock;
  readonly log?: Logger;
}

const LOCK = 'sandbox';
const DEFAULT_SEED = 42;

export function createSandbox({ db, clock, log }: SandboxDependencies): Sandbox {
  const ownState = async (): Promise<Exclude<State, { kind: 'foreign' }>> => {
    const state = await readState(db.sql);
    if (state.kind === 'foreign') throw foreignSchema();
    return state;
  };

  async function build({ seed = DEFAULT_SEED, date, onProgress }: FillOptions, steps: readonly Step[]): Promise<Meta> {
    await db.transaction({}, createMarkedSchema);
    for (const [index, { name, statement }] of steps.entries()) {
      await statement.execute(db.sql);
      onProgress?.(name, index + 1, steps.length);
      await clock.sleep(0); // the embedded database holds the event loop while a statement runs: let others in
    }
    await insertMeta(db.sql, { version: GENERATOR_VERSION, seed, date });
    const state = await readState(db.sql);
    if (state.kind !== 'filled') {
      throw new PlumblineError(
        'internal',
        'sandbox.not_filled',
        'the sandbox was changed by others while it was filled',
      );
    }
    return state.meta;
  }

  return {
    ...createSwitches({ db, clock }),

    fill: async (options) => {
      assertSeed(options.seed);
      return await db.exclusive(LOCK, async () => {
        const before = await ownState();
        if (before.kind === 'filled' && before.meta.version === GENERATOR_VERSION) return filled(false, before.meta);
        const steps = plan(options.seed ?? DEFAULT_SEED, historyBefore(options.date, RECORDED_RATES));
        if (before.kind !== 'absent') {
          log?.warn({ found: before.kind }, 'a sandbox that is not whole or of this version is dropped and made anew');
          await dropSchema(db.sql);
        }
        const began = clock.monotonic();
        const meta = await build(options, steps);
        log?.info({ ...meta, ms: Math.round(clock.monotonic() - began) }, 'sandbox filled');
        return filled(true, meta);
      });
    },

    summary: async () => {
      const state = await ownState();
      return state.kind === 'filled' ? await readSummary(db, state.meta) : undefined;
    },

    drop: () =>
      db.exclusive(LOCK, async () => {
        const state = await ownState();
        if (state.kind === 'absent') return false;
        await dropSchema(db.sql);
        log?.info({}, 'sandbox dropped');
        return true;
      }),
  };
}

const filled = (created: boolean, { version: _, date, ...meta }: Meta): Filled => ({
  created,
  date: parseBusinessDate(date),
  ...meta,
});

function assertSeed(seed = 0): void {
  if (Number.isInteger(seed) && seed >= 0 && seed <= 2_147_483_647) return;
  throw new PlumblineError(
    'invalid',
    'sandbox.seed_out_of_range',
    `seed: ${seed} is not a whole number from 0 to 2147483647`,
    {
      details: { seed },
    },
  );
}

const foreignSchema = (): PlumblineError =>
  new PlumblineError(
    'conflict',
    'sandbox.foreign_schema',
    'this database has a schema named "sandbox" that Plumbline did not make, and will not touch; rename it, or use another database',
  );
