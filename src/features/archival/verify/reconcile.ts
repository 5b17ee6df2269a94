/**
 * Four accounts of the archive against each other: the batches of the database, the listing of the store, the
 * manifests in it, and the audit log. Whoever changes one of them does not change the others.
 */
import { isPlumblineError } from '../../../kernel/errors.ts';
import { sha256Hex } from '../../../kernel/hash.ts';
import { SUFFIX } from '../format/codec.ts';
import { parseManifest } from '../format/manifest.ts';
import { OURS } from '../format/names.ts';
import type { LoggedManifest, ManifestLog } from '../ports.ts';
import type { Batch } from '../run/batch.ts';
import { readAll } from '../run/steps.ts';
import { listBatches } from '../run/store-batches.ts';
import { orphansOf } from './orphans.ts';
import type { VerifyDeps } from './verify.ts';

export interface Difference {
  readonly kind: /** In the store, and no batch knows it: what it may be is said. */
    | 'orphan'
    /** A batch names it, and the store does not have it. */
    | 'phantom'
    /** Two accounts say different things of it. */
    | 'mismatch'
    /** Rows were let go, and the audit log does not know of it. */
    | 'unlogged'
    /** The audit log knows it, and no batch does. */
    | 'forgotten'
    /** A manifest names another before it than there is. */
    | 'chain';
  readonly key: string;
  readonly message: string;
}

export interface Reconciled {
  readonly differences: readonly Difference[];
  readonly batches: number;
  readonly objects: number;
  readonly manifests: number;
  readonly logged: number;
  /** Keys of others in the same bucket. */
  readonly foreign: number;
}

/** States whose rows have begun to leave. */
const LET_GO: readonly Batch['state'][] = ['committing', 'committed', 'sealed'];
const PAGE = 500;
const SUFFIXES = Object.values(SUFFIX);

export async function reconcileArchive(deps: VerifyDeps, log: ManifestLog): Promise<Reconciled> {
  const differences: Difference[] = [];
  const differ = (kind: Difference['kind'], key: string, message: string): void => {
    differences.push({ kind, key, message });
  };
  const batches = await allBatches(deps);
  const logged = new Map<string, LoggedManifest>();
  for await (const each of log.manifests()) logged.set(each.batch, each);

  const expected = expectedKeys(batches);
  const unseen = new Map([...expected].filter(([, { required }]) => required));
  const manifests = new Map(
    batches.flatMap((batch) => (batch.object === undefined ? [] : [[batch.object.manifestKey, batch] as const])),
  );
  const orphans: string[] = [];
  let [objects, read, foreign] = [0, 0, 0];
  for await (const { key, size, storageClass } of deps.cold.list('')) {
    if (!OURS.test(key)) {
      foreign += 1;
      continue;
    }
    unseen.delete(key);
    const known = expected.get(key);
    if (known === undefined) orphans.push(key);
    if (key.endsWith('.json')) {
      const batch = manifests.get(key);
      if (batch === undefined) continue;
      read += 1;
      await checkManifest(deps, key, batch, differ);
    } else {
      objects += 1;
      if (known === undefined) continue;
      if (known.bytes !== undefined && known.bytes !== size)
        differ('mismatch', key, `${key} has ${size} bytes in the store and ${known.bytes} in the database`);
      if (known.storageClass !== undefined && known.storageClass !== storageClass) {
        differ('mismatch', key, `${key} is in class ${storageClass}, and the database says ${known.storageClass}`);
      }
    }
  }
  const hasObject = (stem: string): boolean => SUFFIXES.some((suffix) => expected.has(`${stem}.${suffix}`));
  const letGo = new Set([...logged.values()].map(({ objectKey }) => objectKey));
  for (const { key, message } of orphansOf(orphans, hasObject, letGo)) differ('orphan', key, message);
  for (const [key, { batch }] of unseen)
    differ('phantom', key, `batch ${batch} names ${key}, and the store does not have it`);
  checkLog(batches, logged, differ);
  checkChain(batches, differ);
  return { differences, batches: batches.length, objects, manifests: read, logged: logged.size, foreign };
}

type Differ = (kind: Difference['kind'], key: string, message: string) => void;

async function allBatches({ db }: VerifyDeps): Promise<readonly Batch[]> {
  const batches: Batch[] = [];
  for (let before: number | undefined; ; ) {
    const page = await listBatches(db.sql, { limit: PAGE, before });
    batches.push(...page);
    before = page.at(-1)?.no;
    if (page.length < PAGE) return batches;
  }
}

interface Expected {
  readonly batch: number;
  readonly required: boolean;
  readonly bytes?: number;
  readonly storageClass?: string;
}

/** A batch that was given up may have left something, which is swept, and need not. */
function expectedKeys(batches: readonly Batch[]): ReadonlyMap<string, Expected> {
  const expected = new Map<string, Expected>();
  const expect = (key: string, entry: Expected): void => {
    if (expected.get(key)?.required !== true) expected.set(key, entry);
  };
  for (const { no, state, object, stored: there, receiptKey } of batches) {
    if (object === undefined) continue;
    const stored = state === 'verified' || LET_GO.includes(state);
    const facts = { bytes: there?.bytes ?? object.bytes, storageClass: object.storageClass };
    expect(object.key, { batch: no, required: stored || state === 'uploaded', ...facts });
    expect(object.manifestKey, { batch: no, required: stored });
    if (receiptKey !== null) expect(receiptKey, { batch: no, required: true });
    else if (state === 'committed')
      expect(object.manifestKey.replace(/manifest\.json$/, 'receipt.json'), { batch: no, required: false });
  }
  return expected;
}

async function checkManifest({ cold }: VerifyDeps, key: string, { no, object }: Batch, differ: Differ): Promise<void> {
  const bytes = await readAll(cold, key);
  if (sha256Hex(bytes) !== object?.manifestSha256) {
    differ('mismatch', key, `${key} is not the manifest that batch ${no} names`);
    return;
  }
  try {
    const manifest = parseManifest(bytes.toString('utf8'), key);
    if (manifest.object.sha256 !== object.sha256 || manifest.rows !== object.rows) {
      differ('mismatch', key, `${key} and batch ${no} say different things of ${object.key}`);
    }
  } catch (error) {
    if (!isPlumblineError(error)) throw error;
    differ('mismatch', key, error.message);
  }
}

function checkLog(batches: readonly Batch[], logged: ReadonlyMap<string, LoggedManifest>, differ: Differ): void {
  const byId = new Map(batches.map((batch) => [batch.id, batch]));
  for (const { id, no, state, object } of batches) {
    if (object === undefined || !LET_GO.includes(state)) continue;
    const entry = logged.get(id);
    if (entry === undefined)
      differ('unlogged', object.key, `rows of batch ${no} were let go, and the audit log does not know its manifest`);
    else if (entry.manifestSha256 !== object.manifestSha256 || entry.objectKey !== object.key) {
      differ(
        'mismatch',
        object.key,
        `the audit log has the manifest ${entry.manifestSha256} for batch ${no}, and the database ${object.manifestSha256}`,
      );
    }
  }
  for (const { batch, objectKey } of logged.values()) {
    const known = byId.get(batch);
    if (known === undefined)
      differ('forgotten', objectKey, `the audit log knows ${objectKey} of batch ${batch}, and the database does not`);
    else if (!LET_GO.includes(known.state)) {
      differ(
        'mismatch',
        objectKey,
        `the audit log says that rows of batch ${known.no} were let go, and the database that it is ${known.state}`,
      );
    }
  }
}

/** Each manifest of a table names the one before it; those of batches that were given up stay names. */
function checkChain(batches: readonly Batch[], differ: Differ): void {
  const known = new Set(batches.flatMap(({ object }) => (object === undefined ? [] : [object.manifestSha256])));
  const begun = new Set<string>();
  for (const { no, table, state, object } of [...batches].sort((a, b) => a.no - b.no)) {
    if (object === undefined) continue;
    const before = object.previousManifestSha256;
    if (before === null ? begun.has(table) : !known.has(before)) {
      differ(
        'chain',
        object.manifestKey,
        `the manifest of batch ${no} names ${before ?? 'none'} as the one before it, and there is ${before === null ? 'one' : 'none such'}`,
      );
    }
    if (state !== 'abandoned') begun.add(table);
  }
}
