/**
 * Work that happens by the clock. A slot that fell while nobody ran may be forgotten, and a handler
 * may be called twice for one slot: what must happen once for each date is a unique key in the
 * feature's own tables, and what must not be missed is looked for by the handler itself.
 */
export interface ScheduledJob {
  /** `reconciliation.daily`: letters, digits, dots, dashes. */
  readonly name: string;
  /** Five fields. */
  readonly cron: string;
  /** IANA zone in which the cron line is read. */
  readonly zone: string;
  /** Ends early, at a good place, when the signal aborts. */
  readonly run: (signal?: AbortSignal) => Promise<void>;
}

export interface Jobs {
  /** Starts the worker with these jobs; schedules of other names that it started before are dropped. */
  start(jobs: readonly ScheduledJob[]): Promise<void>;
  /** Ends after the handlers that are under way, 30 s at the most. */
  stop(): Promise<void>;
}

/** A scheduled job and how its newest slot went, by the queue's own records. */
export interface JobState {
  readonly name: string;
  /** Five fields. */
  readonly cron: string;
  readonly zone: string;
  readonly nextAt: Date | undefined;
  /** Undefined: no slot of it fell while a worker ran, as long as the queue remembers (7 days). */
  readonly last:
    | {
        readonly outcome: 'waiting' | 'running' | 'done' | 'failed';
        readonly startedAt: Date | undefined;
        readonly endedAt: Date | undefined;
        /** Of a failure. */
        readonly error: string | undefined;
      }
    | undefined;
  /** Slots that failed, of those that the queue remembers. */
  readonly failures: number;
}

/** What workers, in any process, have put into the schedule; by name. None where no worker ever ran. */
export type ReadJobs = () => Promise<readonly JobState[]>;
