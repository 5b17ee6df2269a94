/** `plumbline migrate`: brings the database to the program's schema, and says what stands. */

import type { RegisterCommands } from '../../platform/command-line/port.ts';
import { loadConfig, processEnvironment } from '../../platform/config/config.ts';
import { migrationStatus } from '../../platform/db/migrate.ts';
import { loadMigrations } from '../../platform/db/migration-files.ts';
import { applyMigrations, openDatabase } from '../adapters.ts';

export const migrateCommands: RegisterCommands = (program, context) => {
  program
    .command('migrate')
    .description('apply the migrations that the database lacks; safe to run from many machines at once')
    .option('--status', 'only say what is applied and what is pending', false)
    .action(async ({ status }: { status: boolean }) => {
      const db = await openDatabase(loadConfig(processEnvironment()));
      try {
        if (status) {
          const { applied, pending } = await migrationStatus(db, await loadMigrations());
          const names = { applied: applied.map(({ name }) => name), pending: pending.map(({ name }) => name) };
          context.answer(names, () => [
            ...applied.map(({ name }) => `applied  ${name}`),
            ...pending.map(({ name }) => `pending  ${name}`),
          ]);
          return;
        }
        const applied = await applyMigrations(db);
        context.answer({ applied: applied.map(({ name }) => name) }, () =>
          applied.length === 0
            ? ['nothing to do: the database is up to date']
            : applied.map(({ name }) => `applied  ${name}`),
        );
      } finally {
        await db.close();
      }
    });
};
