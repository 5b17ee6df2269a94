/** When archival runs by itself. */
import type { ScheduledJob } from '../../platform/jobs/port.ts';
import type { ArchivalService } from './service.ts';

export const archivalJobs = (service: ArchivalService, cron: string): readonly ScheduledJob[] => [
  { name: 'archive.run', cron, zone: 'UTC', run: (signal) => service.runScheduled(signal) },
];
