/** `plumbline audit verify|witness|rotate-key`: what works on the database, on tiles or on keys themselves, without a service. */
import { readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { folderKeys, textKeys } from '../../features/audit/signer/keys.ts';
import { openSigner } from '../../features/audit/signer/signer.ts';
import { parseVerifierKey, type Verifier } from '../../features/audit/tlog/keys.ts';
import { verifyBundle } from '../../features/audit/verify/bundle.ts';
import { formatBundle, parseBundle } from '../../features/audit/verify/bundle-format.ts';
import type { Damage, Verification } from '../../features/audit/verify/damage.ts';
import { verifyDatabase } from '../../features/audit/verify/database.ts';
import type { KnownCheckpoint } from '../../features/audit/verify/known.ts';
import { Monitor } from '../../features/audit/verify/monitor.ts';
import { type Resume, verifyTiles } from '../../features/audit/verify/tiles.ts';
import { serveWitness } from '../../features/audit/witness/server.ts';
import { openWitness } from '../../features/audit/witness/witness.ts';
import { KINDS, messageOf, PlumblineError } from '../../kernel/errors.ts';
import { systemClock } from '../../platform/clock/system.ts';
import type { CommandContext, RegisterCommands } from '../../platform/command-line/port.ts';
import { type Config, loadConfig, processEnvironment } from '../../platform/config/config.ts';
import { openStateFolder } from '../../platform/files/folder.ts';
import { createHttpClient } from '../../platform/http-client/undici.ts';
import { createLogger } from '../../platform/telemetry/logger.ts';
import { openDatabase } from '../adapters.ts';
import { signerFolder } from '../audit-signing.ts';
import { untilTold } from '../until-told.ts';
import { noSigner, signerCommands } from './audit-signer.ts';

const several = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

export const auditCommands: RegisterCommands = (program, context) => {
  const audit = program.commands.find((each) => each.name() === 'audit') ?? program.command('audit');
  verifyCommand(audit, context);
  bundleCommands(audit, context);
  monitorCommand(audit, context);
  witnessCommand(audit);
  signerCommands(audit, context);

  audit
    .command('rotate-key')
    .description('take a new key for the signer; old and new both sign until the overlap is over')
    .option('--overlap-days <n>', 'days in which both sign', '30')
    .action(async ({ overlapDays }: { overlapDays: string }) => {
      const config = loadConfig(processEnvironment());
      const folder = signerFolder(config);
      if (folder === undefined) throw noSigner();
      const files = openStateFolder({ folder, clock: systemClock });
      const key = config.values.AUDIT_SIGNING_KEY;
      const ring = key === undefined ? folderKeys(files, systemClock) : textKeys(key, systemClock);
      const signer = await openSigner({ files, ring, origin: config.values.AUDIT_ORIGIN, clock: systemClock });
      const keys = await signer.rotate({ overlapMs: wholeNumber('--overlap-days', overlapDays) * 86_400_000 });
      context.answer(keys, () =>
        keys.map(({ vkey, from, until }) => `${vkey}  from size ${from}${until === null ? '' : ` until ${until}`}`),
      );
    });
};

interface VerifyOptions {
  readonly tiles?: string;
  readonly origin?: string;
  readonly vkey: readonly string[];
  readonly known: readonly string[];
  readonly resume?: string;
  readonly bare: readonly string[];
}

function verifyCommand(audit: Command, context: CommandContext): void {
  audit
    .command('verify')
    .description('verify the whole log; ends with 8 where it is damaged, and names the first bad leaf')
    .option('--tiles <folder or URL>', 'verify the log as it is published, instead of the database')
    .option('--origin <name>', 'of the published log; AUDIT_ORIGIN unless told')
    .option(
      '--vkey <key>',
      "the signer's key, for the signatures of checkpoints; several times where there are several",
      several,
      [],
    )
    .option(
      '--known <file>',
      'a checkpoint that you have kept: finds a log that was rewritten as a whole; several times',
      several,
      [],
    )
    .option(
      '--bare <stream>',
      'a stream whose records are kept elsewhere, so that it has hashes alone; several times',
      several,
      [],
    )
    .option('--resume <file>', 'with --tiles: where it is kept how far the run came, for the next one')
    .action(async (options: VerifyOptions) => {
      const config = loadConfig(processEnvironment());
      const keys = options.vkey.map(parseVerifierKey);
      const known = options.known.map((file) => ({ name: file, note: readText(file) }));
      const verification =
        options.tiles === undefined
          ? await verifyOwn(config, { keys, known, bareStreams: options.bare })
          : await verifyPublished(options.tiles, config, { ...options, keys, known });
      context.answer(verification, () => linesOf(verification));
      if (!verification.ok) context.exitCode(KINDS.integrity.exitCode);
    });
}

interface Given {
  readonly keys: readonly Verifier[];
  readonly known: readonly KnownCheckpoint[];
}

async function verifyOwn(
  config: Config,
  given: Given & { readonly bareStreams: readonly string[] },
): Promise<Verification> {
  const db = await openDatabase(config);
  try {
    return await verifyDatabase(db, { ...given, onProgress: progress() });
  } finally {
    await db.close();
  }
}

async function verifyPublished(
  where: string,
  { values }: Config,
  { keys, known, origin = values.AUDIT_ORIGIN, resume }: Given & Omit<VerifyOptions, 'known'>,
): Promise<Verification> {
  const kept = resume === undefined ? {} : { resume: resumeIn(resume) };
  if (!/^https?:/.test(where)) {
    return verifyTiles({ source: { folder: where }, origin, keys, known, ...kept, onProgress: progress() });
  }
  const http = createHttpClient({ clock: systemClock });
  const read = async (path: string): Promise<Uint8Array | undefined> => {
    const response = await http.sendBytes({
      ...{ url: `${where.replace(/\/$/, '')}/${path}`, timeoutMs: 30_000, maxBytes: MAX_BUNDLE_BYTES },
    });
    if (response.status === 200) return response.body;
    if (response.status === 404) return undefined;
    throw new PlumblineError('upstream', 'audit.log_unreadable', `${where}: HTTP ${response.status} for ${path}`);
  };
  try {
    return await verifyTiles({ source: { read }, origin, keys, known, ...kept, onProgress: progress() });
  } finally {
    await http.close();
  }
}

/** 256 entries of the longest kind. */
const MAX_BUNDLE_BYTES = 256 * 65_537;

/** On stderr, in a terminal: stdout is the answer. */
function progress(): (verified: number, size: number) => void {
  if (!process.stderr.isTTY) return () => undefined;
  return (verified, size) => process.stderr.write(`\r  ${verified} of ${size} leaves${verified >= size ? '\n' : ''}`);
}

const resumeIn = (file: string): Resume => ({
  load: () => Promise.resolve(readIfThere(file)),
  save: async (text) => {
    await writeFile(`${file}.new`, text);
    await rename(`${file}.new`, file);
  },
});

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new PlumblineError('invalid', 'audit.file_unreadable', `${file} cannot be read (${messageOf(error)})`);
  }
}

const describe = ({ kind, index, message }: Damage): string =>
  `  ${index === undefined ? '' : `leaf ${index}: `}${kind}: ${message}`;

function linesOf({ ok, size, root, damage, more, lastGood }: Verification): readonly string[] {
  if (ok) return [`sound: ${size} leaves, root ${root}`];
  const good = lastGood.checkpoint;
  return [
    `DAMAGED: ${damage.length + more} findings in ${size} leaves`,
    ...damage.slice(0, 20).map(describe),
    good === undefined
      ? `last known good: leaf ${lastGood.index}`
      : `last known good: leaf ${lastGood.index}; checkpoint of size ${good.size}${good.signedAt === undefined ? '' : `, signed ${good.signedAt}`}`,
  ];
}

function bundleCommands(audit: Command, context: CommandContext): void {
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

function monitorCommand(audit: Command, context: CommandContext): void {
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
            state: resumeIn(options.state),
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

function witnessCommand(audit: Command): void {
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

function wholeNumber(option: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new PlumblineError('invalid', 'usage.number', `${option}: "${text}" is not a whole number`);
}
