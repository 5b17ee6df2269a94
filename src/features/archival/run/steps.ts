/**
 * The steps of a batch, each of which may be the last that its process does: what comes next is read from the
 * database, and done again where it is not known whether it was done.
 */

import { canonicalJson } from '../../../kernel/canonical.ts';
import { PlumblineError } from '../../../kernel/errors.ts';
import { sha256Hex } from '../../../kernel/hash.ts';
import type { Db } from '../../../platform/db/port.ts';
import type { ColdHead, ColdPut, ColdStore } from '../../../platform/objects/cold-port.ts';
import { receiptKey } from '../format/names.ts';
import { countOf, recordAt, seqOf, uuidOf } from '../format/records.ts';
import { underStandingHolds } from '../holds/store-holds.ts';
import type { Subject } from '../plan/subject.ts';
import type { Policy } from '../policies/policy.ts';
import { type Batch, type BatchObject, type Receipt, stretches } from './batch.ts';
import type { Spool } from './spool.ts';
import * as store from './store-batches.ts';
import { readPacked, settlePointers, vacuumParts } from './store-pointers.ts';
import * as rows from './store-rows.ts';
import * as transitions from './store-transitions.ts';
import type { Throttle } from './throttle.ts';

export interface StepDeps {
  readonly db: Db;
  readonly cold: ColdStore;
  readonly spool: Spool;
  readonly throttle: Throttle;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Told before each step; what it throws ends the work as a crash would. */
  readonly onStep?: ((step: string) => Promise<void> | void) | undefined;
  readonly onRows?: ((done: { readonly archived: number; readonly kept: number }) => Promise<void> | void) | undefined;
}

/** What is put, and how it stays. */
const putOptions = (policy: Policy, now: number): ColdPut => ({
  storageClass: policy.storage_class,
  ...(policy.legal_hold ? { legalHold: true } : {}),
  ...(policy.retention === null
    ? {}
    : { retention: { mode: policy.retention.mode, until: new Date(now + policy.retention.days * 86_400_000) } }),
});

const at = (deps: StepDeps): Date => new Date(deps.now());

/** @throws `archive.object_missing`: no object, no batch */
export function objectOf(batch: Batch): BatchObject {
  if (batch.object !== undefined) return batch.object;
  throw new PlumblineError(
    'internal',
    'archive.object_unknown',
    `batch ${batch.no} is ${batch.state} and names no object`,
  );
}

/** exported -> uploaded: one PUT; one whose answer was lost is as good. */
export async function upload(deps: StepDeps, batch: Batch, policy: Policy): Promise<Batch> {
  const object = objectOf(batch);
  await deps.onStep?.('put');
  const body = { path: deps.spool.objectPath(batch.id), size: object.bytes, sha256: object.sha256 };
  const head = await deps.cold.put(object.key, body, putOptions(policy, deps.now()));
  await deps.onStep?.('put done');
  assertSame(object, object, head);
  return transitions.setUploaded(deps.db.sql, batch, head, at(deps));
}

/** uploaded -> verified: the store itself says what it holds, and the manifest is beside it. */
export async function verify(deps: StepDeps, batch: Batch, policy: Policy): Promise<Batch> {
  const object = objectOf(batch);
  await deps.onStep?.('head');
  await assertStored(deps.cold, batch);
  const manifest = await store.readManifestText(deps.db.sql, batch.no);
  if (manifest === undefined || sha256Hex(manifest) !== object.manifestSha256) {
    throw new PlumblineError(
      'integrity',
      'archive.manifest_damaged',
      `the manifest of batch ${batch.no} in the database is not the one that was written`,
    );
  }
  await deps.onStep?.('manifest');
  const { storageClass: _, ...options } = putOptions(policy, deps.now());
  await deps.cold.put(object.manifestKey, { bytes: Buffer.from(manifest) }, { ...options, storageClass: 'STANDARD' });
  const bytes = await readAll(deps.cold, object.manifestKey);
  if (sha256Hex(bytes) !== object.manifestSha256)
    throw differs(object.manifestKey, 'its manifest was read back with other bytes');
  await deps.onStep?.('manifest done');
  const cooling = policy.cooling_hours === 0 ? null : new Date(deps.now() + policy.cooling_hours * 3_600_000);
  return transitions.setVerified(deps.db.sql, batch, cooling, at(deps));
}

/**
 * What the store says of the object is what was hashed before it was sent.
 * @throws `archive.upload_differs`, `archive.unverifiable` (integrity): nothing has left its table, and nothing does
 */
export async function assertStored(cold: ColdStore, batch: Batch): Promise<ColdHead> {
  const object = objectOf(batch);
  const head = await cold.head(object.key);
  if (head === undefined) throw differs(object.key, 'the store does not have it');
  assertSame(object, batch.stored ?? object, head);
  if (head.sha256 !== undefined) return head;
  if (head.readability.state !== 'readable') {
    throw new PlumblineError(
      'integrity',
      'archive.unverifiable',
      `the store keeps no SHA-256 of ${object.key} and cannot read it back from ${head.storageClass}; archive to STANDARD, or use a store that keeps checksums`,
    );
  }
  if (sha256Hex(await readAll(cold, object.key)) !== object.sha256)
    throw differs(object.key, 'it was read back with other bytes');
  return head;
}

/** Encryption on the way makes an object longer; nothing else may change it. @param expected of what is stored */
function assertSame(
  object: BatchObject,
  expected: { readonly bytes: number; readonly sha256: string | undefined },
  head: Pick<ColdHead, 'size' | 'sha256'>,
): void {
  const sealed = expected === object && head.size > object.bytes;
  if (sealed) return;
  if (head.size !== expected.bytes) throw differs(object.key, `it has ${head.size} bytes instead of ${expected.bytes}`);
  if (head.sha256 !== undefined && expected.sha256 !== undefined && head.sha256 !== expected.sha256)
    throw differs(object.key, `its SHA-256 is ${head.sha256} instead of ${expected.sha256}`);
}

const differs = (key: string, why: string): PlumblineError =>
  new PlumblineError(
    'integrity',
    'archive.upload_differs',
    `${key} is not what was uploaded: ${why}; its rows stay in their table`,
    { details: { key } },
  );

/** @throws as the store */
export async function readAll(cold: Pick<ColdStore, 'get'>, key: string): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of await cold.get(key)) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** verified -> committing, in the transaction that tells the audit log. Whoever waited is checked again. */
export async function begin(deps: StepDeps, batch: Batch): Promise<Batch> {
  const object = objectOf(batch);
  if (batch.coolingUntil !== null) await assertStored(deps.cold, batch);
  await deps.onStep?.('begin');
  const begun = await deps.db.transaction({}, (tx) => transitions.setCommitting(tx, batch, object, at(deps)));
  await deps.onStep?.('begun');
  return begun;
}

/** committing: rows leave in chunks, each one transaction with its pointers. @returns when all were dealt with */
export async function commitChunks(deps: StepDeps, batch: Batch, subject: Subject): Promise<Batch> {
  const object = objectOf(batch);
  let now = batch;
  while (now.nextSeq < object.rows) {
    const current = now;
    await deps.onStep?.('chunk');
    now = await deps.throttle.turn(async () => {
      const end = Math.min(object.rows, current.nextSeq + deps.throttle.chunk);
      return deps.db.transaction({}, async (tx) => {
        const held = await store.holdBatch(tx, current);
        if (held.nextSeq !== current.nextSeq)
          throw new PlumblineError(
            'internal',
            'archive.out_of_step',
            `batch ${batch.no} is at row ${held.nextSeq}, not ${current.nextSeq}`,
          );
        const records = await deps.spool.records(batch.id, current.nextSeq, end);
        await rows.pin(tx);
        await rows.steer(tx, subject);
        const guarded = await underStandingHolds(tx, subject);
        const gone = await rows.deleteUnchanged(tx, guarded, subject, batch.range, records);
        const parted = partRecords(records, gone, current);
        await deps.onStep?.('chunk written');
        // All rows in one chunk are in one order already.
        const whole = current.nextSeq === 0 && end === object.rows;
        return transitions.setChunk(tx, current, { ...parted, parts: whole ? 0 : 1 }, at(deps));
      });
    });
    await deps.onRows?.({ archived: now.archivedRows - current.archivedRows, kept: now.keptRows - current.keptRows });
  }
  await deps.onStep?.('chunks done');
  return now;
}

/** The records of rows that are gone, and of those that stay. @throws `archive.count_differs` (integrity) */
export function partRecords(
  records: Buffer,
  gone: readonly number[],
  { no }: Pick<Batch, 'no'>,
): { readonly archived: Buffer; readonly kept: Buffer } {
  const left = new Set(gone);
  const count = countOf(records);
  if (left.size !== gone.length || gone.some((n) => !(Number.isInteger(n) && n >= 0 && n < count))) {
    throw new PlumblineError(
      'integrity',
      'archive.count_differs',
      `batch ${no}: a chunk of ${count} rows named ${gone.length} deletions of ${left.size} rows; nothing of it is done. Is the key unique?`,
    );
  }
  if (left.size === count) return { archived: records, kept: Buffer.alloc(0) };
  const archived: Buffer[] = [];
  const kept: Buffer[] = [];
  for (let n = 0; n < count; n += 1) (left.has(n) ? archived : kept).push(recordAt(records, n));
  return { archived: Buffer.concat(archived), kept: Buffer.concat(kept) };
}

/** committing -> committed: pointers get one order over the whole batch, and are counted. */
export async function settle(deps: StepDeps, batch: Batch): Promise<Batch> {
  await deps.onStep?.('settle');
  const settled = await deps.db.transaction({}, async (tx) => {
    await store.holdBatch(tx, batch);
    const { count, twice } = await settlePointers(tx, batch);
    if (count !== batch.archivedRows || twice !== undefined) {
      throw new PlumblineError(
        'integrity',
        'archive.pointers_differ',
        `batch ${batch.no} has ${count} pointers of ${batch.archivedRows} archived rows${twice === undefined ? '' : `, two of them for ${uuidOf(Buffer.from(twice, 'hex'))}`}`,
      );
    }
    return transitions.setCommitted(tx, batch, at(deps));
  });
  await deps.onStep?.('settled');
  if (batch.parts > 0) await vacuumParts(deps.db.sql);
  return settled;
}

/** committed -> sealed: the receipt says beside the object which of its rows are archived. */
export async function seal(deps: StepDeps, batch: Batch): Promise<Batch> {
  const object = objectOf(batch);
  const receipt: Receipt = {
    format: 'plumbline/archive-receipt@v1',
    ...{ batch: batch.id, table: batch.table, object_key: object.key },
    ...{ manifest_key: object.manifestKey, manifest_sha256: object.manifestSha256 },
    committed_at: (batch.committedAt ?? at(deps)).toISOString(),
    archived_rows: batch.archivedRows,
    archived: await archivedOf(deps, batch, object),
  };
  const text = canonicalJson(receipt);
  const key = receiptKey(object.key, object.manifestSha256);
  await deps.onStep?.('receipt');
  await deps.cold.put(key, { bytes: Buffer.from(text) }, { storageClass: 'STANDARD' });
  await deps.onStep?.('receipt done');
  const sealed = await transitions.setSealed(deps.db.sql, batch, key, sha256Hex(text), at(deps));
  await deps.onStep?.('sealed');
  await deps.spool.remove(batch.id);
  return sealed;
}

/** Which rows of the object are archived: all of them were counted when the batch was committed, or pointers say. */
async function archivedOf({ db }: StepDeps, batch: Batch, object: BatchObject): Promise<Receipt['archived']> {
  if (batch.archivedRows === object.rows) return [[0, object.rows - 1]];
  const pointers = await readPacked(db.sql, 'archive_all_pointers', batch.no);
  return [...stretches(Uint32Array.from({ length: countOf(pointers) }, (_, n) => seqOf(pointers, n)).sort())];
}

/** Deletes old rows without an archive, chunk by chunk. */
export async function purgeChunks(deps: StepDeps, batch: Batch, subject: Subject): Promise<Batch> {
  let now = batch;
  for (;;) {
    const current = now;
    await deps.onStep?.('purge');
    const limit = deps.throttle.chunk;
    let found = 0;
    now = await deps.throttle.turn(() =>
      deps.db.transaction({}, async (tx) => {
        await store.holdBatch(tx, current);
        await rows.pin(tx);
        await rows.steer(tx, subject);
        const purged = await rows.purge(tx, await underStandingHolds(tx, subject), batch.range, limit);
        found = purged.found;
        if (purged.gone !== purged.found) {
          throw new PlumblineError(
            'integrity',
            'archive.count_differs',
            `batch ${batch.no}: of ${purged.found} rows ${purged.gone} were deleted; nothing of this chunk is done`,
          );
        }
        return purged.gone === 0 ? current : transitions.setPurging(tx, current, purged.gone, at(deps));
      }),
    );
    await deps.onRows?.({ archived: now.archivedRows - current.archivedRows, kept: 0 });
    if (found < limit) return transitions.setPurged(deps.db.sql, now, at(deps));
  }
}
