/** One archived row, read from its object by one range, with all that proves it. */
import { PlumblineError } from '../../../kernel/errors.ts';
import type { Db } from '../../../platform/db/port.ts';
import type { ColdStore } from '../../../platform/objects/cold-port.ts';
import { readRow } from '../format/object-reader.ts';
import type { Pointer } from '../pointers/store.ts';
import type { Batch } from '../run/batch.ts';
import { objectOf } from '../run/steps.ts';
import { manifestOf } from './land.ts';

export interface ReadRecord {
  readonly table: string;
  /** Its canonical bytes, as text. */
  readonly row: string;
  readonly seq: number;
  readonly dataHash: string;
  /** From the leaf to the root, nearest first, hex. */
  readonly path: readonly string[];
  readonly rows: number;
  readonly merkleRoot: string;
  readonly batch: Batch;
  readonly bytesRead: number;
}

/**
 * @throws `archive.not_readable` (conflict) with the command that makes it readable; `archive.object_damaged`,
 *   `archive.pointers_differ` (integrity)
 */
export async function readRecord(
  { db, cold }: { readonly db: Db; readonly cold: ColdStore },
  table: string,
  { pointer, batch }: { readonly pointer: Pointer; readonly batch: Batch },
  id: string,
): Promise<ReadRecord> {
  const object = objectOf(batch);
  const manifest = await manifestOf(db.sql, batch);
  const head = await cold.head(object.key);
  const state = head?.readability.state;
  if (state === 'archived' || state === 'restoring') {
    throw new PlumblineError(
      'conflict',
      'archive.not_readable',
      state === 'restoring'
        ? `${object.key} is being restored; see when: plumbline archive restores`
        : `${object.key} is in ${object.storageClass}; make it readable: plumbline archive restore ${table} --row ${id} --purpose read`,
      { details: { key: object.key, state } },
    );
  }
  const read = await readRow(cold, manifest, pointer.seq);
  if (read.dataHash !== pointer.dataHash) {
    throw new PlumblineError(
      'integrity',
      'archive.pointers_differ',
      `row ${pointer.seq} of ${object.key} is proven by its manifest, and the pointer of ${id} has another hash`,
      { details: { batch: batch.no, row: pointer.seq } },
    );
  }
  const { row, seq, dataHash, path, bytesRead } = read;
  return {
    ...{ table, row: row.toString('utf8'), seq, dataHash, path, bytesRead, batch },
    ...{ rows: manifest.rows, merkleRoot: manifest.merkle_root },
  };
}
