/** `plumbline doctor`: looks at everything that the service needs, and says what is wrong and how to mend it. */
import { KINDS, messageOf } from '../../kernel/errors.ts';
import { systemClock } from '../../platform/clock/system.ts';
import type { RegisterCommands } from '../../platform/command-line/port.ts';
import { loadConfig, processEnvironment } from '../../platform/config/config.ts';
import { migrationStatus } from '../../platform/db/migrate.ts';
import { loadMigrations } from '../../platform/db/migration-files.ts';
import { openCache, openColdStore, openDatabase, openObjects } from '../adapters.ts';
import { checkBook } from '../check-book.ts';
import { bookOverrides, loadBook, loadRates, servedPairs } from '../settings.ts';

interface Finding {
  readonly part: string;
  readonly ok: boolean;
  readonly says: string;
}

export const doctorCommands: RegisterCommands = (program, context) => {
  program
    .command('doctor')
    .description('check the runtime, the configuration and every part that it names; ends with 3 if one is ill')
    .action(async () => {
      const findings = await examine();
      context.answer(findings, () =>
        findings.map(({ part, ok, says }) => `${ok ? 'ok  ' : 'ILL '} ${part.padEnd(14)} ${says}`),
      );
      if (findings.some(({ ok }) => !ok)) context.exitCode(KINDS.upstream.exitCode);
    });
};

async function examine(): Promise<readonly Finding[]> {
  const findings: Finding[] = [{ part: 'runtime', ok: true, says: `Node ${process.versions.node}` }];
  /** Runs one check; what it throws is the finding. */
  const look = async <T>(
    part: string,
    work: () => Promise<{ readonly says: string; readonly found: T }>,
  ): Promise<T | undefined> => {
    try {
      const { says, found } = await work();
      findings.push({ part, ok: true, says });
      return found;
    } catch (error) {
      findings.push({ part, ok: false, says: messageOf(error) });
      return undefined;
    }
  };
  const config = await look('configuration', async () => ({
    says: 'every setting is valid',
    found: loadConfig(processEnvironment()),
  }));
  if (config === undefined) return findings;

  const db = await look('database', async () => {
    const found = await openDatabase(config);
    return { says: `${found.engine} ${await found.version()}`, found };
  });
  if (db !== undefined) {
    await look('schema', async () => {
      const { pending } = await migrationStatus(db, await loadMigrations());
      if (pending.length > 0 && db.engine === 'postgresql') {
        throw new Error(`${pending.length} migrations are pending; run: plumbline migrate`);
      }
      return { says: 'up to date', found: true };
    });
    await db.close();
  }
  await look('cache', async () => {
    const cache = await openCache(config, systemClock);
    try {
      await cache.ping();
      return { says: cache.kind, found: true };
    } finally {
      await cache.close();
    }
  });
  await look('objects', async () => {
    const objects = openObjects(config);
    await objects.check();
    return { says: objects.kind, found: true };
  });
  await look('cold storage', async () => {
    const cold = await openColdStore(config, systemClock);
    await cold.check();
    const { S3_BUCKET: bucket, ARCHIVE_FOLDER_SPEED: speed } = config.values;
    if (bucket !== undefined) return { says: `the bucket ${bucket} in S3`, found: true };
    const waits =
      speed === 1 ? 'restores take as long as in S3 Glacier' : `restores take 1/${speed} of S3 Glacier's time`;
    return { says: `folder; ${waits}`, found: true };
  });
  await look('book', async () => {
    const book = loadBook(config.values.RECONCILIATION_BOOK, bookOverrides(config));
    const problems = await checkBook(config, book, servedPairs(loadRates(config)));
    if (problems.length > 0) throw new Error(problems.map(({ line, problem }) => `${line}: ${problem}`).join('; '));
    return { says: `${book.name} version ${book.version}, ${book.lines.length} lines can be read`, found: true };
  });
  return findings;
}
