/**
 * Objects held against their hashes by the store itself, which reads them where they lie: whatever their class, without
 * a restore. What a store answers to HEAD is what was stored once; this is what is there.
 */
import { PlumblineError } from '../../../kernel/errors.ts';
import type { ChecksumJobs, ColdStore } from '../../../platform/objects/cold-port.ts';
import type { Batch } from '../run/batch.ts';
import { type BatchQuery, listBatches } from '../run/store-batches.ts';
import type { VerifyDeps } from './verify.ts';

export interface BegunChecksums {
  /** The store's name of it. */
  readonly job: string;
  readonly objects: number;
}

export interface ChecksumVerdict {
  readonly archivePath: string;
  /** Numbers of the batches whose rows it has. */
  readonly batches: readonly number[];
  /** Undefined where its bytes are what was stored. */
  readonly finding: string | undefined;
}

const STORED: BatchQuery['states'] = ['verified', 'committing', 'committed', 'sealed'];

/**
 * @param name of its own for each job
 * @throws `archive.checksums_absent` (missing), `archive.nothing_archived` (missing), as the store
 */
export async function beginChecksums(
  deps: VerifyDeps,
  { table, name }: { readonly table: string | undefined; readonly name: string },
): Promise<BegunChecksums> {
  const jobs = jobsOf(deps.cold);
  const keys = [...(await storedObjects(deps, table)).keys()];
  if (keys.length === 0) {
    throw new PlumblineError(
      'missing',
      'archive.nothing_archived',
      `nothing ${table === undefined ? '' : `of ${table} `}is archived`,
    );
  }
  return { job: await jobs.begin(name, keys), objects: keys.length };
}

/** @returns undefined while the store reads. @throws as `beginChecksums` */
export async function readChecksums(deps: VerifyDeps, job: string): Promise<readonly ChecksumVerdict[] | undefined> {
  const recomputed = await jobsOf(deps.cold).read(job);
  if (recomputed === undefined) return undefined;
  const known = await storedObjects(deps, undefined);
  return recomputed.map(({ key, sha256, error }) => {
    const batches = known.get(key) ?? [];
    const expected = new Set(batches.flatMap(hashOf));
    const finding =
      sha256 === undefined
        ? `the store cannot read ${key}: ${error ?? 'no reason is given'}`
        : batches.length === 0
          ? `${key} was read, and no batch knows it any more`
          : expected.size === 0
            ? `${key} was stored without a hash that it could be compared with; verify it by its bytes`
            : expected.size > 1 || !expected.has(sha256)
              ? `${key} has the SHA-256 ${sha256} in the store, and ${[...expected].join(' and ')} was stored: its bytes are not what they were`
              : undefined;
    return { archivePath: key, batches: batches.map(({ no }) => no), finding };
  });
}

/** Of what is stored: where it is encrypted on its way, that is another than of the object. */
const hashOf = ({ stored, object }: Batch): readonly string[] => {
  const sha256 = stored === undefined ? object?.sha256 : stored.sha256;
  return sha256 === undefined ? [] : [sha256];
};

async function storedObjects(
  { db }: VerifyDeps,
  table: string | undefined,
): Promise<ReadonlyMap<string, readonly Batch[]>> {
  const found = new Map<string, Batch[]>();
  for (let before: number | undefined; ; ) {
    const page = await listBatches(db.sql, { table, states: STORED, before, limit: 500 });
    for (const batch of page) {
      if (batch.object === undefined) continue;
      found.set(batch.object.key, [...(found.get(batch.object.key) ?? []), batch]);
    }
    before = page.at(-1)?.no;
    if (page.length < 500) return found;
  }
}

function jobsOf({ checksums }: ColdStore): ChecksumJobs {
  if (checksums !== undefined) return checksums;
  throw new PlumblineError(
    'missing',
    'archive.checksums_absent',
    'the store is not set up to read its objects by itself: where it is AWS S3, set S3_BATCH_ROLE; `archive verify` compares the checksums that it keeps, and with --bytes the objects that can be read',
  );
}
