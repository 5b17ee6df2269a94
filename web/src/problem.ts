/** What went wrong, as RFC 9457 says it, or as the browser does where nobody answered. */
import { isFields, listIn, textIn } from './json.ts';

export interface FieldFault {
  readonly pointer: string;
  readonly detail: string;
}

export class Problem extends Error {
  /** HTTP status; 0: nobody answered. */
  readonly status: number;
  /** Stable: `rates.unavailable`. */
  readonly code: string;
  readonly requestId: string | undefined;
  readonly faults: readonly FieldFault[];

  constructor(
    status: number,
    code: string,
    detail: string,
    more: { requestId?: string | undefined; faults?: readonly FieldFault[] } = {},
  ) {
    super(detail);
    this.status = status;
    this.code = code;
    this.requestId = more.requestId;
    this.faults = more.faults ?? [];
  }
}

/** The session goes on: who acts has to show again who they are. */
export const isStepUp = ({ code }: Problem): boolean => code === 'access.step_up_required';

export async function problemOf(response: Response): Promise<Problem> {
  const body: unknown = await response.json().catch(() => undefined);
  if (!isFields(body)) return new Problem(response.status, 'http', `HTTP ${response.status} ${response.statusText}`);
  return new Problem(response.status, textIn(body, 'code') ?? 'http', textIn(body, 'detail') ?? response.statusText, {
    requestId: textIn(body, 'request_id'),
    faults: listIn(body, 'errors').map((fault) => ({
      pointer: textIn(fault, 'pointer') ?? '',
      detail: textIn(fault, 'detail') ?? '',
    })),
  });
}

/** Whatever was thrown, as a problem. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof TypeError) return new Problem(0, 'unreachable', error.message);
  return new Problem(0, 'unexpected', error instanceof Error ? error.message : String(error));
}
