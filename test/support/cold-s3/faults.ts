/** What can be made to go wrong, on purpose and in turn. */
import { z } from 'zod';
import { isS3Code } from './s3-error.ts';

const WHERE = {
  /** Name of the operation, `PutObject`; absent: any. */
  operation: z.string().optional(),
  /** Beginning of the key; absent: any. */
  key: z.string().optional(),
  /** How many requests it meets. */
  times: z.int().min(1).default(1),
  /** How many that it would meet go by before. */
  after: z.int().min(0).default(0),
};

export const FAULT = z.discriminatedUnion('kind', [
  /** The work is done, the answer never comes. */
  z.strictObject({ kind: z.literal('lost acknowledgement'), ...WHERE }),
  /** Nothing is done, and the connection ends. */
  z.strictObject({ kind: z.literal('disconnect'), ...WHERE }),
  /** Nothing is done or answered, and the connection stays. */
  z.strictObject({ kind: z.literal('hang'), ...WHERE }),
  /** Nothing is done; the answer is an error of S3: InternalError, SlowDown, GlacierExpeditedRetrievalNotAvailable. */
  z.strictObject({ kind: z.literal('error'), code: z.string().refine(isS3Code), ...WHERE }),
  /** The body comes in pieces, with so many milliseconds before each. */
  z.strictObject({ kind: z.literal('slow body'), pieceBytes: z.int().min(1), delayMs: z.int().min(0), ...WHERE }),
  /** The connection ends after so many bytes of the body. */
  z.strictObject({ kind: z.literal('torn body'), bytes: z.int().min(0), ...WHERE }),
  /** One bit of the body is another on the way. */
  z.strictObject({ kind: z.literal('corrupt body'), at: z.int().min(0), ...WHERE }),
]);
export type Fault = z.output<typeof FAULT>;
export type FaultInput = z.input<typeof FAULT>;

export class Faults {
  #waiting: { readonly fault: Fault; seen: number }[] = [];

  add(input: FaultInput): void {
    this.#waiting.push({ fault: FAULT.parse(input), seen: 0 });
  }

  clear(): void {
    this.#waiting = [];
  }

  get pending(): readonly Fault[] {
    return this.#waiting.map(({ fault }) => fault);
  }

  /** The first that meets this request; it is used up when it has met as many as it was to. */
  take(operation: string, key: string): Fault | undefined {
    for (const each of this.#waiting) {
      const { fault } = each;
      if (fault.operation !== undefined && fault.operation !== operation) continue;
      if (fault.key !== undefined && !key.startsWith(fault.key)) continue;
      each.seen += 1;
      if (each.seen <= fault.after) continue;
      if (each.seen >= fault.after + fault.times) this.#waiting = this.#waiting.filter((other) => other !== each);
      return fault;
    }
    return undefined;
  }
}
