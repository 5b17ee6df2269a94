/**
 * The cache that all processes share, in Redis or Valkey. It is advisory: a server that is down or hung
 * costs a caller one short timeout and then nothing, until it is back.
 */
import { Redis } from 'ioredis';
import { messageOf, PlumblineError } from '../../kernel/errors.ts';
import type { Cache } from './port.ts';

export interface RedisOptions {
  /** `redis://user:password@host:6379/0`, `rediss://` for TLS. */
  readonly url: string;
  /** Milliseconds that one command may take; 50 unless told. */
  readonly commandTimeoutMs?: number;
  /** Milliseconds for the TCP connection; 1,000 unless told. */
  readonly connectTimeoutMs?: number;
}

const PREFIX = 'plumbline:cache:';

/**
 * A hash of value and version. One script, so that no other writer comes between the comparison and the
 * write. KEYS: the entry. ARGV: value, version, time to live in milliseconds.
 */
const SET_IF_NEWER = `
local held = redis.call('HGET', KEYS[1], 'version')
if held and tonumber(held) >= tonumber(ARGV[2]) then return 0 end
redis.call('HSET', KEYS[1], 'value', ARGV[1], 'version', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
`;

/** The longest pause before another attempt to connect: so late, at the most, a server that is back is noticed. */
const MAX_RECONNECT_MS = 2_000;

/** Resolves when the first attempt to connect has ended, well or badly: a server that is down is no error here. */
export async function openRedis(options: RedisOptions): Promise<Cache> {
  const redis = new Redis(options.url, {
    lazyConnect: true,
    // A command that cannot be sent now fails now, and is never sent later.
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    commandTimeout: options.commandTimeoutMs ?? 50,
    connectTimeout: options.connectTimeoutMs ?? 1_000,
    disconnectTimeout: 100,
    retryStrategy: (attempt) => Math.min(50 * 2 ** Math.min(attempt, 10), MAX_RECONNECT_MS),
  });
  redis.on('error', () => undefined); // each call that it breaks reports it
  const { host = '', port = 0 } = redis.options;

  const call = async <T>(command: () => Promise<T>): Promise<T> => {
    try {
      return await command();
    } catch (error) {
      // A server that hangs would cost every caller the whole timeout: drop the connection, so that
      // those who come next fail at once until a new connection has been answered.
      if (error instanceof Error && error.message === 'Command timed out') redis.disconnect(true);
      throw new PlumblineError(
        'upstream',
        'cache.unavailable',
        `the cache at ${host}:${port} is unavailable: ${reason(error)}`,
        { details: { host, port }, cause: error },
      );
    }
  };

  await redis.connect().catch(() => undefined); // it goes on trying in the background

  return {
    kind: 'redis',
    get: (key) => call(async () => (await redis.hget(PREFIX + key, 'value')) ?? undefined),
    setIfNewer: (key, value, version, ttlMs) =>
      call(async () => {
        const stored = await redis.eval(SET_IF_NEWER, 1, PREFIX + key, value, String(version), Math.ceil(ttlMs));
        return stored === 1;
      }),
    ping: () =>
      call(async () => {
        await redis.ping();
      }),
    close: () => {
      redis.disconnect();
      return Promise.resolve();
    },
  };
}

/** The library's own words for "there is no connection" speak of its options. */
const reason = (error: unknown): string =>
  messageOf(error).startsWith("Stream isn't writeable") ? 'not connected' : messageOf(error);
