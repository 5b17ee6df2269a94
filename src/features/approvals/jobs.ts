/** What approvals tidy up by themselves. */
import type { ScheduledJob } from '../../platform/jobs/port.ts';
import type { Approvals } from './service.ts';

/** A request is over at its time, whether this has run or not. */
export const approvalJobs = (approvals: Approvals): readonly ScheduledJob[] => [
  { name: 'approvals.expire', cron: '*/10 * * * *', zone: 'UTC', run: () => approvals.expire() },
];
