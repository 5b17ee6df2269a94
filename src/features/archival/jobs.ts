/** When archival runs by itself. */
import type { ScheduledJob } from '../../platform/jobs/port.ts';
import type { ArchivalService } from './service.ts';

export const archivalJobs = (service: ArchivalService, cron: string): readonly ScheduledJob[] => [
  { name: 'archive.run', cron, zone: 'UTC', run: (signal) => service.runScheduled(signal) },
];

/** Whatever was asked of the store is followed, and what is held is kept, whether or not tables are archived by the clock. */
export const restoreJobs = (service: ArchivalService): readonly ScheduledJob[] => [
  { name: 'archive.restores', cron: '* * * * *', zone: 'UTC', run: (signal) => service.restores.advance(signal) },
  { name: 'archive.holds', cron: '17 * * * *', zone: 'UTC', run: (signal) => service.holds.tell(signal) },
];
