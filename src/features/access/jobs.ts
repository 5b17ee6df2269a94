/** What access tidies up by itself. */
import type { Clock } from '../../kernel/clock.ts';
import type { Db } from '../../platform/db/port.ts';
import type { ScheduledJob } from '../../platform/jobs/port.ts';
import { deleteSessionsBefore } from './people/store-sessions.ts';
import { deleteRequestsBefore } from './store.ts';

/** Nobody retries a request after a month; until then its first answer is kept. */
const KEPT_MS = 30 * 86_400_000;

export const accessJobs = ({ db, clock }: { readonly db: Db; readonly clock: Clock }): readonly ScheduledJob[] => [
  {
    name: 'access.forget-requests',
    cron: '17 3 * * *',
    zone: 'UTC',
    run: async () => deleteRequestsBefore(db.sql, new Date(clock.now() - KEPT_MS)),
  },
  {
    name: 'access.forget-sessions',
    cron: '27 3 * * *',
    zone: 'UTC',
    run: async () => deleteSessionsBefore(db.sql, new Date(clock.now() - KEPT_MS)),
  },
];
