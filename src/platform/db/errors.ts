/** What a failed statement says, read the same way on both engines. */

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
const SQLSTATE = /^[0-9A-Z]{5}$/;

type ServerError = { readonly code: string; readonly constraint: unknown; readonly position: unknown };

/** The server's own error in a chain of causes. System errors (`EPIPE`) have a code, but no severity. */
function serverError(error: unknown): ServerError | undefined {
  let at: unknown = error;
  for (let depth = 0; depth < 8 && typeof at === 'object' && at !== null; depth++) {
    if ('severity' in at && 'code' in at && typeof at.code === 'string' && SQLSTATE.test(at.code)) {
      return {
        code: at.code,
        constraint: 'constraint' in at ? at.constraint : undefined,
        position: 'position' in at ? at.position : undefined,
      };
    }
    at = 'cause' in at ? at.cause : undefined;
  }
  return undefined;
}

/** `23505`: the SQLSTATE of a failed statement; undefined when the error did not come from the server. */
export const sqlState = (error: unknown): string | undefined => serverError(error)?.code;

/** The constraint that a statement violated, where the server names one. */
export function violatedConstraint(error: unknown): string | undefined {
  const name = serverError(error)?.constraint;
  return typeof name === 'string' ? name : undefined;
}

/** Where in its text a statement failed: characters before that point; undefined where the server does not say. */
export function statementPosition(error: unknown): number | undefined {
  const position = Number(serverError(error)?.position ?? Number.NaN);
  return Number.isSafeInteger(position) && position > 0 ? position - 1 : undefined;
}

/** A row with this key exists already; of that one constraint or index, where it is named. */
export const isUniqueViolation = (error: unknown, constraint?: string): boolean =>
  sqlState(error) === '23505' && (constraint === undefined || violatedConstraint(error) === constraint);

/** A text with U+0000, which PostgreSQL's text and jsonb cannot hold: `22021`, `22P05`. */
export const isTextRefused = (error: unknown): boolean => ['22021', '22P05'].includes(sqlState(error) ?? '');
