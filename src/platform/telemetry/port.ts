/** Logs: one JSON object a line. `code` and the names in it are stable; the message is for people. */
export interface Logger {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
  /** Somebody has to get up. */
  fatal(fields: LogFields, message: string): void;
  child(fields: LogFields): Logger;
}

export type LogFields = { readonly [key: string]: unknown };
