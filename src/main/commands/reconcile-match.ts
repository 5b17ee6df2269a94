/** `plumbline reconcile match`, which works on files and, where it is told to, on the databases themselves. */
import { matchCommand } from '../../features/reconciliation/matching/commands.ts';
import { systemClock, systemRandom } from '../../platform/clock/system.ts';
import type { RegisterCommands } from '../../platform/command-line/port.ts';
import { loadConfig, processEnvironment } from '../../platform/config/config.ts';
import { assureSchema, openDatabase, openPlatformDatabase } from '../adapters.ts';
import { bookOverrides, loadBook } from '../settings.ts';

export const reconcileMatchCommands: RegisterCommands = (program, context) => {
  const reconcile = program.commands.find((each) => each.name() === 'reconcile') ?? program.command('reconcile');
  matchCommand(reconcile, context, async () => {
    const { matchingOver } = await import('../reconciliation.ts'); // see ../connect.ts
    const config = loadConfig(processEnvironment());
    const book = loadBook(config.values.RECONCILIATION_BOOK, bookOverrides(config));
    const url = config.values.PLATFORM_DATABASE_URL;
    const db = await openDatabase(config);
    await assureSchema(db);
    const platform = url === undefined ? db : openPlatformDatabase(url);
    return {
      service: matchingOver({ db, platform, clock: systemClock, random: systemRandom }, config, book),
      close: async () => {
        if (platform !== db) await platform.close();
        await db.close();
      },
    };
  });
};
