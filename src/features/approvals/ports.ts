/** What approvals need of others, and what a feature brings whose action is dangerous; main joins them. */
import type { z } from 'zod';
import { canonicalJson, type Json } from '../../kernel/canonical.ts';
import { isPlumblineError, PlumblineError } from '../../kernel/errors.ts';
import type { ApprovalId } from '../../kernel/ids.ts';
import type { Notice } from '../../kernel/notice.ts';
import type { Tx } from '../../platform/db/port.ts';

export interface Notices {
  /** Somebody is to be told, in the transaction of what they are told of. */
  raise(tx: Tx, notice: Notice): Promise<void>;
}

/** Who stands behind what is executed. */
export interface Authority {
  readonly approvalId: ApprovalId;
  readonly requestedBy: string;
  /** The same as who asked, where one person acted alone. */
  readonly approvedBy: string;
  readonly reason: string;
}

export interface Effect {
  /** What came of it, for the record; no secrets. */
  readonly result: Json;
  /** What crosses a network, after the commit. */
  readonly after?: () => Promise<void>;
}

/** @typeParam Ready what was found while it was looked at, for what is done then */
export interface DangerousAction<Payload, Ready> {
  /** Stable: `rates.manual.set`. */
  readonly name: string;
  readonly about: string;
  /** Whoever asks for it, and whoever agrees, has this scope. */
  readonly scope: string;
  readonly schema: z.ZodType<Payload>;
  /** What it is done to, in a word. */
  readonly target: (payload: Payload) => string;
  /**
   * Whether it could be done now: asked when it is requested, and again before it is done, outside of its
   * transaction. @throws why not
   */
  readonly validate: (payload: Payload) => Promise<Ready>;
  /** Does it, in the transaction that settles the approval: both stand, or neither. */
  readonly execute: (tx: Tx, payload: Payload, by: Authority, ready: Ready) => Promise<Effect>;
  /** The route that asks for it, where it has one of its own because it adds to the payload: `POST /v1/keys`. */
  readonly askAt?: string;
}

/** An action with its payload. */
interface Prepared {
  readonly target: string;
  /** Canonical JSON: what is hashed. */
  readonly payload: string;
  /** @throws why it cannot be done */
  validate(): Promise<Doable>;
}

/** What was looked at, and can be done now. */
interface Doable {
  execute(tx: Tx, by: Authority): Promise<Effect>;
}

export interface RegisteredAction extends Pick<DangerousAction<never, never>, 'name' | 'about' | 'scope' | 'askAt'> {
  /** @throws `approvals.payload_invalid` (invalid), naming the fields */
  prepare(payload: unknown): Prepared;
}

/** An action of any payload as one of many. */
export function register<Payload extends Json, Ready>(action: DangerousAction<Payload, Ready>): RegisteredAction {
  const { name, about, scope, askAt, schema } = action;
  return {
    ...{ name, about, scope },
    ...(askAt === undefined ? {} : { askAt }),
    prepare: (given) => {
      const { data, error } = schema.safeParse(given);
      if (error !== undefined) throw invalidPayload(name, error);
      return {
        target: action.target(data),
        payload: canonical(name, data),
        validate: async () => {
          const ready = await action.validate(data);
          return { execute: (tx, by) => action.execute(tx, data, by, ready) };
        },
      };
    },
  };
}

function canonical(name: string, payload: Json): string {
  try {
    return canonicalJson(payload);
  } catch (error) {
    if (!isPlumblineError(error)) throw error;
    throw new PlumblineError('invalid', 'approvals.payload_invalid', `the payload of ${name}: ${error.message}`);
  }
}

const invalidPayload = (name: string, error: z.ZodError): PlumblineError => {
  const faults = error.issues.map(({ path, message }) => ({
    pointer: `/payload/${path.map(String).join('/')}`,
    message,
  }));
  return new PlumblineError(
    'invalid',
    'approvals.payload_invalid',
    `the payload of ${name}: ${faults
      .map(({ pointer, message }) => `${pointer}: ${message}`)
      .join('; ')
      .slice(0, 1_000)}`,
    { faults },
  );
};
