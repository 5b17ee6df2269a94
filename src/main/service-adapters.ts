/** The adapters of a service, opened all together; a command opens those that it needs (adapters.ts). */
import type { Clock, Random } from '../kernel/clock.ts';
import { namespaced } from '../platform/cache/namespaced.ts';
import type { Cache } from '../platform/cache/port.ts';
import { systemClock, systemRandom } from '../platform/clock/system.ts';
import type { Config } from '../platform/config/config.ts';
import type { Db } from '../platform/db/port.ts';
import type { HttpBytesClient, HttpClient } from '../platform/http-client/port.ts';
import { createHttpClient } from '../platform/http-client/undici.ts';
import { createJobs } from '../platform/jobs/pg-boss.ts';
import type { Jobs } from '../platform/jobs/port.ts';
import type { ColdStore } from '../platform/objects/cold-port.ts';
import { createLogger } from '../platform/telemetry/logger.ts';
import type { Logger } from '../platform/telemetry/port.ts';
import { openCache, openDatabase, openPlatformDatabase } from './adapters.ts';

export interface Adapters {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly db: Db;
  /** Where the book's queries run. */
  readonly platform: Db;
  readonly cache: Cache;
  readonly http: HttpClient & HttpBytesClient;
  /** Where archived objects are; the configured store unless told. */
  readonly cold?: ColdStore;
}

export interface AdapterOptions {
  readonly config: Config;
  readonly mode?: 'live' | 'sandbox';
  /** Where log lines go: 1 for a service, 2 for a command, whose stdout is its answer. */
  readonly logFd?: 1 | 2;
  /** For tests: any adapter in place of the configured one. */
  readonly adapters?: Partial<Adapters>;
}

/** To be called when the program ends, the last that was given first. */
export type OnClose = (release: () => Promise<unknown> | unknown) => void;

/** Those that were brought along are used as they are, and closed by whoever brought them. */
export async function openAdapters(
  { config, mode, logFd = 1, adapters = {} }: AdapterOptions,
  onClose: OnClose,
): Promise<Adapters> {
  const { values, secrets } = config;
  const clock = adapters.clock ?? systemClock;
  const log = adapters.log ?? createLogger({ level: values.LOG_LEVEL, secrets, fd: logFd });
  const opened = async <T extends { close(): Promise<unknown> }>(
    given: T | undefined,
    open: () => T | Promise<T>,
  ): Promise<T> => {
    if (given !== undefined) return given; // whoever brought it closes it
    const part = await open();
    onClose(() => part.close());
    return part;
  };
  const db = await opened(adapters.db, () => openDatabase(config));
  const url = values.PLATFORM_DATABASE_URL;
  const platform =
    url === undefined ? (adapters.platform ?? db) : await opened(adapters.platform, () => openPlatformDatabase(url));
  const cache = await opened(adapters.cache, () => openCache(config, clock));
  const ownCache = mode === 'sandbox' ? namespaced(cache, 'sandbox') : cache; // simulated rates reach nobody else
  const http = await opened(adapters.http, () => createHttpClient({ clock }));
  const random = adapters.random ?? systemRandom;
  const brought = adapters.cold === undefined ? {} : { cold: adapters.cold };
  return { clock, random, log, db, platform, cache: ownCache, http, ...brought };
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
