/** Which failures mean that the server cannot be reached or was lost, rather than that it said no. */
import { isPlumblineError, messageOf, PlumblineError } from '../../kernel/errors.ts';
import { sqlState } from './errors.ts';

/** Where a connection goes, without the secrets of its URL. */
export interface Target {
  readonly host: string;
  readonly port: number;
  readonly database: string;
}

/** Server shutting down or starting up, or out of connections; any code of class 08 besides. */
const LOST = new Set(['57P01', '57P02', '57P03', '57P05', '53300']);

/** Texts of pg's own errors; it gives them neither a class nor a code. */
const LOST_TEXT = /^Connection terminated|not queryable|^Client was closed|^Query read timeout|^timeout expired/;
const POOL_TEXT = 'timeout exceeded when trying to connect';

function isLost(error: unknown): boolean {
  const state = sqlState(error);
  if (state !== undefined) return state.startsWith('08') || LOST.has(state);
  return error instanceof Error && ('syscall' in error || LOST_TEXT.test(error.message));
}

/** The typed form of a lost connection; any other error as it is. */
export function mapLost(error: unknown, target: Target): unknown {
  if (error instanceof PlumblineError) return error;
  const where = `${target.database} at ${target.host}:${target.port}`;
  if (error instanceof Error && error.message === POOL_TEXT) {
    return new PlumblineError(
      'busy',
      'db.pool_exhausted',
      `every connection to the database ${where} is in use; raise DATABASE_POOL_SIZE or ask for less at once`,
      { details: { ...target }, cause: error },
    );
  }
  return isLost(error) ? unavailable(error, target) : error;
}

/** @returns `db.unavailable` (upstream) */
export function unavailable(cause: unknown, target: Target): PlumblineError {
  return new PlumblineError(
    'upstream',
    'db.unavailable',
    `the database ${target.database} at ${target.host}:${target.port} is unavailable: ${reason(cause)}`,
    { details: { ...target }, cause },
  );
}

/** The database cannot be asked now: it is out of reach, or every connection to it is in use. */
export const isAway = (error: unknown): boolean =>
  isPlumblineError(error) && (error.code === 'db.unavailable' || error.code === 'db.pool_exhausted');

/** Node reports a refused connection to a name with several addresses as an AggregateError without a text. */
const reason = (cause: unknown): string =>
  cause instanceof AggregateError ? cause.errors.map(messageOf).join('; ') : messageOf(cause);
