/** `plumbline audit verify`: the whole log again, from its database or as it is published. */
import type { Command } from 'commander';
import { parseVerifierKey, type Verifier } from '../../features/audit/tlog/keys.ts';
import type { Verification } from '../../features/audit/verify/damage.ts';
import { verifyDatabase } from '../../features/audit/verify/database.ts';
import type { KnownCheckpoint } from '../../features/audit/verify/known.ts';
import { resumeFile } from '../../features/audit/verify/resume.ts';
import { verifyTiles } from '../../features/audit/verify/tiles.ts';
import { KINDS, PlumblineError } from '../../kernel/errors.ts';
import { systemClock } from '../../platform/clock/system.ts';
import type { CommandContext } from '../../platform/command-line/port.ts';
import { type Config, loadConfig, processEnvironment } from '../../platform/config/config.ts';
import { createHttpClient } from '../../platform/http-client/undici.ts';
import { openDatabase } from '../adapters.ts';
import { describe, readText, several } from './audit-options.ts';

interface VerifyOptions {
  readonly tiles?: string;
  readonly origin?: string;
  readonly vkey: readonly string[];
  readonly known: readonly string[];
  readonly resume?: string;
  readonly bare: readonly string[];
}

export function verifyCommand(audit: Command, context: CommandContext): void {
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
  const kept = resume === undefined ? {} : { resume: resumeFile(resume) };
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
