/** The commands of the log that work on its database, its tiles or its keys themselves, without a service. */
import type { RegisterCommands } from '../../platform/command-line/port.ts';
import { bundleCommands } from './audit-bundle.ts';
import { monitorCommand } from './audit-monitor.ts';
import { signerCommands } from './audit-signer.ts';
import { verifyCommand } from './audit-verify.ts';
import { witnessCommand } from './audit-witness.ts';

export const auditCommands: RegisterCommands = (program, context) => {
  const audit = program.commands.find((each) => each.name() === 'audit') ?? program.command('audit');
  verifyCommand(audit, context);
  bundleCommands(audit, context);
  monitorCommand(audit, context);
  witnessCommand(audit);
  signerCommands(audit, context);
};
