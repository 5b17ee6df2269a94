/** When reconciliation runs by itself. */
import type { ScheduledJob } from '../../platform/jobs/port.ts';
import type { ReconciliationService } from './service.ts';

export const reconciliationJobs = (service: ReconciliationService, cron: string): readonly ScheduledJob[] => [
  {
    name: 'reconciliation.daily',
    cron,
    zone: service.book.zone,
    run: async () => {
      await service.reconcileDueDates('schedule');
    },
  },
];
