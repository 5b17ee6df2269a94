/**
 * The one error type. Every failure carries a stable code (`rates.unavailable`), which is also its
 * metric label, and a kind, which alone decides HTTP status, exit code and log level.
 * Verdicts (`deficit`, `stale`) are data, never errors.
 */

export const ERROR_KINDS = [
  'invalid', // the caller's input is wrong; the message names field, value and remedy
  'denied', // who asks is unknown, or may not
  'missing', // the thing asked for does not exist
  'conflict', // it contradicts what is already there
  'busy', // come back later: locked, in flight, over a limit
  'upstream', // somebody else's service failed us
  'integrity', // data is not what it was: stop the job that met this
  'internal', // our own fault
] as const;
export type ErrorKind = (typeof ERROR_KINDS)[number];

/** One fault of an input: where it is (JSON pointer or setting name) and what would be right. */
export interface Fault {
  readonly pointer: string;
  readonly message: string;
}

export type Details = { readonly [key: string]: unknown };

export class PlumblineError extends Error {
  override readonly name = 'PlumblineError';
  readonly code: string;
  readonly kind: ErrorKind;
  readonly details: Details;
  readonly faults: readonly Fault[];
  /** Nothing was changed: the same request may be sent again. */
  readonly unchanged: boolean;

  constructor(
    kind: ErrorKind,
    code: string,
    message: string,
    options: {
      readonly details?: Details;
      readonly faults?: readonly Fault[];
      readonly unchanged?: boolean;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.kind = kind;
    this.code = code;
    this.details = options.details ?? {};
    this.faults = options.faults ?? [];
    this.unchanged = options.unchanged ?? (kind === 'invalid' || kind === 'missing');
  }
}

/** Whether it is one of ours, with a code and a kind. */
export const isPlumblineError = (error: unknown): error is PlumblineError => error instanceof PlumblineError;

/** The message of anything that can be thrown. */
export function messageOf(error: unknown): string {
  if (error instanceof Error) return error.message || error.name;
  return String(error);
}

/** What each kind means to the three ways in. One table, so that they can never disagree. */
export const KINDS: Readonly<
  Record<
    ErrorKind,
    { readonly httpStatus: number; readonly exitCode: number; readonly logLevel: 'info' | 'warn' | 'error' | 'fatal' }
  >
> = {
  invalid: { httpStatus: 422, exitCode: 4, logLevel: 'info' },
  denied: { httpStatus: 403, exitCode: 5, logLevel: 'warn' },
  missing: { httpStatus: 404, exitCode: 6, logLevel: 'info' },
  conflict: { httpStatus: 409, exitCode: 7, logLevel: 'info' },
  busy: { httpStatus: 503, exitCode: 7, logLevel: 'warn' },
  upstream: { httpStatus: 503, exitCode: 3, logLevel: 'error' },
  integrity: { httpStatus: 500, exitCode: 8, logLevel: 'fatal' },
  internal: { httpStatus: 500, exitCode: 1, logLevel: 'error' },
};
