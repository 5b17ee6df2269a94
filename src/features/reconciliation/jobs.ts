/** When reconciliation runs by itself. */
import type { ScheduledJob } from '../../platform/jobs/port.ts';
import type { ReconciliationService } from './service.ts';

export interface Schedule {
  /** When ended dates without a report are looked for. */
  readonly daily: string;
  /** When the state of now is looked at; undefined: never. */
  readonly intraday: string | undefined;
}

/** What no slot should wait an hour for: an attempt whose process is gone. */
const EVERY_MINUTE = '* * * * *';

export function reconciliationJobs(service: ReconciliationService, schedule: Schedule): readonly ScheduledJob[] {
  const { name: book, zone } = service.book; // two books on one database have queues each
  const jobs: ScheduledJob[] = [
    {
      name: `reconciliation.${book}`,
      cron: schedule.daily,
      zone,
      run: async (signal) => {
        await service.reconcileDueDates(signal);
      },
    },
    {
      name: `reconciliation.${book}.take-over`,
      cron: EVERY_MINUTE,
      zone,
      run: async (signal) => {
        await service.takeOverSilent(signal);
      },
    },
  ];
  if (schedule.intraday !== undefined) {
    jobs.push({
      name: `reconciliation.${book}.intraday`,
      cron: schedule.intraday,
      zone,
      run: async () => {
        await service.performIntradayReconciliation({ startedBy: 'schedule' });
      },
    });
  }
  return jobs;
}
