/** Which adapter the configuration chooses for each part. */
import { join } from 'node:path';
import type { Clock } from '../kernel/clock.ts';
import { PlumblineError } from '../kernel/errors.ts';
import { createMemoryCache } from '../platform/cache/memory.ts';
import type { Cache } from '../platform/cache/port.ts';
import { openRedis } from '../platform/cache/redis.ts';
import { systemRandom } from '../platform/clock/system.ts';
import type { Config } from '../platform/config/config.ts';
import { lazyDb } from '../platform/db/lazy.ts';
import { migrate, migrationStatus } from '../platform/db/migrate.ts';
import { loadMigrations, type MigrationFile } from '../platform/db/migration-files.ts';
import { openPostgres } from '../platform/db/pg.ts';
import { openPglite } from '../platform/db/pglite.ts';
import type { Db } from '../platform/db/port.ts';
import { createJobs } from '../platform/jobs/pg-boss.ts';
import type { Jobs } from '../platform/jobs/port.ts';
import { openColdFolder } from '../platform/objects/cold-folder.ts';
import type { ColdStore } from '../platform/objects/cold-port.ts';
import { sealKey } from '../platform/objects/envelope.ts';
import { openFolderStore } from '../platform/objects/folder.ts';
import type { ObjectStore } from '../platform/objects/port.ts';
import { retaining } from '../platform/objects/retaining.ts';
import { sealedStore } from '../platform/objects/sealed-store.ts';
import type { Logger } from '../platform/telemetry/port.ts';

/** PostgreSQL where DATABASE_URL names it, else the embedded database in the data folder. */
export function openDatabase({ values }: Config): Promise<Db> {
  if (values.DATABASE_URL !== undefined) {
    return openPostgres({ url: values.DATABASE_URL, poolSize: values.DATABASE_POOL_SIZE });
  }
  return openPglite({ folder: values.PLUMBLINE_DATA });
}

/** Two connections are enough: a run reads all its lines in one transaction. */
export const openPlatformDatabase = (url: string): Db =>
  lazyDb('postgresql', () => openPostgres({ url, poolSize: 2, applicationName: 'plumbline-book' }));

export async function openCache({ values }: Config, clock: Clock): Promise<Cache> {
  return values.REDIS_URL === undefined ? createMemoryCache({ clock }) : openRedis({ url: values.REDIS_URL });
}

export const openObjects = ({ values }: Config): ObjectStore =>
  openFolderStore({ folder: join(values.PLUMBLINE_DATA, 'objects') });

/** The sandbox's restores take seconds, where nothing else is said: an hour is a second. */
const SANDBOX_SPEED = 3600;

/**
 * S3 where S3_BUCKET names a bucket, else a folder that makes its reader wait as S3 Glacier does. The
 * sandbox has a folder of its own, whatever is configured: its objects are never among real ones.
 */
export async function openColdStore(
  config: Config,
  clock: Clock,
  mode: 'live' | 'sandbox' = 'live',
): Promise<ColdStore> {
  const { values } = config;
  if (mode === 'sandbox') {
    const said = config.origin.ARCHIVE_FOLDER_SPEED === 'environment';
    return openColdFolder({
      folder: join(values.PLUMBLINE_DATA, 'sandbox-cold'),
      bucket: 'sandbox',
      speed: said ? values.ARCHIVE_FOLDER_SPEED : SANDBOX_SPEED,
      clock,
    });
  }
  const { ARCHIVE_KEY: given, S3_OBJECT_LOCK: lock, S3_OBJECT_LOCK_DAYS: days } = values;
  const plain =
    values.S3_BUCKET === undefined
      ? openColdFolder({
          folder: values.ARCHIVE_FOLDER ?? join(values.PLUMBLINE_DATA, 'cold'),
          speed: values.ARCHIVE_FOLDER_SPEED,
          clock,
        })
      : await openBucket(config, values.S3_BUCKET, clock);
  const retained = lock === undefined || days === undefined ? plain : retaining(plain, { mode: lock, days }, clock);
  const [own, ...older] = given?.trim().split(/\s+/).map(sealKey) ?? [];
  return own === undefined ? retained : sealedStore({ store: retained, keys: [own, ...older], acceptPlain: true });
}

async function openBucket({ values }: Config, bucket: string, clock: Clock): Promise<ColdStore> {
  // The SDK takes a tenth of a second to load: only who has a bucket waits for it.
  const { openS3Store } = await import('../platform/objects/s3/store.ts');
  const { S3_ENDPOINT: endpoint, S3_ACCESS_KEY_ID: accessKeyId, S3_SECRET_ACCESS_KEY: secretAccessKey } = values;
  return openS3Store({
    bucket,
    region: values.S3_REGION,
    clock,
    random: systemRandom,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(accessKeyId === undefined || secretAccessKey === undefined
      ? {}
      : { credentials: { accessKeyId, secretAccessKey } }),
    ...(values.S3_SSE === undefined
      ? {}
      : {
          encryption:
            values.S3_SSE === 'AES256' ? { kind: 'AES256' } : { kind: 'aws:kms', keyId: values.S3_KMS_KEY_ID },
        }),
  });
}

/** The sandbox keeps a queue of its own: its worker never takes a job of the real service. */
export const queueSchema = (mode: 'live' | 'sandbox'): string =>
  mode === 'sandbox' ? 'plumbline_sandbox_jobs' : 'plumbline_jobs';

export const openJobs = ({ values }: Config, db: Db, log: Logger, mode: 'live' | 'sandbox'): Jobs =>
  createJobs({
    db,
    log,
    schema: queueSchema(mode),
    ...(values.DATABASE_URL === undefined ? {} : { url: values.DATABASE_URL }),
  });

/** @returns what was applied */
export const applyMigrations = async (db: Db): Promise<readonly MigrationFile[]> => migrate(db, await loadMigrations());

/**
 * The embedded database follows the program. A server's tables are changed by `plumbline migrate`, when
 * its people choose to.
 * @throws `db.not_migrated` (conflict)
 */
export async function assureSchema(db: Db): Promise<void> {
  if (db.engine === 'pglite') {
    await applyMigrations(db);
    return;
  }
  const { pending } = await migrationStatus(db, await loadMigrations());
  if (pending.length > 0) {
    throw new PlumblineError(
      'conflict',
      'db.not_migrated',
      `the database lacks ${pending.length} ${pending.length === 1 ? 'migration' : 'migrations'} of this program; run: plumbline migrate`,
      { details: { pending: pending.map(({ name }) => name) } },
    );
  }
}
