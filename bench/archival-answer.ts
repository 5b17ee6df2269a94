/** What the process that archives a table says at its end. */
import { z } from 'zod';

export const ARCHIVED = z.object({
  rows: z.number(),
  ms: z.number(),
  /** The most memory that was resident until so many rows had left, after each batch. */
  peaks: z.array(z.object({ rows: z.number(), miB: z.number() })),
  /** Milliseconds by step. */
  spent: z.record(z.string(), z.number()),
});
export type Archived = z.output<typeof ARCHIVED>;

/** What PostgreSQL calls its connections. */
export const ARCHIVER = 'plumbline-archiver';
