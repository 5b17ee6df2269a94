/** `plumbline config ...`: what is in force, and everything that is wrong with it, at once. */
import { type Fault, isPlumblineError, KINDS, messageOf } from '../../kernel/errors.ts';
import type { RegisterCommands } from '../../platform/command-line/port.ts';
import { type Config, loadConfig, processEnvironment } from '../../platform/config/config.ts';
import type { Environment, Setting } from '../../platform/config/setting.ts';
import { SETTINGS } from '../../platform/config/settings.ts';
import { checkBook } from '../check-book.ts';
import { bookOverrides, loadBook, loadRates, servedPairs } from '../settings.ts';

export const configCommands: RegisterCommands = (program, context) => {
  const config = program.command('config').description('the configuration: settings and book');

  config
    .command('check')
    .description('check every setting and every line of the book; one line a fault, ends with 4 if there is any')
    .option('--no-connect', 'do not run the lines of the book')
    .action(async ({ connect }: { connect: boolean }) => {
      const faults = await check(processEnvironment(), connect);
      context.answer({ valid: faults.length === 0, faults }, () =>
        faults.length === 0
          ? ['the configuration is valid']
          : faults.map(({ pointer, message }) => `${pointer}: ${message.replaceAll('\n', ' ')}`),
      );
      if (faults.length > 0) context.exitCode(KINDS.invalid.exitCode);
    });

  config
    .command('show')
    .description('every setting with its value and where it came from; secrets are not shown')
    .action(() => {
      const { values, origin } = loadConfig(processEnvironment());
      const shown = Object.entries<Setting<unknown>>(SETTINGS).map(([name, { secret }]) => {
        const value: unknown = values[name as keyof typeof values];
        return {
          name,
          value: value === undefined ? null : secret === true ? '[secret]' : String(value),
          from: origin[name] ?? 'absent',
        };
      });
      context.answer(shown, () => shown.map(({ name, value, from }) => `${name}=${value ?? ''}  (${from})`));
    });
};

/** Settings and book are checked even where the other is at fault; lines are run once both are right. */
async function check(env: Environment, connect: boolean): Promise<readonly Fault[]> {
  const faults: Fault[] = [];
  const attempt = <T>(work: () => T): T | undefined => {
    try {
      return work();
    } catch (error) {
      faults.push(...faultsOf(error));
      return undefined;
    }
  };
  const config = attempt((): Config => loadConfig(env));
  const book = attempt(() =>
    loadBook(env.RECONCILIATION_BOOK || undefined, config === undefined ? {} : bookOverrides(config)),
  );
  const rates = config && attempt(() => loadRates(config));
  if (config === undefined || book === undefined || rates === undefined || faults.length > 0 || !connect) return faults;
  try {
    const problems = await checkBook(config, book, servedPairs(rates));
    return problems.map(({ line, problem }) => ({ pointer: `book ${book.name}, line ${line}`, message: problem }));
  } catch (error) {
    return faultsOf(error);
  }
}

const faultsOf = (error: unknown): readonly Fault[] =>
  isPlumblineError(error) && error.faults.length > 0
    ? error.faults
    : [{ pointer: 'configuration', message: messageOf(error) }];
