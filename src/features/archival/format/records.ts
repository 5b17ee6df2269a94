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

/** What two bytes can be. */
export const HEAPS = 65_536;
/** Records that are sorted at once: 65,536 heaps for them would be more work than that. */
const FEW = 2_000;

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

/**
 * Places of the records, in the order of their ids. They are counted into heaps by the two bytes from the first one
 * on in which the ids differ, which leaves little to compare, and takes no more than the answer.
 */
export function orderById(records: Buffer): Uint32Array {
  const count = countOf(records);
  const byId = (a: number, b: number): number =>
    records.compare(records, b * RECORD, b * RECORD + ID_BYTES, a * RECORD, a * RECORD + ID_BYTES);
  if (count < FEW) return Uint32Array.from({ length: count }, (_, at) => at).sort(byId);
  const order = new Uint32Array(count);
  const from = Math.min(firstDifference(records), ID_BYTES - 2);
  const heapOf = (at: number): number => records.readUInt16BE(at * RECORD + from);
  const ends = new Uint32Array(HEAPS + 1);
  for (let at = 0; at < count; at += 1) ends[heapOf(at) + 1] = (ends[heapOf(at) + 1] ?? 0) + 1;
  for (let heap = 1; heap < ends.length; heap += 1) ends[heap] = (ends[heap] ?? 0) + (ends[heap - 1] ?? 0);
  for (let at = 0; at < count; at += 1) {
    const heap = heapOf(at);
    const place = ends[heap] ?? 0;
    order[place] = at;
    ends[heap] = place + 1;
  }
  let begin = 0;
  for (const end of ends) {
    if (end - begin > 1) order.subarray(begin, end).sort(byId);
    begin = Math.max(begin, end);
  }
  return order;
}

/**
 * Which heap the record at a byte is of, by the two bytes from the first one on in which ids can differ: ids of a lower
 * heap are less. @param lo the least id, @param hi the greatest, as UUIDs
 */
export function heapAt(lo: string, hi: string): (records: Buffer, at: number) => number {
  const [least, most] = [idOfUuid(lo), idOfUuid(hi)];
  let same = 0;
  while (same < ID_BYTES - 2 && least[same] === most[same]) same += 1;
  return (records, at) => records.readUInt16BE(at + same);
}

/** The first byte in which not all ids are the same. */
function firstDifference(records: Buffer): number {
  let same = ID_BYTES;
  for (let at = RECORD; at < records.length && same > 0; at += RECORD) {
    let n = 0;
    while (n < same && records[n] === records[at + n]) n += 1;
    same = n;
  }
  return same;
}

/** @param sorted where they go to; it may be longer */
export function sortById(records: Buffer, sorted = Buffer.allocUnsafe(records.length)): Buffer {
  let to = 0;
  for (const from of orderById(records)) {
    records.copy(sorted, to, from * RECORD, (from + 1) * RECORD);
    to += RECORD;
  }
  return sorted.subarray(0, to);
}

/** Records in ascending order of their place in the object. */
export function sortBySeq(records: Buffer): Buffer {
  const order = Array.from({ length: countOf(records) }, (_, at) => at);
  order.sort((a, b) => seqOf(records, a) - seqOf(records, b));
  return Buffer.concat(order.map((at) => recordAt(records, at)));
}

/** The first id that stands twice; 16 bytes. @param records in any order */
export function doubled(records: Buffer): Buffer | undefined {
  let before: number | undefined;
  for (const at of orderById(records)) {
    if (before !== undefined && idOf(records, at).equals(idOf(records, before))) return idOf(records, at);
    before = at;
  }
  return undefined;
}

/** The first id that stands twice; 16 bytes. @param sorted by id */
export function doubledInOrder(sorted: Buffer): Buffer | undefined {
  for (let at = RECORD; at < sorted.length; at += RECORD) {
    if (sorted.compare(sorted, at, at + ID_BYTES, at - RECORD, at - RECORD + ID_BYTES) === 0)
      return sorted.subarray(at, at + ID_BYTES);
  }
  return undefined;
}

/** Records in the order of their ids, cut to what one row of a table holds; one is made when it is asked for. */
export function* packed(records: Buffer): Iterable<{ readonly lo: string; readonly records: Buffer }> {
  const order = orderById(records);
  for (let at = 0; at < order.length; at += PACKED) {
    const some = order.subarray(at, at + PACKED);
    const cut = Buffer.allocUnsafe(some.length * RECORD);
    some.forEach((from, to) => {
      records.copy(cut, to * RECORD, from * RECORD, (from + 1) * RECORD);
    });
    yield { lo: uuidOf(idOf(cut, 0)), records: cut };
  }
}
