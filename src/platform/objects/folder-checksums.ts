/** A folder's objects read again where they lie. Nothing is archived in it but by name, so the answer is there at once. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { isPlumblineError } from '../../kernel/errors.ts';
import type { ChecksumJobs, Recomputed } from './cold-port.ts';
import { missing } from './faults.ts';
import { OWN } from './key.ts';

const KEYS = z.array(z.string());

/** @param store `stream` gives the bytes whatever the object's class is */
export function folderChecksums(store: {
  readonly keep: (key: string, bytes: Uint8Array) => Promise<unknown>;
  readonly stream: (key: string) => Promise<AsyncIterable<Uint8Array>>;
}): ChecksumJobs {
  const listOf = (job: string): string => `${OWN}checksums/${job}`;

  const recompute = async (key: string): Promise<Recomputed> => {
    const hash = createHash('sha256');
    try {
      for await (const piece of await store.stream(key)) hash.update(piece);
    } catch (error) {
      if (isPlumblineError(error)) return { key, sha256: undefined, error: error.message };
      throw error;
    }
    return { key, sha256: hash.digest('hex'), error: undefined };
  };

  return {
    begin: async (name, keys) => {
      await store.keep(listOf(name), Buffer.from(JSON.stringify(keys)));
      return name;
    },

    read: async (job) => {
      const pieces: Uint8Array[] = [];
      try {
        for await (const piece of await store.stream(listOf(job))) pieces.push(piece);
      } catch (error) {
        if (isPlumblineError(error) && error.code === 'objects.missing') throw missing(`of the job ${job}`);
        throw error;
      }
      const found: Recomputed[] = [];
      for (const key of KEYS.parse(JSON.parse(Buffer.concat(pieces).toString('utf8'))))
        found.push(await recompute(key));
      return found;
    },
  };
}
