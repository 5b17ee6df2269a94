/** What happens by the clock, for whoever may know how the service is. */
import { z } from 'zod';
import { type RegisterRoutes, TIMESTAMP } from '../../platform/http-server/port.ts';
import type { JobState, ReadJobs } from '../../platform/jobs/port.ts';

const JOB = z.object({
  name: z.string(),
  cron: z.string().describe('Five fields'),
  zone: z.string(),
  next_at: TIMESTAMP.nullable(),
  last: z
    .object({
      outcome: z.enum(['waiting', 'running', 'done', 'failed']),
      started_at: TIMESTAMP.nullable(),
      ended_at: TIMESTAMP.nullable(),
      duration_ms: z.int().nullable(),
      error: z.string().nullable(),
    })
    .nullable()
    .describe('Null: no slot of it fell while a worker ran, within 7 days'),
  failures: z.int().describe('Slots that failed, within 7 days'),
});

export const jobRoutes =
  (read: ReadJobs): RegisterRoutes =>
  (routes) => {
    routes.get(
      '/v1/jobs',
      {
        config: { access: 'service:read' },
        schema: {
          tags: ['operations'],
          summary: 'What runs by the clock: when next, and how it went last',
          description:
            'As the workers of this database have it, whichever process answers. None where no worker ever ran.',
          response: { 200: z.object({ data: z.array(JOB) }) },
        },
      },
      async () => ({ data: (await read()).map(toJson) }),
    );
  };

const toJson = ({ name, cron, zone, nextAt, last, failures }: JobState): z.input<typeof JOB> => ({
  ...{ name, cron, zone, failures, next_at: nextAt?.toISOString() ?? null },
  last:
    last === undefined
      ? null
      : {
          outcome: last.outcome,
          started_at: last.startedAt?.toISOString() ?? null,
          ended_at: last.endedAt?.toISOString() ?? null,
          duration_ms:
            last.startedAt === undefined || last.endedAt === undefined ? null : +last.endedAt - +last.startedAt,
          error: last.error ?? null,
        },
});
