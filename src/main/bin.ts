/** The program: `plumbline <command>`. */
import { runCli } from '../apps/cli/program.ts';
import { keysCommands } from '../features/access/commands.ts';
import { approvalsCommands } from '../features/approvals/commands.ts';
import { archiveCommands } from '../features/archival/commands.ts';
import { auditCommands } from '../features/audit/commands.ts';
import { incidentsCommands } from '../features/incidents/commands.ts';
import { notificationsCommands } from '../features/notifications/commands.ts';
import { payoutsCommands } from '../features/payouts/commands.ts';
import { ratesCommands } from '../features/rates/commands.ts';
import { reconcileCommands } from '../features/reconciliation/commands.ts';
import { systemClock } from '../platform/clock/system.ts';
import { auditCommands as auditToolCommands } from './commands/audit.ts';
import { configCommands } from './commands/config.ts';
import { consoleCommands } from './commands/console.ts';
import { doctorCommands } from './commands/doctor.ts';
import { migrateCommands } from './commands/migrate.ts';
import { reconcileMatchCommands } from './commands/reconcile-match.ts';
import { sandboxCommands } from './commands/sandbox.ts';
import { serveCommands } from './commands/serve.ts';
import { connect } from './connect.ts';
import { packageVersion } from './package.ts';
import { interrupted } from './until-told.ts';

process.exitCode = await runCli(
  {
    version: packageVersion(),
    commands: [
      serveCommands,
      migrateCommands,
      configCommands,
      ratesCommands,
      reconcileCommands,
      reconcileMatchCommands,
      payoutsCommands,
      archiveCommands,
      incidentsCommands,
      notificationsCommands,
      auditCommands,
      auditToolCommands,
      keysCommands,
      approvalsCommands,
      sandboxCommands,
      consoleCommands,
      doctorCommands,
    ],
    connect,
    stdout: (text) => process.stdout.write(text),
    stderr: (text) => process.stderr.write(text),
    interactive: process.stdout.isTTY === true,
    clock: systemClock,
    interrupted,
  },
  process.argv.slice(2),
);
