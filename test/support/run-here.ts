/** The command line in this process: starting the program takes longer than most that it does. */
import { runCli } from '../../src/apps/cli/program.ts';
import { systemClock } from '../../src/platform/clock/system.ts';
import type { ApiClient, RegisterCommands } from '../../src/platform/command-line/port.ts';

export async function runHere(commands: RegisterCommands, api: ApiClient, args: readonly string[]) {
  let [stdout, stderr] = ['', ''];
  const status = await runCli(
    {
      ...{ version: 'test', commands: [commands], interactive: false, clock: systemClock },
      connect: async () => ({ api, close: async () => undefined }),
      stdout: (text) => {
        stdout += text;
      },
      stderr: (text) => {
        stderr += text;
      },
      interrupted: () => new AbortController().signal,
    },
    args,
  );
  return { status, stdout, stderr };
}
