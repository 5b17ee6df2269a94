/** The program: `plumbline <command>`. */
import { runCli } from '../apps/cli/program.ts';
import { systemClock } from '../platform/clock/system.ts';
import { commandsFor } from './command-groups.ts';
import { packageVersion } from './package.ts';
import { interrupted } from './until-told.ts';

const args = process.argv.slice(2);

/** As a program that SIGPIPE ends: 128 and the signal's number. */
const READER_GONE = 141;
// Whoever reads has had enough, such as `head`: Node would end with a stack trace.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(READER_GONE);
});

process.exitCode = await runCli(
  {
    version: packageVersion(),
    commands: await commandsFor(args),
    connect: async () => (await import('./connect.ts')).connect(),
    stdout: (text) => process.stdout.write(text),
    stderr: (text) => process.stderr.write(text),
    interactive: process.stdout.isTTY === true,
    clock: systemClock,
    interrupted,
  },
  args,
);
