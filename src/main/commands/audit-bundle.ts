/** `plumbline audit export|verify-bundle`: entries with all that verifies them offline. */
import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { parseVerifierKey } from '../../features/audit/tlog/keys.ts';
import { verifyBundle } from '../../features/audit/verify/bundle.ts';
import { formatBundle, parseBundle } from '../../features/audit/verify/bundle-format.ts';
import { KINDS, PlumblineError } from '../../kernel/errors.ts';
import type { CommandContext } from '../../platform/command-line/port.ts';
import { describe, readText, several } from './audit-options.ts';

export function bundleCommands(audit: Command, context: CommandContext): void {
  audit
    .command('export')
    .description('entries with all that verifies them offline, as a file: of a day, a record, or a range')
    .argument('<file>', 'where the bundle is written')
    .option('--day <YYYY-MM-DD>', 'all leaves of a closed day')
    .option('--stream <name>', 'with --record: all leaves of a record')
    .option('--record <id>')
    .option('--first <index>', 'with --end: the leaves from one index')
    .option('--end <index>', 'up to another, which is not among them')
    .action(async (file: string, { record, ...options }: Readonly<Record<string, string>>) => {
      const api = await context.api();
      const query = new URLSearchParams({ ...options, ...(record === undefined ? {} : { record_id: record }) });
      const bundle = parseBundle(JSON.stringify(await api.call('GET', `/v1/audit/bundle?${query}`)));
      await writeFile(file, formatBundle(bundle), { flag: 'wx' });
      context.answer({ file, entries: bundle.entries.length }, () => [`${file}: ${bundle.entries.length} entries`]);
    });
  audit
    .command('verify-bundle')
    .description('verify a bundle offline: no database, no network; ends with 8 where it is damaged')
    .argument('<file>')
    .requiredOption(
      '--vkey <key>',
      "the signer's key, from elsewhere than the bundle; several times where there are several",
      several,
      [],
    )
    .option('--origin <name>', "of the log; the key's name unless told")
    .action((file: string, options: { vkey: readonly string[]; origin?: string }) => {
      const [first, ...others] = options.vkey.map(parseVerifierKey);
      if (first === undefined) throw new PlumblineError('invalid', 'usage.vkey', '--vkey: at least one key is needed');
      const verdict = verifyBundle(parseBundle(readText(file)), {
        origin: options.origin ?? first.name,
        keys: [first, ...others],
      });
      context.answer(verdict, () =>
        verdict.ok
          ? [
              `sound: ${verdict.entries} entries of a log of size ${verdict.size}; ${verdict.records} with their records`,
            ]
          : [`DAMAGED: ${file}`, ...verdict.damage.map(describe)],
      );
      if (!verdict.ok) context.exitCode(KINDS.integrity.exitCode);
    });
}
