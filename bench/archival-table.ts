/** The audit log of the reference platform: about 1,100 bytes a row, twelve indexes. */
import { sql } from 'kysely';
import type { Db } from '../src/platform/db/port.ts';

const COLUMNS = `id uuid NOT NULL, actor_type text NOT NULL, actor_id uuid NOT NULL, action text NOT NULL, resource_type text NOT NULL, resource_id uuid NOT NULL,
  status text NOT NULL, ip inet, user_agent text, request_id text, tx_hash text, amount numeric(20,2), before jsonb, after jsonb, metadata jsonb, created_at timestamptz NOT NULL`;
const INDEXED = [
  'actor_id',
  'action',
  'resource_id',
  'status',
  'ip',
  'request_id',
  'tx_hash',
  'amount',
  'actor_type, created_at',
  'resource_type, created_at',
];
/** Rows of which the first is of October 2023, one every three seconds: a month has less than a million. */
const MONTHS = ['2023-10-01', '2023-11-01', '2023-12-01', '2024-01-01', '2024-02-01', '2024-03-01', '2024-04-01'];
const AT_ONCE = 100_000;

export interface Table {
  readonly name: string;
  readonly rows: number;
  /** By month. */
  readonly partitioned?: boolean;
  /** With the key and the order of the archive alone, where what is measured is not in the database. */
  readonly bare?: boolean;
}

const run = async (db: Db, statement: string): Promise<void> => {
  await sql.raw(statement).execute(db.sql);
};

export async function fill(db: Db, { name, rows, partitioned = false, bare = false }: Table): Promise<void> {
  const [key, kind] = partitioned ? ['id, created_at', 'PARTITION BY RANGE (created_at)'] : ['id', ''];
  await run(db, `CREATE TABLE ${name} (${COLUMNS}, PRIMARY KEY (${key})) ${kind}`);
  for (const [at, from] of MONTHS.entries()) {
    const to = MONTHS[at + 1];
    if (!partitioned || to === undefined) continue;
    await run(db, `CREATE TABLE ${name}_${at} PARTITION OF ${name} FOR VALUES FROM ('${from}') TO ('${to}')`);
  }
  for (let from = 0; from < rows; from += AT_ONCE) await insert(db, name, from, Math.min(rows, from + AT_ONCE) - 1);
  for (const columns of [...(bare ? [] : INDEXED), 'created_at, id'])
    await run(db, `CREATE INDEX ON ${name} (${columns})`);
  await run(db, `ANALYZE ${name}`);
}

const insert = (db: Db, name: string, from: number, to: number): Promise<void> =>
  run(
    db,
    `INSERT INTO ${name} SELECT gen_random_uuid(), 'merchant', gen_random_uuid(), 'payment.confirmed', 'payment', gen_random_uuid(), 'success',
       ('10.0.' || n % 256 || '.' || n % 200)::inet, 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/' || n % 140, md5(n::text), '0x' || md5('a' || n) || md5('b' || n), n * 1.25,
       jsonb_build_object('status', 'pending', 'attempt', n % 3, 'reference', md5('c' || n)), jsonb_build_object('status', 'confirmed', 'amount_vnd', (n * 25000::bigint)::text, 'tx', md5('d' || n) || md5('e' || n)),
       jsonb_build_object('trace', md5('f' || n), 'session', md5('g' || n), 'note', repeat('audit ', 12)),
       timestamptz '2023-10-01 00:00:00+00' + n * interval '3 seconds' FROM generate_series(${from}, ${to}) AS n`,
  );
