/** Tables to be archived, runs of them, and what must hold afterwards: every row once, hot or cold. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { framesOf, type Manifest, parseManifest } from '../../src/features/archival/format/manifest.ts';
import { openFrame } from '../../src/features/archival/format/object-reader.ts';
import { verifyObject } from '../../src/features/archival/format/object-verify.ts';
import { countOf, hashOf, seqOf } from '../../src/features/archival/format/records.ts';
import { readTable } from '../../src/features/archival/plan/store-table.ts';
import { type Subject, subjectOf } from '../../src/features/archival/plan/subject.ts';
import type { Policy, VersionedPolicy } from '../../src/features/archival/policies/policy.ts';
import type { WorkDeps } from '../../src/features/archival/run/bring.ts';
import { Spool } from '../../src/features/archival/run/spool.ts';
import { listBatches, readManifestText } from '../../src/features/archival/run/store-batches.ts';
import { readPacked } from '../../src/features/archival/run/store-pointers.ts';
import { pin } from '../../src/features/archival/run/store-rows.ts';
import { Throttle } from '../../src/features/archival/run/throttle.ts';
import { archiveTable } from '../../src/features/archival/run/work.ts';
import { systemClock, systemRandom } from '../../src/platform/clock/system.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { policyOf } from './archival-policy.ts';
import type { ColdDouble } from './cold-double.ts';

/** The instant at which tests archive: rows of 2023 are old. */
export const NOW = Date.parse('2024-06-01T00:00:00Z');

export { policyOf };

export async function createAuditLogs(db: Db, name = 'audit_logs'): Promise<void> {
  await sql
    .raw(
      `CREATE TABLE ${name} (id uuid PRIMARY KEY, actor text NOT NULL, amount numeric(20,2), after jsonb, ip inet, created_at timestamptz NOT NULL);
       CREATE INDEX ON ${name} (created_at, id)`,
    )
    .execute(db.sql);
}

/** Rows of which the n-th was written n steps after `start`, beginning again after 10,000. */
export const fill = (db: Db, name: string, from: number, to: number, step = '37 minutes', start = '2023-10-05') =>
  sql
    .raw(
      `INSERT INTO ${name} (id, actor, amount, after, ip, created_at)
       SELECT overlay(overlay(md5('row ' || n) placing '4' from 13) placing '8' from 17)::uuid, 'merchant:' || md5(n::text), n * 1.25,
         jsonb_build_object('n', n, 'note', md5(n::text) || md5('x' || n), 'rate', 123456789012345678.123456789 + n),
         ('10.0.' || n % 256 || '.1')::inet, timestamptz '${start} 00:00:00+00' + (n % 10000) * interval '${step}'
       FROM generate_series(${from}, ${to}) AS n`,
    )
    .execute(db.sql);

export interface Bench {
  readonly deps: WorkDeps;
  readonly subject: Subject;
  readonly policy: VersionedPolicy;
  readonly folder: string;
  /** One process's run of the table. */
  run(more?: Partial<WorkDeps>): Promise<void>;
  remove(): void;
}

export async function archivable(
  db: Db,
  cold: ColdDouble | WorkDeps['cold'],
  table: string,
  policy: Policy = policyOf(),
  spoolFolder?: string,
): Promise<Bench> {
  const facts = await readTable(db.sql, table);
  if (facts === undefined) throw new Error(`no table ${table}`);
  const subject = subjectOf(facts, policy);
  const folder = spoolFolder ?? mkdtempSync(join(tmpdir(), 'plumbline-spool-'));
  const throttle = () =>
    new Throttle({
      clock: systemClock,
      load: { lagMs: () => Promise.resolve(undefined), walBytes: () => Promise.resolve(0n) },
      limits: policy.throttle,
      paused: () => Promise.resolve(false),
    });
  const deps: WorkDeps = {
    ...{ db, cold, clock: systemClock, random: systemRandom, now: () => NOW },
    ...{ spool: new Spool(folder), throttle: throttle() },
  };
  const versioned = { table: subject.table, version: 1, policy, setBy: 'test', setAt: new Date(NOW) };
  return {
    ...{ deps, subject, policy: versioned, folder },
    run: (more = {}) => archiveTable({ ...deps, throttle: throttle(), ...more }, { policy: versioned, subject }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** The hashes of all rows: of those in the table, and of those that pointers name, read out of the objects. */
export async function census(
  db: Db,
  cold: ColdDouble,
  subject: Subject,
): Promise<{ readonly hot: readonly string[]; readonly cold: readonly string[] }> {
  const columns = subject.columns.map(({ name }) => `t."${name}"`).join(', ');
  const hot = await db.transaction({}, async (tx) => {
    await pin(tx);
    const { rows } = await sql<{ hash: string }>`
      SELECT encode(sha256(convert_to((SELECT row_to_json(c)::text FROM (SELECT ${sql.raw(columns)}) AS c), 'UTF8')), 'hex') AS hash
      FROM ${sql.raw(subject.table)} AS t`.execute(tx);
    return rows.map(({ hash }) => hash);
  });
  const archived: string[] = [];
  for (const batch of await listBatches(db.sql, {
    table: subject.table,
    states: ['committing', 'committed', 'sealed'],
    limit: 10_000,
  })) {
    const manifest = parseManifest((await readManifestText(db.sql, batch.no)) ?? '', `of ${batch.no}`);
    const pointers = await readPacked(db.sql, 'archive_all_pointers', batch.no);
    const stored = cold.objects.get(manifest.object.key)?.bytes;
    const inObject = new Map<number, string>();
    const verdict = await verifyObject(
      manifest,
      (async function* () {
        if (stored !== undefined) yield stored;
      })(),
      (frame, hashes) => {
        for (const [at, hash] of hashes.entries()) inObject.set(frame.first + at, hash.toString('hex'));
      },
    );
    if (verdict.damages.length > 0) throw new Error(verdict.damages.map(({ message }) => message).join('; '));
    for (let at = 0; at < countOf(pointers); at += 1) {
      const pointed = hashOf(pointers, at).toString('hex');
      if (inObject.get(seqOf(pointers, at)) !== pointed)
        throw new Error(`row ${seqOf(pointers, at)} of ${batch.no} is not what its pointer says`);
      archived.push(pointed);
    }
  }
  return { hot: [...hot].sort(), cold: archived.sort() };
}

/** The lines of an object. */
export async function linesOf(manifest: Manifest, bytes: Buffer): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const frame of framesOf(manifest)) {
    const opened = await openFrame(manifest, frame, bytes.subarray(frame.offset, frame.offset + frame.bytes));
    lines.push(...(opened?.rows ?? []).map((row) => row.toString('utf8')));
  }
  return lines;
}

export async function archivedSeqs(db: Db, batch: number): Promise<readonly number[]> {
  const pointers = await readPacked(db.sql, 'archive_all_pointers', batch);
  return Array.from({ length: countOf(pointers) }, (_, at) => seqOf(pointers, at));
}
