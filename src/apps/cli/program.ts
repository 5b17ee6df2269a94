/** The command line way in: one program, the commands that the features bring, one way to answer. */
import { Command, CommanderError } from 'commander';
import type { Clock } from '../../kernel/clock.ts';
import { isPlumblineError, KINDS, messageOf } from '../../kernel/errors.ts';
import type { ApiClient, CommandContext, RegisterCommands, Shown } from '../../platform/command-line/port.ts';
import { watch } from './watch.ts';

export interface CliDeps {
  readonly version: string;
  readonly commands: readonly RegisterCommands[];
  /** Connects to the service, or becomes it. */
  readonly connect: () => Promise<{ readonly api: ApiClient; readonly close: () => Promise<void> }>;
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  /** Somebody looks at stdout. */
  readonly interactive: boolean;
  readonly clock: Clock;
  /** Aborts when the user interrupts; asked for by commands that go on until then. */
  readonly interrupted: () => AbortSignal;
}

/** Wrong usage ends as wrong input does. */
const USAGE_EXIT_CODE = KINDS.invalid.exitCode;

/** @returns the exit code: docs/reference/cli.md */
export async function runCli(deps: CliDeps, args: readonly string[]): Promise<number> {
  let exitCode = 0;
  let connection: ReturnType<CliDeps['connect']> | undefined;
  const program = new Command('plumbline')
    .description('rates that are never silently wrong, and proof that the platform can pay what it owes')
    .version(deps.version)
    .option('--json', 'answer with one line of JSON')
    .showHelpAfterError('(add --help for what is accepted)')
    .configureOutput({ writeOut: deps.stdout, writeErr: deps.stderr })
    .exitOverride();

  const context: CommandContext = {
    api: async () => {
      connection ??= deps.connect();
      return (await connection).api;
    },
    answer: (value, lines) => deps.stdout(program.opts().json ? `${toJson(value)}\n` : `${lines().join('\n')}\n`),
    watch: (look, everyMs, times) => {
      const json = program.opts().json === true;
      const terminal = { interactive: deps.interactive && !json, write: deps.stdout };
      const textOf = ({ value, lines }: Shown): string => (json ? `${toJson(value)}\n` : `${lines.join('\n')}\n`);
      return watch(look, terminal, deps.clock, { everyMs, times, signal: deps.interrupted(), textOf });
    },
    clock: deps.clock,
    print: deps.stdout,
    exitCode: (code) => {
      exitCode = code;
    },
  };
  for (const register of deps.commands) register(program, context);
  for (const command of program.commands) inherit(command);

  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    exitCode = report(error, deps, program.opts().json === true);
  } finally {
    await connection?.then(
      ({ close }) => close(),
      () => undefined, // what failed to open was reported above and needs no closing
    );
  }
  return exitCode;
}

/** Sub-commands made before `exitOverride` was known to their parent. */
function inherit(command: Command): void {
  command.exitOverride().showHelpAfterError('(add --help for what is accepted)');
  for (const child of command.commands) inherit(child);
}

function report(error: unknown, deps: CliDeps, json: boolean): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE_EXIT_CODE;
  if (!isPlumblineError(error)) {
    deps.stderr(
      `plumbline: unexpected error: ${error instanceof Error ? (error.stack ?? error.message) : messageOf(error)}\n`,
    );
    return KINDS.internal.exitCode;
  }
  if (json) {
    deps.stderr(
      `${JSON.stringify({ code: error.code, kind: error.kind, message: error.message, faults: error.faults })}\n`,
    );
  } else {
    deps.stderr(`plumbline: ${error.message} (${error.code})\n`);
    for (const { pointer, message } of error.faults) deps.stderr(`  ${pointer}: ${message}\n`);
  }
  return KINDS[error.kind].exitCode;
}

/** int8 columns are bigint; in JSON they are decimal strings, like every amount. */
const toJson = (value: unknown): string =>
  JSON.stringify(value, (_key, each: unknown) => (typeof each === 'bigint' ? each.toString() : each));
