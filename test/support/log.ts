/** A log that is kept, for tests about what is logged. */
import type { LogFields, Logger } from '../../src/platform/telemetry/port.ts';

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'fatal';
  readonly fields: LogFields;
  readonly message: string;
}

export function recordLog(): { readonly log: Logger; readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  const logger = (base: LogFields): Logger => {
    const at = (level: LogLine['level']) => (fields: LogFields, message: string) => {
      lines.push({ level, fields: { ...base, ...fields }, message });
    };
    return {
      debug: at('debug'),
      info: at('info'),
      warn: at('warn'),
      error: at('error'),
      fatal: at('fatal'),
      child: (fields) => logger({ ...base, ...fields }),
    };
  };
  return { log: logger({}), lines };
}
