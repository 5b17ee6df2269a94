/** A run: one table archived from start to end, with what people see of it and want of it. */

import type { Clock, Random } from '../../../kernel/clock.ts';
import { isPlumblineError, messageOf } from '../../../kernel/errors.ts';
import type { Db } from '../../../platform/db/port.ts';
import type { ColdStore } from '../../../platform/objects/cold-port.ts';
import type { Logger } from '../../../platform/telemetry/port.ts';
import { underHolds } from '../holds/store-holds.ts';
import { verifyFailed } from '../notices.ts';
import type { Subject } from '../plan/subject.ts';
import { cutoffOf, inWindow, type VersionedPolicy } from '../policies/policy.ts';
import type { Notices } from '../ports.ts';
import type { Spool } from './spool.ts';
import { loadOf } from './store-load.ts';
import { countOld } from './store-rows.ts';
import * as runs from './store-runs.ts';
import { StopRun, Throttle } from './throttle.ts';
import { archiveTable } from './work.ts';

export interface RunnerDeps {
  readonly db: Db;
  readonly cold: ColdStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly spool: Spool;
  /** Who hears of damage. */
  readonly notices?: Notices | undefined;
  readonly onStep?: ((step: string) => Promise<void> | void) | undefined;
}

export interface RunRequest {
  readonly run: runs.RunRow;
  readonly policy: VersionedPolicy;
  readonly subject: Subject;
  readonly signal: AbortSignal;
  /** The schedule works in the policy's window alone; a person who starts a run means now. */
  readonly scheduled: boolean;
}

/** Never rejects: how it ended is in the run's row. */
export async function performRun(deps: RunnerDeps, request: RunRequest): Promise<void> {
  const { db, clock, log } = deps;
  const { run, policy, subject, signal } = request;
  const shown = { phase: 'waiting for its turn', rows_done: 0n, rows_kept: 0n, objects_done: 0, bytes_done: 0n };
  const now = (): Date => new Date(clock.now());
  const paused = async (): Promise<boolean> => {
    const wanted = await runs.beat(db.sql, run.id, shown, now());
    if (wanted === undefined) throw new StopRun('the run was ended by somebody else');
    if (wanted === 'stop' || signal.aborted) throw new StopRun('stopped');
    if (request.scheduled && !inWindow(policy.policy, clock.now())) throw new StopRun('its window is over');
    return wanted === 'pause';
  };
  const throttle = new Throttle({
    ...{ clock, load: loadOf(db), limits: policy.policy.throttle, paused },
    onWait: (why) => {
      shown.phase = why === undefined ? 'going on' : `waiting: ${why}`;
    },
  });
  try {
    await db.exclusive(
      `archive/${subject.table}`,
      async () => {
        const total = await countOld(db.sql, await underHolds(db.sql, subject), cutoffOf(policy.policy, clock.now()));
        await runs.beat(db.sql, run.id, { ...shown, rows_total: total }, now());
        await archiveTable(
          {
            ...deps,
            throttle,
            now: () => clock.now(),
            onPhase: (phase) => {
              shown.phase = phase;
            },
            onRows: ({ archived, kept }) => {
              shown.rows_done += BigInt(archived);
              shown.rows_kept += BigInt(kept);
            },
            onObject: (bytes) => {
              shown.objects_done += 1;
              shown.bytes_done += BigInt(bytes);
            },
          },
          { policy, subject },
        );
      },
      { takeOverAfterMs: 30_000 },
    );
    await runs.endRun(db.sql, run.id, 'done', shown, undefined, now());
    log.info(
      { code: 'archive.done', table: subject.table, rows: Number(shown.rows_done), objects: shown.objects_done },
      'a table was archived',
    );
  } catch (error) {
    await failed(deps, request, shown, error);
  }
}

async function failed(
  { db, clock, log, notices }: RunnerDeps,
  { run, subject }: RunRequest,
  shown: runs.Shown,
  error: unknown,
): Promise<void> {
  const at = new Date(clock.now());
  const end = async (state: 'stopped' | 'failed', code?: string): Promise<void> => {
    const reason = code === undefined ? undefined : { code, message: messageOf(error) };
    const isDamage = isPlumblineError(error) && error.kind === 'integrity';
    await db.transaction({}, async (tx) => {
      await runs.endRun(tx, run.id, state, shown, reason, at);
      if (isDamage) await notices?.raise(tx, verifyFailed(subject.table, error.message));
    });
  };
  try {
    if (error instanceof StopRun) {
      await end('stopped');
      return;
    }
    const code = isPlumblineError(error) ? error.code : 'archive.failed';
    log.error(
      { code, table: subject.table, err: error },
      'archiving a table failed; what was under way is gone on with by the next run',
    );
    await end('failed', code);
  } catch (lost) {
    log.error(
      { code: 'archive.run_unrecorded', table: subject.table, err: lost },
      'the end of an archive run could not be written',
    );
  }
}
