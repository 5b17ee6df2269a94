/** A request to have archived rows back: what of, for what, and what has become of it. */
import { z } from 'zod';
import { MAPPING, type Mapping } from './mapping.ts';

export const TIERS = ['Expedited', 'Standard', 'Bulk'] as const;

const WHEN = z.iso.datetime({ offset: true }).or(z.iso.date());

/** What is wanted: one row, one object by its batch or by its path, or what was written in a time. */
export const WHAT = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('row'), id: z.string().max(60).describe('Its key: UUID or whole number') }),
  z.strictObject({ kind: z.literal('batch'), batch: z.int().min(1).max(2_147_483_647) }),
  z.strictObject({ kind: z.literal('object'), archive_path: z.string().min(1).max(1024) }),
  z.strictObject({
    kind: z.literal('range'),
    from: WHEN.describe('Of the archive column: included'),
    to: WHEN.describe('Not included'),
  }),
]);
export type What = z.output<typeof WHAT>;

export const PURPOSES = [
  'read', // the objects are made readable, and nothing is written
  'land', // their rows come into archive_restored_rows
  'return', // and from there into their table
] as const;
export type Purpose = (typeof PURPOSES)[number];

export const RESTORE = z.strictObject({
  table: z.string().min(1).max(130).describe('schema.table, as it was archived'),
  what: WHAT,
  purpose: z.enum(PURPOSES).default('land'),
  tier: z.enum(TIERS).default('Standard'),
  days: z.int().min(1).max(365).default(3).describe('How long the copies are kept, from when they are there'),
  mapping: MAPPING.optional().describe('Where the columns of the archive and of the table differ'),
});
export type RestoreRequest = z.output<typeof RESTORE>;

export const OBJECT_STATES = ['requested', 'restoring', 'readable', 'landed', 'expired', 'failed'] as const;
export type ObjectState = (typeof OBJECT_STATES)[number];

export interface Restore {
  readonly id: string;
  readonly table: string;
  readonly what: What;
  readonly purpose: Purpose;
  readonly tier: (typeof TIERS)[number];
  readonly days: number;
  readonly mapping: Mapping | undefined;
  /** Exact decimal; undefined where the prices have no such region. */
  readonly quotedCost: string | undefined;
  readonly currency: string;
  readonly waitMs: number;
  readonly requestedBy: string;
  readonly requestedAt: Date;
  readonly approvedBy: string | null;
}

export interface RestoreObject {
  readonly restore: string;
  readonly batch: number;
  readonly state: ObjectState;
  readonly tier: (typeof TIERS)[number];
  readonly askedAt: Date | null;
  /** Null where the object is always readable, or not yet. */
  readonly readableUntil: Date | null;
  readonly nextSeq: number;
  readonly landedRows: number;
  readonly returnedRows: number;
  readonly attempts: number;
  readonly changedAt: Date;
  readonly error: { readonly code: string; readonly message: string } | undefined;
}

/** What the whole request has come to: as far as the object that is furthest behind. */
export function stateOf(objects: readonly Pick<RestoreObject, 'state'>[]): ObjectState {
  const behind: readonly ObjectState[] = ['failed', 'requested', 'restoring', 'expired', 'readable', 'landed'];
  return behind.find((state) => objects.some((each) => each.state === state)) ?? 'landed';
}
