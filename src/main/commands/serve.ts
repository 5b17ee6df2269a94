/** `plumbline serve`: the service. Any number of processes, each in one role or in all. */
import { Option } from 'commander';
import type { RegisterCommands } from '../../platform/command-line/port.ts';
import { loadConfig, processEnvironment } from '../../platform/config/config.ts';
import { untilTold } from '../until-told.ts';

type Role = 'api' | 'worker' | 'all';

export const serveCommands: RegisterCommands = (program) => {
  program
    .command('serve')
    .description('run the service until it is told to end (SIGINT, SIGTERM)')
    .addOption(
      new Option('--role <role>', 'api answers requests, worker keeps the schedule, all does both')
        .choices(['api', 'worker', 'all'])
        .default('all'),
    )
    .action(async ({ role }: { role: Role }) => {
      const { compose } = await import('../compose.ts'); // see ../connect.ts
      const app = await compose({ config: loadConfig(processEnvironment()) });
      try {
        // A worker listens as well: somebody must be able to ask for its health and its metrics.
        const url = await app.listen();
        if (role !== 'api') await app.startWorker();
        app.log.info(
          { code: 'service.started', url, role, database: app.db.engine, cache: app.cache.kind },
          'plumbline serves',
        );
        if (app.db.engine === 'pglite') {
          app.log.warn(
            { code: 'db.no_fsync' },
            'the embedded database survives the end of the process, not a loss of power; set DATABASE_URL for production',
          );
        }
        const signal = await untilTold(app.clock);
        app.log.info({ code: 'service.stopping', signal }, 'plumbline ends');
      } finally {
        await app.close();
      }
    });
};
