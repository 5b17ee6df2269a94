/** The classes of failure of a source, and what follows from each. */
import { isPlumblineError, messageOf } from '../../../kernel/errors.ts';

export const FAILURE_CLASSES = [
  'timeout', // no complete answer in time
  'transport', // no answer, or the provider's own server error
  'rate-limited', // asked too often: it says when to come back
  'refused', // 401, 403, 451: key, plan or place
  'bad-payload', // an answer that is not what the documentation promises
  'implausible', // well-formed, and cannot be true
] as const;

export type FailureClass = (typeof FAILURE_CLASSES)[number];

/** Why one attempt at a source gave no rate. */
export class SourceFailure extends Error {
  override readonly name = 'SourceFailure';
  readonly class: FailureClass;
  /** Milliseconds for which the source asked to be left alone. */
  readonly holdMs: number | undefined;

  constructor(
    failure: FailureClass,
    message: string,
    options: { readonly holdMs?: number; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.class = failure;
    this.holdMs = options.holdMs;
  }
}

/**
 * Whether the class counts for the circuit breaker. A refusal does not: the source works, it does not
 * want us, and a probe a minute would not change that. It is held off instead.
 */
export const countsForBreaker = (failure: FailureClass): boolean => failure !== 'refused';

/**
 * Whether another attempt now may help. A 429 that is retried is counted by the provider as one more
 * call; a refusal and a bad payload come back the same.
 */
export const isRetried = (failure: FailureClass): boolean => failure === 'timeout' || failure === 'transport';

/** Anything that an attempt can throw, as a failure of a class. */
export function toSourceFailure(error: unknown): SourceFailure {
  if (error instanceof SourceFailure) return error;
  return new SourceFailure(classOf(error), messageOf(error), { cause: error });
}

function classOf(error: unknown): FailureClass {
  if (!isPlumblineError(error)) return 'transport';
  switch (error.code) {
    case 'http.timeout':
    case 'retry.no_time':
      return 'timeout';
    case 'http.too_large':
    case 'http.redirected':
    case 'http.not_text':
    case 'json.malformed':
      return 'bad-payload';
    default:
      return 'transport';
  }
}
