/** Damages to what is in the database: pages of pointers and of kept rows, manifests, what a batch says of itself. */
import { sql } from 'kysely';
import { RECORD, seqOf } from '../../src/features/archival/format/records.ts';
import type { Tx } from '../../src/platform/db/port.ts';
import type { Damage, Sound } from './archival-damages.ts';
import type { Dice } from './month/dice.ts';

interface Page {
  readonly part: number;
  readonly lo: string;
  readonly records: Uint8Array;
}

const FIELDS: readonly (readonly [column: string, value: string])[] = [
  ['object_sha256', 'sha256(object_sha256)'],
  ['merkle_root', 'sha256(merkle_root)'],
  ['index_sha256', 'sha256(index_sha256)'],
  ['manifest_sha256', 'sha256(manifest_sha256)'],
  ['receipt_sha256', 'sha256(receipt_sha256)'],
  ['stored_sha256', 'sha256(stored_sha256)'],
  ['previous_manifest_sha256', `coalesce(sha256(previous_manifest_sha256), sha256('none'))`],
  ['object_key', `object_key || 'x'`],
  ['manifest_key', `replace(manifest_key, '.manifest', '0.manifest')`],
  ['receipt_key', `replace(receipt_key, '.receipt', '0.receipt')`],
  ['row_count', 'row_count + 1'],
  ['object_bytes', 'object_bytes + 1'],
  ['stored_bytes', 'stored_bytes + 1'],
  ['archived_rows', 'archived_rows - 1'],
  ['lo_id', 'hi_id'],
  ['hi_id', 'lo_id'],
  ['state', `'abandoned', abandoned_reason = 'damage', archived_rows = 0`],
];

export async function damageDatabase(dice: Dice, tx: Tx, sound: readonly Sound[]): Promise<Damage> {
  const one = dice.pick(sound);
  const { no } = one.batch;
  const names = [`batch ${no}`, one.object.key, one.object.manifestKey, one.receiptKey];
  const named = (message: string): boolean => names.some((name) => message.includes(name));
  switch (dice.pick(['pointers', 'pointers', 'pointers', 'pointers', 'kept', 'manifest', 'batch'] as const)) {
    case 'pointers':
      return damagePages(dice, tx, one, sound, 'archive_pointers');
    case 'kept':
      return damagePages(dice, tx, dice.pick(sound.filter(({ batch }) => batch.keptRows > 0)), sound, 'archive_kept');
    case 'manifest':
      return damageManifest(dice, tx, no, named);
    case 'batch': {
      const [column, value] = dice.pick(FIELDS);
      await sql`ALTER TABLE archive_batches DROP CONSTRAINT archive_batches_abandoned, DROP CONSTRAINT archive_batches_rows`.execute(
        tx,
      );
      await sql`UPDATE archive_batches SET ${sql.id(column)} = ${sql.raw(value)} WHERE no = ${no}`.execute(tx);
      return { what: `${column} of a batch`, located: named };
    }
  }
}

async function damageManifest(dice: Dice, tx: Tx, no: number, named: Damage['located']): Promise<Damage> {
  if (dice.chance(0.1)) {
    await sql`DELETE FROM archive_manifests WHERE batch = ${no}`.execute(tx);
    return { what: 'drop of a manifest in the database', located: named };
  }
  const { rows } = await sql<{ body: string }>`SELECT body FROM archive_manifests WHERE batch = ${no}`.execute(tx);
  const body = rows[0]?.body ?? '';
  const at = dice.whole(0, body.length - 1);
  const other = dice.pick([...'0123456789abcdefx{}[],": '].filter((letter) => letter !== body[at]));
  await sql`UPDATE archive_manifests SET body = ${body.slice(0, at) + other + body.slice(at + 1)} WHERE batch = ${no}`.execute(
    tx,
  );
  return { what: 'letter of a manifest in the database', located: named };
}

/** Whether a finding is of this batch's pointers, and of a stretch of rows that has this one. */
const pointedAt =
  (no: number, seq: number): Damage['located'] =>
  (message) => {
    if (!message.includes(`batch ${no}:`)) return false;
    const [, from, to] = /rows (\d+) to (\d+)/.exec(message) ?? [];
    if (from !== undefined && to !== undefined) return seq >= Number(from) && seq <= Number(to);
    return message.includes(`row ${seq} `) || message.includes(`row ${seq};`);
  };

async function damagePages(
  dice: Dice,
  tx: Tx,
  { batch: { no } }: Sound,
  sound: readonly Sound[],
  table: 'archive_pointers' | 'archive_kept',
): Promise<Damage> {
  const pagesOf = async (batch: number): Promise<readonly Page[]> =>
    (
      await sql<Page>`SELECT part, lo, records FROM ${sql.id(table)} WHERE batch = ${batch} ORDER BY part, lo`.execute(
        tx,
      )
    ).rows;
  const page = dice.pick(await pagesOf(no));
  const records = Buffer.from(page.records);
  const count = records.length / RECORD;
  const n = dice.whole(0, count - 1);
  const at = n * RECORD;
  const seq = seqOf(records, n);
  const where = sql`batch = ${no} AND part = ${page.part} AND lo = ${page.lo}::uuid`;
  const set = (changed: Buffer) => sql`UPDATE ${sql.id(table)} SET records = ${changed} WHERE ${where}`.execute(tx);
  const located = pointedAt(no, seq);
  const kind = dice.pick([
    'bit',
    'bit',
    'bit',
    'bit',
    'drop',
    'double',
    'swap',
    'page',
    'copy',
    'moved',
    'name',
  ] as const);
  const what = `${kind} of ${table}`;
  switch (kind) {
    case 'bit': {
      const byte = at + dice.whole(0, RECORD - 1);
      records.writeUInt8((records[byte] ?? 0) ^ (1 << dice.whole(0, 7)), byte);
      await set(records);
      return { what, located };
    }
    case 'drop': // of one record
      if (count === 1) await sql`DELETE FROM ${sql.id(table)} WHERE ${where}`.execute(tx);
      else await set(Buffer.concat([records.subarray(0, at), records.subarray(at + RECORD)]));
      return { what, located };
    case 'double':
      records.copy(records, count === 1 ? at : ((n + 1) % count) * RECORD, at, at + RECORD);
      if (count === 1) return damagePages(dice, tx, dice.pick(sound), sound, 'archive_pointers');
      await set(records);
      return { what, located };
    case 'swap': {
      // The same records in another order: a look-up does not meet them. Kept rows are not looked up.
      if (count === 1 || table === 'archive_kept')
        return damagePages(dice, tx, dice.pick(sound), sound, 'archive_pointers');
      const [from, to] = n + 1 < count ? [n, n + 1] : [n - 1, n];
      const [a, b] = [from, to].map((each) => Buffer.from(records.subarray(each * RECORD, (each + 1) * RECORD)));
      a?.copy(records, to * RECORD);
      b?.copy(records, from * RECORD);
      await set(records);
      return { what, located };
    }
    case 'page':
      await sql`DELETE FROM ${sql.id(table)} WHERE ${where}`.execute(tx);
      return { what, located };
    case 'copy':
      await sql`INSERT INTO ${sql.id(table)} SELECT batch, part + 1, lo, records FROM ${sql.id(table)} WHERE ${where}`.execute(
        tx,
      );
      return { what, located };
    case 'moved': {
      const other = dice.pick(sound.filter(({ batch }) => batch.no !== no)).batch.no;
      await sql`UPDATE ${sql.id(table)} SET batch = ${other}, part = 9 WHERE ${where}`.execute(tx);
      return { what, located };
    }
    case 'name': {
      if (table === 'archive_kept') return damagePages(dice, tx, dice.pick(sound), sound, 'archive_pointers');
      const lo = Buffer.from(page.lo.replaceAll('-', ''), 'hex');
      const byte = dice.whole(0, 15);
      lo.writeUInt8((lo[byte] ?? 0) ^ (1 << dice.whole(0, 7)), byte);
      await sql`UPDATE archive_pointers SET lo = ${lo.toString('hex')}::uuid WHERE ${where}`.execute(tx);
      return { what, located: pointedAt(no, seqOf(records, 0)) };
    }
  }
}
