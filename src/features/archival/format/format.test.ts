/** Objects as they are written and read: every row, its proof, and every damage in its place. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { sha256Hex } from '../../../kernel/hash.ts';
import type { Codec } from './codec.ts';
import {
  encodeManifest,
  FORMAT,
  fingerprintOf,
  framesOf,
  framesToManifest,
  type Manifest,
  parseManifest,
} from './manifest.ts';
import { includes, inclusionPath, leafHash, rootOf, rootOfSubtrees } from './merkle.ts';
import { readRow } from './object-reader.ts';
import { verifyObject } from './object-verify.ts';
import { largestAligned, ObjectWriter, rootOfRecords } from './object-writer.ts';
import { doubled, idOf, idOfUuid, packed, RECORD, recordAt, sortById, sortBySeq, uuidOf } from './records.ts';

const UUID = '00000000-0000-4000-8000-000000000000';

async function written(rows: readonly string[], codec: Codec = 'zstd') {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-format-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [objectPath, indexPath] = [join(folder, 'object'), join(folder, 'index')];
  const writer = await ObjectWriter.open(codec, objectPath, indexPath);
  for (const [at, row] of rows.entries()) {
    writer.add(idOfUuid(idFor(at)), Buffer.from(row));
    await writer.drain();
  }
  const object = await writer.finish();
  if (object === undefined) throw new Error('nothing was written');
  const columns = [{ name: 'id', type: 'uuid', not_null: true, generated: false }];
  const manifest: Manifest = {
    format: FORMAT,
    batch: UUID,
    created_at: '2026-11-23T02:00:00.000Z',
    table: 'public.audit_logs',
    key: { column: 'id', kind: 'uuid' },
    archive_column: { name: 'created_at', type: 'timestamptz' },
    columns,
    fingerprint: fingerprintOf(columns),
    settings: { TimeZone: 'UTC' },
    postgres: '18.4',
    policy_version: 1,
    range: { from: '2023-10-01T00:00:00.000Z', to: '2023-11-01T00:00:00.000Z' },
    first: { id: idFor(0), at: '2023-10-01 00:00:00+00' },
    last: { id: idFor(rows.length - 1), at: '2023-10-02 00:00:00+00' },
    rows: object.rows,
    raw_bytes: object.rawBytes,
    merkle_root: object.merkleRoot,
    index_sha256: object.indexSha256,
    object: {
      ...{ bucket: 'b', key: '2023/10/audit_logs/x.jsonl.zst', sha256: object.sha256, bytes: object.bytes },
      ...{ storage_class: 'GLACIER', codec, legal_hold: false, retain_until: null },
    },
    frames: framesToManifest(object.frames),
    previous_manifest_sha256: null,
  };
  const bytes = readFileSync(objectPath);
  const store = {
    getRange: (_key: string, offset: number, length: number) =>
      Promise.resolve(bytes.subarray(offset, offset + length)),
  };
  return { object, manifest, bytes, index: readFileSync(indexPath), store };
}

const idFor = (at: number): string => uuidOf(Buffer.from(sha256Hex(`id ${at}`).slice(0, 32), 'hex'));
const noise = (at: number, length: number): string => {
  let text = '';
  while (text.length < length) text += sha256Hex(`${at} ${text.length}`);
  return text.slice(0, length);
};
const rowsOf = (count: number, length = 900): readonly string[] =>
  Array.from({ length: count }, (_, at) => JSON.stringify({ id: idFor(at), note: noise(at, length) }));
async function* once(bytes: Uint8Array, size = 10_000) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

describe('an object', () => {
  it.each(['zstd', 'gzip'] as const)('gives every row with its proof from one range (%s)', async (codec) => {
    const rows = rowsOf(1_000);
    const { object, manifest, bytes, index, store } = await written(rows, codec);
    expect(parseManifest(encodeManifest(manifest).text, 'm')).toEqual(manifest);
    expect(sha256Hex(bytes)).toBe(object.sha256);
    expect(sha256Hex(index)).toBe(object.indexSha256);
    expect(object.frames.map(({ rows: count }) => count)).toEqual([128, 128, 128, 128, 128, 128, 128, 64, 32, 8]);
    expect(rootOfRecords(index).toString('hex')).toBe(object.merkleRoot);
    for (const seq of [0, 127, 128, 511, 895, 960, 991, 992, 999]) {
      const read = await readRow(store, manifest, seq);
      expect(read.row.toString()).toBe(rows[seq]);
      expect(read.dataHash).toBe(sha256Hex(rows[seq] ?? ''));
      expect(recordAt(index, seq).toString('hex')).toBe(
        idFor(seq).replaceAll('-', '') + seq.toString(16).padStart(8, '0') + read.dataHash,
      );
      const path = read.path.map((each) => Buffer.from(each, 'hex'));
      const proves = (at: number) =>
        includes(Buffer.from(manifest.merkle_root, 'hex'), rows.length, at, Buffer.from(read.dataHash, 'hex'), path);
      expect(proves(seq)).toBe(true);
      expect(proves(seq === 0 ? 1 : seq - 1)).toBe(false);
    }
    await expect(readRow(store, manifest, 1_000)).rejects.toMatchObject({ code: 'archive.row_unknown' });
    expect(await verifyObject(manifest, once(bytes))).toEqual({ damages: [], rows: 1_000, bytes: bytes.length });
  });

  it('finds each bit that was turned, in its frame', async () => {
    const { manifest, bytes } = await written(rowsOf(700));
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length * 8 - 1), async (bit) => {
        const spoilt = Buffer.from(bytes);
        spoilt.writeUInt8((spoilt.at(bit >> 3) ?? 0) ^ (1 << (bit & 7)), bit >> 3);
        const { damages } = await verifyObject(manifest, once(spoilt));
        const frame = framesOf(manifest).find(
          ({ offset, bytes: size }) => bit >> 3 >= offset && bit >> 3 < offset + size,
        );
        expect(damages).toMatchObject([{ kind: 'bytes', frame: frame?.index }]);
      }),
      { numRuns: 40 },
    );
    expect((await verifyObject(manifest, once(bytes.subarray(0, -1)))).damages).toMatchObject([
      { kind: 'short', frame: manifest.frames.length - 1 },
    ]);
    expect((await verifyObject(manifest, once(Buffer.concat([bytes, bytes])))).damages).toMatchObject([
      { kind: 'long' },
    ]);
    const wrong = { ...manifest, object: { ...manifest.object, sha256: 'a'.repeat(64) } };
    expect((await verifyObject(wrong, once(bytes))).damages).toMatchObject([{ kind: 'hash' }]);
  });

  it('keeps its frames subtrees where one row is larger than a frame', async () => {
    const rows = [
      ...rowsOf(150),
      JSON.stringify({ id: idFor(150), note: noise(1, 600_000) }),
      ...rowsOf(400).slice(151),
    ];
    const { manifest, bytes, store } = await written(rows);
    for (const { first, rows: count } of framesOf(manifest)) expect(largestAligned(first, count)).toBe(count);
    expect((await readRow(store, manifest, 150)).row.toString()).toBe(rows[150]);
    expect((await verifyObject(manifest, once(bytes))).damages).toEqual([]);
  });
});

describe('a manifest', () => {
  it('agrees with itself or is refused, whichever of its letters was changed', async () => {
    const { manifest } = await written(rowsOf(300));
    const { text } = encodeManifest(manifest);
    const [from, to] = [text.indexOf('"frames"') + 10, text.indexOf('"index_sha256"')];
    // The two checksums of a frame are held against the frame, not against the manifest.
    const bare = (each: Manifest) => each.frames.map(([bytes, rawBytes, rows, root]) => [bytes, rawBytes, rows, root]);
    fc.assert(
      fc.property(fc.integer({ min: from, max: to }), fc.constantFrom('0', '7', 'f', '['), (place, letter) => {
        const changed = text.slice(0, place) + letter + text.slice(place + 1);
        fc.pre(changed !== text);
        try {
          expect(bare(parseManifest(changed, 'm'))).toEqual(bare(manifest));
        } catch (error) {
          expect(error).toMatchObject({ code: 'archive.manifest_damaged' });
        }
      }),
      { numRuns: 100 },
    );
    for (const [right, wrong] of [
      ['"rows":300', '"rows":301'],
      ['"type":"uuid"', '"type":"text"'],
      ['{', ' {'],
    ] as const) {
      expect(() => parseManifest(text.replace(right, wrong), 'm')).toThrow(/damaged/);
    }
  });
});

describe('the tree', () => {
  it('proves each leaf of any size, from any cut into subtrees', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 70 }),
        fc.nat(200),
        fc.array(fc.integer({ min: 1, max: 16 }), { minLength: 70, maxLength: 70 }),
        (size, pick, cuts) => {
          const hashes = Array.from({ length: size }, (_, at) => Buffer.from(sha256Hex(`${at}`), 'hex'));
          const leaves = hashes.map(leafHash);
          const subtrees: { first: number; leaves: number; root: Buffer }[] = [];
          for (let first = 0; first < size; ) {
            const count = largestAligned(first, Math.min(size - first, cuts[subtrees.length] ?? 1));
            subtrees.push({ first, leaves: count, root: rootOf(leaves.slice(first, first + count)) });
            first += count;
          }
          const root = rootOf(leaves);
          expect(rootOfSubtrees(subtrees)).toEqual(root);
          const index = pick % size;
          const own = subtrees.find(({ first, leaves: count }) => index >= first && index < first + count);
          const path = inclusionPath(index, subtrees, leaves.slice(own?.first, (own?.first ?? 0) + (own?.leaves ?? 0)));
          const proves = (at: number, dataHash: Buffer) => includes(root, size, at, dataHash, path);
          expect(proves(index, hashes[index] ?? Buffer.alloc(32))).toBe(true);
          expect(proves(index, Buffer.alloc(32))).toBe(false);
          expect(proves(size, hashes[index] ?? Buffer.alloc(32))).toBe(false);
        },
      ),
      { numRuns: 150 },
    );
  });
});

describe('records', () => {
  it('are put in the order of their ids and back', async () => {
    const { index } = await written(rowsOf(500, 10));
    const sorted = sortById(index);
    expect(sortBySeq(sorted)).toEqual(index);
    const ids = Array.from({ length: 500 }, (_, at) => idFor(at)).sort();
    const pages = [...packed(index)];
    expect(pages.map(({ records }) => records.length / RECORD)).toEqual([150, 150, 150, 50]);
    expect(pages.map(({ lo }) => lo)).toEqual([ids[0], ids[150], ids[300], ids[450]]);
    expect(Buffer.concat(pages.map(({ records }) => records))).toEqual(sorted);
    expect(doubled(sorted)).toBeUndefined();
    expect(doubled(sortById(Buffer.concat([index, recordAt(index, 7)])))).toEqual(idOfUuid(idFor(7)));
  });

  it('are put in order wherever their ids differ', () => {
    const bytes = fc.record({
      from: fc.integer({ min: 0, max: 15 }),
      some: fc.array(fc.nat(0xffffff), { maxLength: 60 }),
      times: fc.constantFrom(1, 1, 1, 50), // few are sorted at once, many by heaps
    });
    fc.assert(
      fc.property(bytes, ({ from, some, times }) => {
        const ids = Array.from({ length: times }, (_, n) => some.map((id) => (id + 7_919 * n) & 0xffffff)).flat();
        const records = Buffer.alloc(ids.length * RECORD, 7);
        for (const [at, id] of ids.entries())
          for (let n = 0; n < 3 && from + n < 16; n += 1) records[at * RECORD + from + n] = (id >> (8 * n)) & 0xff;
        const idsOf = (from: Buffer) => Array.from({ length: ids.length }, (_, at) => idOf(from, at).toString('hex'));
        expect(idsOf(sortById(records))).toEqual(idsOf(records).sort());
      }),
      { numRuns: 60 },
    );
  });
});
