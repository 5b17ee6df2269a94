import type { Command } from 'commander';
import { expect, it } from 'vitest';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { runCli } from '../apps/cli/program.ts';
import { commandsFor } from './command-groups.ts';

/** The first words that a user can say, with what is loaded for these arguments. */
async function words(args: readonly string[]): Promise<readonly string[]> {
  let program: Command | undefined;
  const look = (each: Command): void => {
    program = each;
  };
  await runCli(
    {
      ...{ version: '0', commands: [...(await commandsFor(args)), look], clock: new ManualClock() },
      ...{ stdout: () => undefined, stderr: () => undefined, interactive: false },
      connect: () => Promise.reject(new Error('nobody is asked')),
      interrupted: () => new AbortController().signal,
    },
    ['--version'],
  );
  return (program?.commands ?? []).map((each) => each.name());
}

it('each command is found by its first word alone, and help knows all of them, once', async () => {
  const all = await words(['--help']);
  expect(all.length).toBeGreaterThan(10);
  expect(new Set(all).size).toBe(all.length);
  for (const word of all) {
    const own = await words(['--json', word, 'x']);
    expect(own, word).toContain(word);
    expect(own.length, `${word} loads its own group`).toBeLessThan(4);
  }
  expect(await words(['rtaes'])).toEqual(all); // so that the mistake can be named
});
