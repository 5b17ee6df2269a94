/** A batch: one object, from the claim of its rows to the receipt beside it. */
import { z } from 'zod';
import type { StorageClass } from '../../../platform/objects/cold-port.ts';
import type { Codec } from '../format/codec.ts';

export const STATES = [
  'claimed', // its rows are named by a range; nothing else is done
  'exported', // they are in the spool, hashed, and the manifest is made
  'uploaded', // the object is in the store
  'verified', // the store says the same size and hash, and has the manifest
  'committing', // rows leave the table, chunk by chunk, and pointers come
  'committed', // all rows were dealt with, and the pointers are in order
  'sealed', // the receipt is in the store: the end
  'purged', // of a policy that makes no objects: the end
  'abandoned', // no row has left the table: the end
] as const;
export type BatchState = (typeof STATES)[number];

export type Way = 'rows' | 'partition' | 'purge';

/** What is known of a batch's object once it was exported. Hashes are hex. */
export interface BatchObject {
  readonly bucket: string;
  readonly key: string;
  readonly storageClass: StorageClass;
  readonly codec: Codec;
  readonly rows: number;
  readonly rawBytes: number;
  readonly bytes: number;
  readonly sha256: string;
  readonly merkleRoot: string;
  readonly indexSha256: string;
  readonly manifestKey: string;
  readonly manifestSha256: string;
  readonly previousManifestSha256: string | null;
  readonly lo: string;
  readonly hi: string;
}

export interface Batch {
  readonly no: number;
  readonly id: string;
  readonly table: string;
  readonly policyVersion: number;
  readonly way: Way;
  readonly state: BatchState;
  readonly fence: bigint;
  readonly range: { readonly from: string; readonly to: string };
  readonly partition: string | null;
  readonly partitionBound: string | null;
  readonly detached: boolean;
  readonly claimedAt: Date;
  readonly object: BatchObject | undefined;
  readonly versionId: string | null;
  readonly coolingUntil: Date | null;
  readonly nextSeq: number;
  readonly parts: number;
  readonly archivedRows: number;
  readonly keptRows: number;
  readonly committedAt: Date | null;
  readonly receiptKey: string | null;
  readonly receiptSha256: string | null;
  readonly abandonedReason: string | null;
  /** What the store says it has, since the upload; where objects are encrypted on their way, of what is stored. */
  readonly stored: { readonly bytes: number; readonly sha256: string | undefined } | undefined;
}

/** What is put beside an object when its rows have left the table: which of them did. */
export const RECEIPT = z.strictObject({
  format: z.literal('plumbline/archive-receipt@v1'),
  batch: z.guid(),
  table: z.string(),
  object_key: z.string(),
  manifest_key: z.string(),
  manifest_sha256: z.string().regex(/^[0-9a-f]{64}$/),
  committed_at: z.iso.datetime(),
  archived_rows: z.int().min(0),
  /** Rows of the object, from 0: first and last of each stretch that is archived. All others live on in the table. */
  archived: z.array(z.tuple([z.int().min(0), z.int().min(0)])),
});
export type Receipt = z.output<typeof RECEIPT>;

/** @param seqs ascending. @returns first and last of each stretch */
export function stretches(seqs: Iterable<number>): readonly [number, number][] {
  const found: [number, number][] = [];
  for (const seq of seqs) {
    const last = found.at(-1);
    if (last !== undefined && last[1] === seq - 1) last[1] = seq;
    else found.push([seq, seq]);
  }
  return found;
}
