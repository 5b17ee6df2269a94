/** When reconciliation runs by itself. */
import type { ScheduledJob } from '../../platform/jobs/port.ts';
import type { ReconciliationService } from './service.ts';

export const reconciliationJobs = (service: ReconciliationService, cron: string): readonly ScheduledJob[] => [
  {
    name: `reconciliation.${service.book.name}`, // two books on one database have a queue each
    cron,
    zone: service.book.zone,
    run: async (signal) => {
      await service.reconcileDueDates(signal);
    },
  },
];
