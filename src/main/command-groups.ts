/** The commands, by their first word. A command waits for the code of its own group alone. */
import type { RegisterCommands } from '../platform/command-line/port.ts';

type Group = () => Promise<readonly RegisterCommands[]>;

const access: Group = async () => [(await import('../features/access/commands.ts')).keysCommands];

/** In the order in which `--help` shows them. */
const GROUPS: Readonly<Record<string, Group>> = {
  serve: async () => [(await import('./commands/serve.ts')).serveCommands],
  migrate: async () => [(await import('./commands/migrate.ts')).migrateCommands],
  config: async () => [(await import('./commands/config.ts')).configCommands],
  rates: async () => [(await import('../features/rates/commands.ts')).ratesCommands],
  reconcile: async () => [
    (await import('../features/reconciliation/commands.ts')).reconcileCommands,
    (await import('./commands/reconcile-match.ts')).reconcileMatchCommands,
  ],
  payouts: async () => [(await import('../features/payouts/commands.ts')).payoutsCommands],
  archive: async () => [(await import('../features/archival/commands.ts')).archiveCommands],
  incidents: async () => [(await import('../features/incidents/commands.ts')).incidentsCommands],
  notifications: async () => [(await import('../features/notifications/commands.ts')).notificationsCommands],
  audit: async () => [
    (await import('../features/audit/commands.ts')).auditCommands,
    (await import('./commands/audit.ts')).auditCommands,
  ],
  keys: access,
  sessions: access,
  approvals: async () => [(await import('../features/approvals/commands.ts')).approvalsCommands],
  sandbox: async () => [(await import('./commands/sandbox.ts')).sandboxCommands],
  console: async () => [(await import('./commands/console.ts')).consoleCommands],
  doctor: async () => [(await import('./commands/doctor.ts')).doctorCommands],
};

/** @param args as the user gave them. @returns all commands where they name no group: for help, and for what to say of a mistake */
export async function commandsFor(args: readonly string[]): Promise<readonly RegisterCommands[]> {
  const word = args.find((arg) => !arg.startsWith('-'));
  const own = word !== undefined && Object.hasOwn(GROUPS, word) ? GROUPS[word] : undefined;
  const groups = own === undefined ? new Set(Object.values(GROUPS)) : [own];
  return (await Promise.all([...groups].map((load) => load()))).flat();
}
