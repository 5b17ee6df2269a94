/** `plumbline migrate`: brings the database to the program's schema, and says what stands. */

import type { RegisterCommands } from '../../platform/command-line/port.ts';
import { loadConfig, processEnvironment } from '../../platform/config/config.ts';
import { loadMigrations, migrationStatus } from '../../platform/db/migrate.ts';
import { applyMigrations, openDatabase } from '../adapters.ts';
import { MIGRATIONS_FOLDER } from '../package.ts';

export const migrateCommands: RegisterCommands = (program, context) => {
  program
    .command('migrate')
    .description('apply the migrations that the database lacks; safe to run from many machines at once')
    .option('--status', 'only say what is applied and what is pending', false)
    .action(async ({ status }: { status: boolean }) => {
      const db = await openDatabase(loadConfig(processEnvironment()));
      try {
        if (status) {
          const { applied, pending } = await migrationStatus(db, await loadMigrations(MIGRATIONS_FOLDER));
          context.answer({ applied, pending }, () => [
            ...applied.map((name) => `applied  ${name}`),
            ...pending.map((name) => `pending  ${name}`),
          ]);
          return;
        }
        const applied = await applyMigrations(db);
        context.answer({ applied }, () =>
          applied.length === 0
            ? ['nothing to do: the database is up to date']
            : applied.map((name) => `applied  ${name}`),
        );
      } finally {
        await db.close();
      }
    });
};
