/** `plumbline audit witness`: cosigns the checkpoints of logs that only grow. */
import { join } from 'node:path';
import type { Command } from 'commander';
import { folderKeys } from '../../features/audit/signer/keys.ts';
import { parseVerifierKey } from '../../features/audit/tlog/keys.ts';
import { serveWitness } from '../../features/audit/witness/server.ts';
import { openWitness } from '../../features/audit/witness/witness.ts';
import { systemClock } from '../../platform/clock/system.ts';
import { loadConfig, processEnvironment } from '../../platform/config/config.ts';
import { openStateFolder } from '../../platform/files/folder.ts';
import { createLogger } from '../../platform/telemetry/logger.ts';
import { untilTold } from '../until-told.ts';
import { several, wholeNumber } from './audit-options.ts';

export function witnessCommand(audit: Command): void {
  audit
    .command('witness')
    .description('be a witness (c2sp.org/tlog-witness): cosign checkpoints of logs that only grow, until told to end')
    .requiredOption('--name <name>', 'of its key, such as witness.example.com/w1')
    .requiredOption('--log <vkey>', 'key of a log that it cosigns; several times', several, [])
    .option('--folder <folder>', 'its key and what it has cosigned; `witness` in PLUMBLINE_DATA unless told')
    .option('--host <address>', 'address it listens on', '127.0.0.1')
    .option('--port <port>', 'port it listens on', '8081')
    .action(async (options: { name: string; log: readonly string[]; folder?: string; host: string; port: string }) => {
      const { values, secrets } = loadConfig(processEnvironment());
      const log = createLogger({ level: values.LOG_LEVEL, secrets, fd: 1 });
      const files = openStateFolder({
        folder: options.folder ?? join(values.PLUMBLINE_DATA, 'witness'),
        clock: systemClock,
      });
      const witness = await openWitness({
        ...{ files, ring: folderKeys(files, systemClock), name: options.name, clock: systemClock },
        ...{ algorithms: ['ed25519-cosignature'], logs: options.log.map(parseVerifierKey) },
        onDoubt: (doubt) =>
          log.fatal(
            { code: 'audit.witness_doubt', ...doubt },
            `${doubt.origin}: a checkpoint does not follow from the one before`,
          ),
      });
      const server = await serveWitness({
        witness,
        host: options.host,
        port: wholeNumber('--port', options.port),
        log,
      });
      log.info({ code: 'audit.witness_started', url: server.url, keys: witness.vkeys }, 'the witness serves');
      await untilTold(systemClock);
      await server.close();
    });
}
