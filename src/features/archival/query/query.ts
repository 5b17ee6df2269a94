/** Questions over archived rows: the readable objects of the tables that are asked about, verified on their way. */

import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Clock, Random } from '../../../kernel/clock.ts';
import { PlumblineError } from '../../../kernel/errors.ts';
import { uuidv7 } from '../../../kernel/ids.ts';
import type { ColdQuery, QueryAnswer, QueryTable } from '../../../platform/cold-query/port.ts';
import type { Db } from '../../../platform/db/port.ts';
import type { ColdStore } from '../../../platform/objects/cold-port.ts';
import { compress, SUFFIX } from '../format/codec.ts';
import type { Manifest } from '../format/manifest.ts';
import { manifestOf, openFrames, Pointers } from '../restore/land.ts';
import { readabilities } from '../restore/quote.ts';
import { readReturned } from '../restore/store-landing.ts';
import type { Batch } from '../run/batch.ts';
import { QUESTION } from '../run/spool.ts';
import { objectOf } from '../run/steps.ts';
import { listBatches } from '../run/store-batches.ts';
import { splitName } from '../run/store-rows.ts';
import { archivedTables } from './store-query.ts';

export interface QueryDeps {
  readonly db: Db;
  readonly cold: ColdStore;
  readonly engine: ColdQuery;
  readonly clock: Clock;
  readonly random: Random;
  readonly spoolFolder: string;
}

export interface Asked {
  readonly statement: string;
  /** Rows of the answer at the most. */
  readonly limit: number;
  /** Bytes of objects that may be fetched. */
  readonly maxBytes: number;
}

export interface ColdAnswer extends QueryAnswer {
  readonly objectsRead: number;
  readonly bytesRead: number;
  /** Objects of the tables that must be restored first: their rows are not in the answer. */
  readonly notReadable: readonly { readonly batch: number; readonly archivePath: string; readonly rows: number }[];
}

/**
 * @throws `archive.query_invalid` (invalid), `archive.query_unavailable` (missing), `archive.query_too_large`
 *   (invalid), `archive.object_damaged`, `archive.pointers_differ` (integrity)
 */
export async function queryArchive(deps: QueryDeps, { statement, limit, maxBytes }: Asked): Promise<ColdAnswer> {
  const { db, cold, engine, clock, random, spoolFolder } = deps;
  const folder = path.join(path.resolve(spoolFolder), `${QUESTION}${uuidv7(clock.now(), random.bytes(10))}`);
  const tables: QueryTable[] = [];
  const notReadable: ColdAnswer['notReadable'][number][] = [];
  let [objectsRead, bytesRead] = [0, 0];
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    for (const table of await archivedTables(db.sql)) {
      const place = await splitName(db.sql, table);
      if (place === undefined || !mentions(statement, place.name)) continue;
      const batches = await sealed(db, table);
      const seen = await readabilities(
        cold,
        batches.map((batch) => objectOf(batch).key),
      );
      const columns = new Map<string, QueryTable['columns'][number]>();
      const files: string[] = [];
      let longestLine = 0;
      for (const batch of batches) {
        const { key, bytes } = objectOf(batch);
        const state = seen.get(key)?.state;
        const manifest = await manifestOf(db.sql, batch);
        for (const { name, type } of manifest.columns) {
          // A column that changed its type is text, which holds both.
          const before = columns.get(name);
          columns.set(name, before === undefined || before.type === type ? { name, type } : { name, type: 'text' });
        }
        if (state !== 'readable' && state !== 'restored') {
          notReadable.push({ batch: batch.no, archivePath: key, rows: batch.archivedRows });
          continue;
        }
        bytesRead += bytes;
        if (bytesRead > maxBytes) throw tooLarge(table, maxBytes);
        const file = path.join(folder, `${batch.no}.${SUFFIX[manifest.object.codec]}`);
        for (const [, rawBytes] of manifest.frames) longestLine = Math.max(longestLine, rawBytes);
        if (await fetchRows(deps, batch, manifest, file)) files.push(file);
        objectsRead += 1;
      }
      tables.push({ ...place, columns: [...columns.values()], files, longestLine });
    }
    const answer = await engine.ask(statement, { folder, tables, limit });
    return { ...answer, objectsRead, bytesRead, notReadable };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Whether a statement may mean this table; a word too many only costs a download. */
const mentions = (statement: string, name: string): boolean => statement.toLowerCase().includes(name.toLowerCase());

async function sealed(db: Db, table: string): Promise<readonly Batch[]> {
  const batches: Batch[] = [];
  for (let before: number | undefined; ; ) {
    const page = await listBatches(db.sql, {
      table,
      states: ['committing', 'committed', 'sealed'],
      before,
      limit: 500,
    });
    batches.push(...page.filter(({ archivedRows, way }) => archivedRows > 0 && way !== 'purge'));
    before = page.at(-1)?.no;
    if (page.length < 500) return batches;
  }
}

/** The archived rows of an object: frames as they are where all of theirs are, else what is left of them. */
async function fetchRows({ db, cold }: QueryDeps, batch: Batch, manifest: Manifest, file: string): Promise<boolean> {
  const pointers = await Pointers.read(db.sql, batch);
  const returned = new Set(await readReturned(db.sql, batch.no));
  const out = createWriteStream(file, { mode: 0o600 });
  let any = false;
  try {
    for await (const { frame, bytes, rows, hashes } of openFrames(manifest, await cold.get(manifest.object.key))) {
      const archived = rows.filter((_, at) => {
        const seq = frame.first + at;
        const hash = hashes[at];
        if (hash === undefined || !pointers.has(seq) || returned.has(seq)) return false;
        pointers.record(seq, hash, batch);
        return true;
      });
      if (archived.length === 0) continue;
      any = true;
      const whole = archived.length === rows.length;
      const piece = whole
        ? Buffer.from(bytes)
        : await compress(manifest.object.codec, Buffer.concat(archived.flatMap((row) => [row, Buffer.from('\n')])));
      if (!out.write(piece)) await once(out, 'drain');
    }
  } finally {
    out.end();
    await once(out, 'close');
  }
  return any;
}

const tooLarge = (table: string, maxBytes: number): PlumblineError =>
  new PlumblineError(
    'invalid',
    'archive.query_too_large',
    `the readable objects of ${table} are more than ${maxBytes} bytes; allow more (max_bytes), or let copies expire that are not needed`,
    { details: { table, max_bytes: maxBytes } },
  );
