/** `plumbline audit monitor`: the log verified again and again, from outside its database. */
import type { Command } from 'commander';
import { parseVerifierKey } from '../../features/audit/tlog/keys.ts';
import { Monitor } from '../../features/audit/verify/monitor.ts';
import { resumeFile } from '../../features/audit/verify/resume.ts';
import { KINDS } from '../../kernel/errors.ts';
import { systemClock } from '../../platform/clock/system.ts';
import type { CommandContext } from '../../platform/command-line/port.ts';
import { loadConfig, processEnvironment } from '../../platform/config/config.ts';
import { createLogger } from '../../platform/telemetry/logger.ts';
import { openDatabase } from '../adapters.ts';
import { untilTold } from '../until-told.ts';
import { describe, several, wholeNumber } from './audit-options.ts';

export function monitorCommand(audit: Command, context: CommandContext): void {
  audit
    .command('monitor')
    .description('verify what is new in the log again and again, and look at what is old, until told to end')
    .requiredOption('--state <file>', 'where it is kept how far the log was verified: not where its database is')
    .option('--every <s>', 'seconds between two looks', '5')
    .option(
      '--bare <stream>',
      'a stream whose records are kept elsewhere, so that it has hashes alone; several times',
      several,
      [],
    )
    .option('--once', 'look once; ends with 8 where the log is damaged', false)
    .option('--vkey <key>', "the signer's key, for the signatures of checkpoints; several times", several, [])
    .action(
      async (options: {
        state: string;
        every: string;
        once: boolean;
        vkey: readonly string[];
        bare: readonly string[];
      }) => {
        const config = loadConfig(processEnvironment());
        const log = createLogger({ level: config.values.LOG_LEVEL, secrets: config.secrets, fd: 2 });
        const db = await openDatabase(config);
        const monitor = new Monitor({
          ...{
            db,
            clock: systemClock,
            state: resumeFile(options.state),
            options: { keys: options.vkey.map(parseVerifierKey), bareStreams: options.bare },
          },
          onDamage: (damage) => {
            for (const each of damage) log.fatal({ code: `audit.${each.kind}`, ...each }, each.message);
          },
          onRollback: (rollback) => log.fatal({ code: 'audit.rollback', ...rollback }, rollback.message),
          onFailure: (error) =>
            log.error(
              { code: 'audit.monitor_failed', err: error },
              'the log could not be looked at; it is tried again',
            ),
          intervalMs: wholeNumber('--every', options.every) * 1_000,
        });
        try {
          if (options.once) {
            const look = await monitor.look();
            context.answer(look, () =>
              look.ok ? [`sound: ${look.size} leaves`] : ['DAMAGED', ...look.damage.map(describe)],
            );
            if (!look.ok) context.exitCode(KINDS.integrity.exitCode);
            return;
          }
          monitor.start();
          await untilTold(systemClock);
          await monitor.stop();
        } finally {
          await db.close();
        }
      },
    );
}
