/**
 * The cache that all processes share, in Redis or Valkey. It is advisory: a server that is down or hung
 * costs a caller one short timeout and then nothing, until it is back.
 */
import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import { z } from 'zod';
import { messageOf, PlumblineError } from '../../kernel/errors.ts';
import { systemClock } from '../clock/system.ts';
import type { Cache, Stored } from './port.ts';

export interface RedisOptions {
  /** `redis://user:password@host:6379/0`, `rediss://` for TLS. */
  readonly url: string;
  /** Milliseconds that one command may take; 50 unless told. */
  readonly commandTimeoutMs?: number;
  /** Milliseconds for the TCP connection; 1,000 unless told. */
  readonly connectTimeoutMs?: number;
}

/** The braces keep all keys on one node of a cluster, so that one script may read them together. */
const PREFIX = '{plumbline}:cache:';

/** A value stands behind its tag of this many characters. */
const TAG_LENGTH = 24;

/** The server's clock, in seconds and microseconds, and what each key holds. */
const READ = `
local answer = redis.call('TIME')
for _, key in ipairs(KEYS) do answer[#answer + 1] = redis.call('GET', key) end
return answer
`;

/** ARGV: the tag that is expected (empty: no record), tag and value to write, time to live in milliseconds. */
const SWAP = `
local held = redis.call('GETRANGE', KEYS[1], 0, ${TAG_LENGTH - 1})
if held ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
`;

/** ARGV: the member, time to live in milliseconds. */
const CENSUS = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return redis.call('ZCARD', KEYS[1])
`;

const READ_ANSWER = z.tuple([z.coerce.number(), z.coerce.number()], z.string().nullable());

/** A server that has answered nothing for this long hangs, milliseconds. */
const HUNG_AFTER_MS = 250;

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
    commandTimeout: 1_000, // of its own first commands; ours have less, below
    connectTimeout: options.connectTimeoutMs ?? 1_000,
    disconnectTimeout: 100,
    retryStrategy: (attempt) => Math.min(50 * 2 ** Math.min(attempt, 10), MAX_RECONNECT_MS),
  });
  redis.on('error', () => undefined); // each call that it breaks reports it
  const { host = '', port = 0 } = redis.options;

  const timeoutMs = options.commandTimeoutMs ?? 50;
  let silentSince: number | undefined;
  const call = async <T>(command: () => Promise<T>): Promise<T> => {
    try {
      const answer = await inTime(command(), timeoutMs);
      silentSince = undefined;
      return answer;
    } catch (error) {
      const timedOut = error instanceof TimedOut;
      if (timedOut) {
        const now = systemClock.monotonic();
        silentSince ??= now - timeoutMs;
        // A server that hangs would cost every caller the whole timeout: drop the connection, so that
        // those who come next fail at once until a new connection has been answered.
        if (now - silentSince >= HUNG_AFTER_MS) {
          silentSince = undefined;
          redis.disconnect(true);
        }
      }
      throw new PlumblineError(
        'upstream',
        'cache.unavailable',
        `the cache at ${host}:${port} is unavailable: ${reason(error)}`,
        { details: { host, port, timed_out: timedOut }, cause: error },
      );
    }
  };

  await redis.connect().catch(() => undefined); // it goes on trying in the background

  const tagPrefix = randomBytes(8).toString('hex');
  let writes = 0;
  const nextTag = (): string => {
    writes += 1;
    return `${tagPrefix}${writes.toString(36).padStart(TAG_LENGTH - tagPrefix.length, '0')}`;
  };

  return {
    kind: 'redis',
    read: (keys) =>
      call(async () => {
        const answer = await redis.eval(READ, keys.length, ...keys.map((key) => PREFIX + key));
        const [seconds, microseconds, ...found] = READ_ANSWER.parse(answer);
        return { now: seconds * 1_000 + Math.floor(microseconds / 1_000), found: found.map(split) };
      }),
    swap: (key, expected, value, ttlMs) =>
      call(async () => {
        const tag = nextTag();
        const written = await redis.eval(SWAP, 1, PREFIX + key, expected ?? '', tag + value, Math.ceil(ttlMs));
        return written === 1 ? tag : undefined;
      }),
    census: (group, member, ttlMs) =>
      call(async () => z.number().parse(await redis.eval(CENSUS, 1, PREFIX + group, member, Math.ceil(ttlMs)))),
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

class TimedOut extends Error {}

/**
 * Looks again one turn of the event loop after the time is over: where this process itself was busy for
 * too long, the answer waits in the socket, and is read before the second look. (The library's own
 * `commandTimeout` takes that for a server that hangs.)
 */
function inTime<T>(answer: Promise<T>, timeoutMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    let cancel = systemClock.after(timeoutMs, () => {
      cancel = systemClock.after(1, () => reject(new TimedOut(`no answer within ${timeoutMs} ms`)));
    });
    answer.then(resolve, reject).finally(() => cancel());
  });
}

const split = (text: string | null): Stored | undefined =>
  text === null ? undefined : { tag: text.slice(0, TAG_LENGTH), value: text.slice(TAG_LENGTH) };

/** The library's own words for "there is no connection" speak of its options. */
const reason = (error: unknown): string =>
  messageOf(error).startsWith("Stream isn't writeable") ? 'not connected' : messageOf(error);
