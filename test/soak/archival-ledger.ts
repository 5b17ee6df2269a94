/**
 * What must be true of a table while it is archived: the multiset of row hashes, in the table and in objects, is that
 * of the rows which were written and not deleted. Every write of a soak goes through here, so it is known.
 */
import { sql } from 'kysely';
import { parseManifest } from '../../src/features/archival/format/manifest.ts';
import { verifyObject } from '../../src/features/archival/format/object-verify.ts';
import { countOf, hashOf, seqOf } from '../../src/features/archival/format/records.ts';
import type { Batch } from '../../src/features/archival/run/batch.ts';
import { listBatches, readManifestText } from '../../src/features/archival/run/store-batches.ts';
import { readPacked } from '../../src/features/archival/run/store-pointers.ts';
import { pin } from '../../src/features/archival/run/store-rows.ts';
import { verifyBatch } from '../../src/features/archival/verify/verify.ts';
import type { Db, Tx } from '../../src/platform/db/port.ts';
import type { ColdStore } from '../../src/platform/objects/cold-port.ts';
import type { Dice } from './month/dice.ts';

const HASH = sql`encode(sha256(convert_to((SELECT row_to_json(c)::text FROM (SELECT t.id, t.actor, t.amount, t.after, t.ip, t.created_at) AS c), 'UTF8')), 'hex')`;
/** Batches whose rows have begun to leave. */
const LET_GO = ['committing', 'committed', 'sealed'] as const;

interface Row {
  readonly id: string;
  readonly hash: string;
}

export class Ledger {
  readonly #db: Db;
  readonly #cold: ColdStore;
  readonly table: string;
  readonly #partitioned: boolean;
  readonly #rows = new Map<string, string>();
  readonly #sealed = new Map<number, readonly string[]>();
  #month = 0;
  #written = 0;
  /** Changes and deletions of rows that were in the table still. */
  changes = 0;

  private constructor(db: Db, cold: ColdStore, table: string, partitioned: boolean) {
    this.#db = db;
    this.#cold = cold;
    this.table = table;
    this.#partitioned = partitioned;
  }

  /** A table of its own. */
  static async open(db: Db, cold: ColdStore, table: string, partitioned: boolean): Promise<Ledger> {
    const [key, kind] = partitioned ? ['id, created_at', 'PARTITION BY RANGE (created_at)'] : ['id', ''];
    await sql
      .raw(
        `CREATE TABLE ${table} (id uuid NOT NULL, actor text NOT NULL, amount numeric(20,2), after jsonb, ip inet, created_at timestamptz NOT NULL, PRIMARY KEY (${key})) ${kind};
         CREATE INDEX ON ${table} (created_at, id)`,
      )
      .execute(db.sql);
    return new Ledger(db, cold, table, partitioned);
  }

  get size(): number {
    return this.#rows.size;
  }

  hashes(): readonly string[] {
    return [...this.#rows.values()].sort();
  }

  /** Old rows, of a month that had none before; where there are partitions, in one of its own. */
  async insert(count: number): Promise<void> {
    this.#month += 1;
    const [from, to] = [this.#month - 1, this.#month].map((month) => new Date(Date.UTC(1990, month, 1)).toISOString());
    if (this.#partitioned) {
      const partition = `${this.table}_${this.#month}`;
      await sql
        .raw(`CREATE TABLE ${partition} PARTITION OF ${this.table} FOR VALUES FROM ('${from}') TO ('${to}')`)
        .execute(this.#db.sql);
    }
    await this.#insert(count, from ?? '');
  }

  /** One more row of the month that came last, where it has a place still. */
  async insertLate(): Promise<void> {
    const from = new Date(Date.UTC(1990, this.#month - 1, 1)).toISOString();
    await this.#insert(1, from).catch((error: unknown) => {
      if (!(error instanceof Error && /no partition of relation/.test(error.message))) throw error;
    });
  }

  async #insert(count: number, from: string): Promise<void> {
    const first = this.#written;
    this.#written += count;
    const rows = await this.#write((tx) =>
      sql<Row>`
        INSERT INTO ${sql.id(this.table)} AS t (id, actor, amount, after, ip, created_at)
        SELECT overlay(overlay(md5(${this.table} || n) placing '4' from 13) placing '8' from 17)::uuid, 'merchant:' || md5(n::text), n * 1.25,
          jsonb_build_object('n', n, 'note', md5('x' || n), 'rate', 123456789012345678.123456789 + n),
          ('10.0.' || n % 256 || '.1')::inet, ${from}::text::timestamptz + (n % 2000) * interval '20 minutes'
        FROM generate_series(${first}::integer, ${first + count - 1}::integer) AS n RETURNING t.id, ${HASH} AS hash`.execute(
        tx,
      ),
    );
    for (const { id, hash } of rows) this.#rows.set(id, hash);
  }

  /** What a writer does beside a run. @param offset as of `change` */
  write(dice: Dice, offset: number): Promise<void> {
    switch (dice.pick(['change', 'change', 'change', 'remove', 'insert'] as const)) {
      case 'change':
        return this.change(`changed ${dice.whole(0, 1_000_000)}`, offset);
      case 'remove':
        return this.remove(offset);
      case 'insert':
        return this.insertLate();
    }
  }

  /** @param offset of the row, in the order in which rows leave; where there are fewer, nothing is changed */
  async change(actor: string, offset: number): Promise<void> {
    const rows = await this.#write((tx) =>
      sql<Row>`
        UPDATE ${sql.id(this.table)} AS t SET actor = ${actor} WHERE id = ${this.#nth(offset)} RETURNING t.id, ${HASH} AS hash`.execute(
        tx,
      ),
    );
    for (const { id, hash } of rows) this.#rows.set(id, hash);
    this.changes += rows.length;
  }

  async remove(offset: number): Promise<void> {
    const rows = await this.#write((tx) =>
      sql<Row>`
        DELETE FROM ${sql.id(this.table)} AS t WHERE id = ${this.#nth(offset)} RETURNING t.id, '' AS hash`.execute(tx),
    );
    for (const { id } of rows) this.#rows.delete(id);
    this.changes += rows.length;
  }

  #nth(offset: number) {
    return sql`(SELECT id FROM ${sql.id(this.table)} ORDER BY created_at, id OFFSET ${offset} LIMIT 1)`;
  }

  /** @returns what was written, once that is committed */
  #write(statement: (tx: Tx) => Promise<{ readonly rows: readonly Row[] }>): Promise<readonly Row[]> {
    return this.#db.transaction({}, async (tx) => {
      await pin(tx);
      return (await statement(tx)).rows;
    });
  }

  /** Each row is in the table or archived, as it was written last: never both, never none. */
  async judge(): Promise<readonly string[]> {
    const hot = await this.inTable();
    const archived: string[] = [];
    for (const batch of await listBatches(this.#db.sql, {
      table: `public.${this.table}`,
      states: [...LET_GO],
      limit: 100_000,
    })) {
      const known = this.#sealed.get(batch.no);
      const hashes = known ?? (await this.#hashesOf(batch));
      if (batch.state === 'sealed') this.#sealed.set(batch.no, hashes);
      archived.push(...hashes);
    }
    const found = [...hot, ...archived].sort();
    const expected = this.hashes();
    if (found.length === expected.length && found.every((hash, at) => hash === expected[at])) return [];
    const left = new Set(expected);
    const [lost, strange] = [expected.filter((hash) => !found.includes(hash)), found.filter((hash) => !left.has(hash))];
    return [
      `${this.table}: ${hot.length} rows in the table and ${archived.length} archived of ${expected.length}; ${lost.length} are lost (${lost[0] ?? ''}), ${strange.length} are not as they were written (${strange[0] ?? ''})`,
    ];
  }

  /** Hashes of the rows that the table has, partitions included that are detached; ascending. */
  async inTable(): Promise<readonly string[]> {
    return this.#db.transaction({ isolation: 'repeatable read', readOnly: true }, async (tx) => {
      await pin(tx);
      const { rows: leaves } = await sql<{ name: string }>`
        SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relname ~ ${`^${this.table}(_[0-9]+)?$`}`.execute(
        tx,
      );
      const hashes: string[] = [];
      for (const { name } of leaves) {
        const { rows } = await sql<{ hash: string }>`SELECT ${HASH} AS hash FROM ${sql.id(name)} AS t`.execute(tx);
        hashes.push(...rows.map(({ hash }) => hash));
      }
      return hashes.sort();
    });
  }

  /** Of the archived rows of a batch, out of its object. */
  async #hashesOf({ no }: Batch): Promise<readonly string[]> {
    const manifest = parseManifest((await readManifestText(this.#db.sql, no)) ?? '', `of batch ${no}`);
    const pointers = await readPacked(this.#db.sql, 'archive_all_pointers', no);
    const inObject: string[] = [];
    const { key } = manifest.object;
    if ((await this.#cold.head(key)) === undefined) return [`no object ${key} of batch ${no}`];
    const { damages } = await verifyObject(manifest, await this.#cold.get(key), ({ first }, hashes) => {
      for (const [at, hash] of hashes.entries()) inObject[first + at] = hash.toString('hex');
    });
    return Array.from({ length: countOf(pointers) }, (_, at) => {
      const [hash, stored] = [hashOf(pointers, at).toString('hex'), inObject[seqOf(pointers, at)]];
      return damages.length === 0 && hash === stored ? hash : `damaged ${no}/${seqOf(pointers, at)}`;
    });
  }

  /** After the last run: everything is archived, each batch is what it says, and the store has nothing besides. */
  async settled(objects: AsyncIterable<{ readonly key: string }>): Promise<readonly string[]> {
    const violations: string[] = [];
    const hot = await this.inTable();
    if (hot.length > 0) violations.push(`${this.table}: ${hot.length} rows are in the table after the last run`);
    const batches = await listBatches(this.#db.sql, { table: `public.${this.table}`, limit: 100_000 });
    const sealed = batches.filter(({ state }) => state === 'sealed');
    for (const batch of sealed) {
      const { findings } = await verifyBatch({ db: this.#db, cold: this.#cold }, batch, { bytes: true });
      violations.push(...findings.map(({ message }) => `${this.table}: ${message}`));
    }
    const known = new Set(sealed.flatMap(({ object, receiptKey }) => [object?.key, object?.manifestKey, receiptKey]));
    // The manifest of a batch that was given up stays where a later one names it.
    const named = new Set(sealed.map(({ object }) => object?.previousManifestSha256));
    for (const { object, state } of batches) {
      if (state === 'abandoned' && named.has(object?.manifestSha256)) known.add(object?.manifestKey);
    }
    for await (const { key } of objects) if (!known.has(key)) violations.push(`${this.table}: ${key} is an orphan`);
    return violations;
  }

  /** Takes the table away; its archive stays. */
  async drop(): Promise<void> {
    await sql`DROP TABLE ${sql.id(this.table)}`.execute(this.#db.sql);
  }
}
