/** Logs by pino, one JSON object a line; no secret of the configuration ever leaves in one. */
import { pino } from 'pino';
import { isPlumblineError } from '../../kernel/errors.ts';
import type { Logger } from './port.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'fatal';

export interface LoggerOptions {
  readonly level: LogLevel;
  /** Texts that are replaced wherever they would appear, whatever field or message holds them. */
  readonly secrets: readonly string[];
  /** 1 for stdout, 2 for stderr. */
  readonly fd: 1 | 2;
}

export function createLogger({ level, secrets, fd }: LoggerOptions): Logger {
  // Inside a JSON line a text stands in its escaped form.
  const hidden = secrets
    .filter((secret) => secret.length >= 4)
    .flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)])
    .sort((a, b) => b.length - a.length);
  return pino(
    {
      level,
      base: { service: 'plumbline' },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: ['authorization', '*.authorization', 'password', '*.password'], censor: '[redacted]' },
      serializers: { err: describeError },
      hooks: {
        streamWrite: (line) => hidden.reduce((text, secret) => text.replaceAll(secret, '[redacted]'), line),
      },
    },
    pino.destination({ fd, sync: true }),
  );
}

/** Our own errors by their code; what we did not foresee with its stack. */
function describeError(error: unknown): object {
  if (isPlumblineError(error)) {
    return { code: error.code, kind: error.kind, message: error.message, faults: error.faults, cause: causeOf(error) };
  }
  if (error instanceof Error) return { name: error.name, message: error.message, stack: error.stack };
  return { message: typeof error === 'object' ? JSON.stringify(error) : String(error) };
}

const causeOf = (error: Error): string | undefined => (error.cause instanceof Error ? error.cause.message : undefined);
