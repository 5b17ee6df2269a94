/**
 * Records of 52 bytes, one a row: 16 original_id, 4 row of the object (from 0, big-endian), 32 data_hash. The
 * index file of a spool has them in the object's order, `archive_pointers` ascending by id.
 */
export const RECORD = 52;
export const ID_BYTES = 16;
export const SEQ_AT = 16;
export const HASH_AT = 20;

/** Records in one row of `archive_pointers`: what a page of the database holds. */
export const PACKED = 150;

export const countOf = (records: Buffer): number => records.length / RECORD;
export const recordAt = (records: Buffer, at: number): Buffer => records.subarray(at * RECORD, (at + 1) * RECORD);
export const seqOf = (records: Buffer, at: number): number => records.readUInt32BE(at * RECORD + SEQ_AT);
export const idOf = (records: Buffer, at: number): Buffer => records.subarray(at * RECORD, at * RECORD + ID_BYTES);
export const hashOf = (records: Buffer, at: number): Buffer =>
  records.subarray(at * RECORD + HASH_AT, (at + 1) * RECORD);

export function uuidOf(id: Uint8Array): string {
  const hex = Buffer.from(id).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

export const idOfUuid = (uuid: string): Buffer => Buffer.from(uuid.replaceAll('-', ''), 'hex');

/** Places of the records, in the order of their ids. */
export function orderById(records: Buffer): Uint32Array {
  const count = countOf(records);
  const heads = new Float64Array(count);
  const order = new Uint32Array(count);
  for (let at = 0; at < count; at += 1) {
    heads[at] = records.readUIntBE(at * RECORD, 6); // the first 48 bits decide nearly always
    order[at] = at;
  }
  return order.sort((a, b) => (heads[a] ?? 0) - (heads[b] ?? 0) || idOf(records, a).compare(idOf(records, b)));
}

export function sortById(records: Buffer): Buffer {
  const sorted = Buffer.allocUnsafe(records.length);
  let to = 0;
  for (const from of orderById(records)) {
    records.copy(sorted, to, from * RECORD, (from + 1) * RECORD);
    to += RECORD;
  }
  return sorted;
}

/** Records in ascending order of their place in the object. */
export function sortBySeq(records: Buffer): Buffer {
  const order = Array.from({ length: countOf(records) }, (_, at) => at);
  order.sort((a, b) => seqOf(records, a) - seqOf(records, b));
  return Buffer.concat(order.map((at) => recordAt(records, at)));
}

/** The first id that stands twice, of records sorted by id. */
export function doubled(sorted: Buffer): Buffer | undefined {
  for (let at = 1; at < countOf(sorted); at += 1) {
    if (idOf(sorted, at).equals(idOf(sorted, at - 1))) return idOf(sorted, at);
  }
  return undefined;
}

/** Sorted records, cut to what one row of a table holds. */
export function packed(sorted: Buffer): readonly { readonly lo: string; readonly records: Buffer }[] {
  const rows: { lo: string; records: Buffer }[] = [];
  for (let at = 0; at < sorted.length; at += PACKED * RECORD) {
    const records = sorted.subarray(at, at + PACKED * RECORD);
    rows.push({ lo: uuidOf(idOf(records, 0)), records });
  }
  return rows;
}
