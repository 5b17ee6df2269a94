/**
 * The spool: a folder for each batch with its object and its index file, until the batch is sealed. It is no
 * truth: what it holds is held against the hashes in the database, and without it a batch is abandoned, or its
 * rest stays in the table. Questions over archived rows have their files beside them.
 */

import { createHash } from 'node:crypto';
import { mkdir, open, rm } from 'node:fs/promises';
import path from 'node:path';
import { isUuid } from '../../../kernel/ids.ts';
import { readPieces } from '../../../platform/files/fs.ts';
import { sweepLeftovers } from '../../../platform/files/leftovers.ts';
import { RECORD } from '../format/records.ts';

/** How the folder of a question's files begins. */
export const QUESTION = 'query-';

export class Spool {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  objectPath(batch: string): string {
    return path.join(this.#folder, batch, 'object');
  }

  indexPath(batch: string): string {
    return path.join(this.#folder, batch, 'index');
  }

  /** Empty, for a batch that begins. */
  async make(batch: string): Promise<void> {
    await this.remove(batch);
    await mkdir(path.join(this.#folder, batch), { recursive: true, mode: 0o700 });
  }

  async remove(batch: string): Promise<void> {
    await rm(path.join(this.#folder, batch), { recursive: true, force: true });
  }

  /**
   * Takes away what processes that were killed left behind a day ago or more: folders of batches that have ended, and
   * files of questions. A batch that the database does not know may be another one's, and stays.
   * @param ended which of these batches have
   */
  async sweep(ended: (batches: readonly string[]) => Promise<readonly string[]>): Promise<void> {
    await sweepLeftovers(this.#folder, async (names) => [
      ...names.filter((name) => name.startsWith(QUESTION)),
      ...(await ended(names.filter(isUuid))),
    ]);
  }

  /** Whether the file is there and has this hash. @param sha256 hex */
  async holds(file: string, sha256: string): Promise<boolean> {
    try {
      const sha = createHash('sha256');
      for await (const piece of readPieces(file)) sha.update(piece);
      return sha.digest('hex') === sha256;
    } catch {
      return false; // not there, or not to be read: as good as lost
    }
  }

  /** Index records of rows `from` up to `to`, which is not among them. */
  async records(batch: string, from: number, to: number): Promise<Buffer> {
    const file = await open(this.indexPath(batch), 'r');
    try {
      const records = Buffer.alloc((to - from) * RECORD);
      const { bytesRead } = await file.read(records, 0, records.length, from * RECORD);
      if (bytesRead !== records.length) throw new RangeError(`the index of ${batch} ends before row ${to}`);
      return records;
    } finally {
      await file.close();
    }
  }
}
