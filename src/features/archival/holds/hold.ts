/** A legal hold: rows of a table that stay where they are, whatever its policy says, until it is released. */
import { z } from 'zod';
import type { Subject } from '../plan/subject.ts';

const WHEN = z.iso.datetime({ offset: true }).or(z.iso.date());
const KEY = z.string().min(1).max(60);

/** Which rows: of a time, or from one key to another. */
export const HELD_ROWS = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('time'),
    from: WHEN.describe('Of the archive column: included'),
    to: WHEN.describe('Not included'),
  }),
  z.strictObject({
    kind: z.literal('keys'),
    from: KEY.describe('UUID or whole number: included'),
    to: KEY.describe('Included; the same for one row'),
  }),
]);

export const NEW_HOLD = z.strictObject({
  table: z.string().min(1).max(130).describe('schema.table, in the database of DATABASE_URL'),
  rows: HELD_ROWS,
  reason: z.string().trim().min(1).max(2_000).describe('Who ordered it and why; it is in the audit log'),
});
export type NewHold = z.output<typeof NEW_HOLD>;

export interface Release {
  readonly by: string;
  readonly at: Date;
  readonly reason: string;
  readonly approvedBy: string | null;
}

export interface Hold {
  readonly id: string;
  /** `schema.table`. */
  readonly table: string;
  readonly rows: z.output<typeof HELD_ROWS>;
  /** That `rows` are told by. */
  readonly column: { readonly name: string; readonly type: string };
  readonly reason: string;
  readonly placedBy: string;
  readonly placedAt: Date;
  readonly release: Release | undefined;
}

/** A table with the holds that stand: what of it may leave is not known without them. */
export interface HeldSubject extends Subject {
  readonly held: readonly Pick<Hold, 'rows' | 'column'>[];
}
