/** Where the service keeps its data, and where it listens. */
import { HTTP, integer, networks, oneOf, text, url } from '../kinds.ts';

export const SERVICE = {
  DATABASE_URL: url(['postgres:', 'postgresql:'], {
    about: "Plumbline's own database, PostgreSQL 15 or newer. Absent: an embedded database in PLUMBLINE_DATA.",
    example: 'postgres://plumbline:secret@db.internal:5432/plumbline',
    secret: true,
  }),
  PLATFORM_DATABASE_URL: url(['postgres:', 'postgresql:'], {
    about:
      "The database that the book's queries read: the platform's own, by a role that may only read; PostgreSQL 15 or newer. Absent: the same as DATABASE_URL.",
    example: 'postgres://plumbline_reader:secret@db.internal:5432/gateway',
    secret: true,
  }),
  DATABASE_POOL_SIZE: integer(
    { min: 2, max: 200, unit: 'connections' },
    {
      about: 'Connections to DATABASE_URL for statements; locks, the audit log and the job queue hold a few more.',
      example: '10',
      fallback: '10',
    },
  ),
  REDIS_URL: url(['redis:', 'rediss:'], {
    about: 'Redis 7 or Valkey, shared by all processes for the rate cache. Absent: memory of this process.',
    example: 'redis://cache.internal:6379/0',
    secret: true,
  }),
  PLUMBLINE_DATA: text({
    about: 'Folder of the embedded database, of stored objects and of the local key. One process at a time.',
    example: '/var/lib/plumbline',
    fallback: './data',
  }),
  PLUMBLINE_HOST: text({
    about: 'Address the HTTP service listens on.',
    example: '0.0.0.0',
    fallback: '127.0.0.1',
  }),
  PLUMBLINE_PORT: integer(
    { min: 0, max: 65_535, unit: 'port' },
    { about: 'Port of the HTTP service; 0 takes any free one.', example: '8080', fallback: '8080' },
  ),
  PLUMBLINE_RATE_LIMIT: integer(
    { min: 1, max: 1_000_000, unit: 'requests' },
    {
      about:
        'Requests that one address may make of one process in a minute. Behind a proxy all callers have its address.',
      example: '600',
      fallback: '6000',
    },
  ),
  PLUMBLINE_TRUSTED_PROXIES: networks({
    about:
      'Proxies whose X-Forwarded-For is believed, as addresses or networks: with them, limits and address lists of keys see the caller. Absent: nobody is believed.',
    example: '10.0.0.0/8',
  }),
  PLUMBLINE_URL: url(HTTP, {
    about: 'CLI only: the running service that commands speak to. Absent: the commands do the work themselves.',
    example: 'http://127.0.0.1:8080',
  }),
  PLUMBLINE_API_KEY: text({
    about: 'CLI only: the API key for PLUMBLINE_URL.',
    example: 'pl_...',
    secret: true,
  }),
  LOG_LEVEL: oneOf(['debug', 'info', 'warn', 'error', 'fatal'], {
    about: 'The least severe log line that is written.',
    example: 'warn',
    fallback: 'info',
  }),
} as const;
