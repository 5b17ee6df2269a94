/** What this process was started with. Nothing is changed here: a setting is changed where the process is started. */
import { z } from 'zod';
import type { ShownSetting } from '../../platform/config/shown.ts';
import type { RegisterRoutes } from '../../platform/http-server/port.ts';

const SETTING = z.object({
  name: z.string(),
  about: z.string(),
  expected: z.string(),
  secret: z.boolean().describe('Its value is shown to nobody; it may stand in the file named by NAME_FILE'),
  origin: z.enum(['environment', 'file', 'default', 'absent']),
  value: z.string().nullable(),
});

export const settingsRoutes =
  (settings: readonly ShownSetting[]): RegisterRoutes =>
  (routes) => {
    const data = settings.map(({ value, ...rest }) => ({ ...rest, value: value ?? null }));
    routes.get(
      '/v1/settings',
      {
        config: { access: 'audit:read' },
        schema: {
          tags: ['operations'],
          summary: 'The settings of the process that answers, and where each comes from',
          description:
            'Without secrets: of those it says whether they are set. The audit log has the same, of each start. A setting is changed where the process is started, and is in force from the next start on.',
          response: { 200: z.object({ data: z.array(SETTING) }) },
        },
      },
      () => ({ data }),
    );
  };
