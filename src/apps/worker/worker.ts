/** The way in by the clock: what runs when nobody asks. */
import type { Jobs, ScheduledJob } from '../../platform/jobs/port.ts';
import type { Logger } from '../../platform/telemetry/port.ts';

export interface WorkerDeps {
  readonly jobs: Jobs;
  readonly schedule: readonly ScheduledJob[];
  readonly log: Logger;
}

export interface Worker {
  stop(): Promise<void>;
}

/**
 * Starts the schedule and looks at once for what was missed while nobody ran: the queue forgets slots
 * of the past, the jobs themselves do not.
 */
export async function startWorker({ jobs, schedule, log }: WorkerDeps): Promise<Worker> {
  await jobs.start(schedule);
  const stopping = new AbortController();
  const catchUp = Promise.allSettled(schedule.map((job) => job.run(stopping.signal))).then((results) => {
    for (const [index, result] of results.entries()) {
      if (result.status === 'rejected') {
        log.error(
          { code: 'worker.catch_up_failed', job: schedule[index]?.name, err: result.reason },
          'a job failed at start',
        );
      }
    }
  });
  return {
    async stop() {
      stopping.abort();
      await catchUp;
      await jobs.stop();
    },
  };
}
