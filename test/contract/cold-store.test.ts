/**
 * What every cold store promises (src/platform/objects/cold-port.ts): the folder, the S3 adapter on
 * cold-s3, and on any S3 server that PLUMBLINE_TEST_S3_ENDPOINT, _BUCKET, _ACCESS_KEY and _SECRET name;
 * PLUMBLINE_TEST_S3_LACKS says what that one does not implement (restore, lock, class, if-none-match, checksum).
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sha256Hex } from '../../src/kernel/hash.ts';
import type {
  ColdBody,
  ColdListed,
  ColdStore,
  RestoreTier,
  StorageClass,
} from '../../src/platform/objects/cold-port.ts';
import { type Capability, type ColdBench, coldS3Bench, folderBench, outsideBench } from '../support/cold-stores.ts';
import { failure } from '../support/failure.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

async function bytesOf(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const piece of pieces) parts.push(piece);
  return Buffer.concat(parts);
}

async function listed(store: ColdStore, prefix: string): Promise<readonly ColdListed[]> {
  const found: ColdListed[] = [];
  for await (const each of store.list(prefix)) found.push(each);
  return found;
}

const text = (value: string): ColdBody => ({ bytes: Buffer.from(value) });

const outside = outsideBench(process.env);
const BENCHES: readonly (readonly [string, () => Promise<ColdBench>])[] = [
  ['a folder', async () => folderBench()],
  ['cold-s3', coldS3Bench],
  ...(outside === undefined ? [] : [[outside.name, async () => outside] as const]),
];

describe.each(BENCHES)('cold objects in %s', (_name, start) => {
  let bench: ColdBench;
  let store: ColdStore;
  let counter = 0;
  let prefix = '';
  beforeAll(async () => {
    bench = await start();
    store = bench.open('contract');
  });
  afterAll(() => bench.close());
  beforeEach(() => {
    counter += 1;
    prefix = `t${Date.now().toString(36)}${counter}`;
  });

  /** A case for stores that can do what it is about. */
  const needing = (capabilities: readonly Capability[], name: string, work: () => Promise<void>): void =>
    it(name, async ({ skip }) => {
      skip(
        capabilities.some((each) => bench.lacks.has(each)),
        'this store does not implement it',
      );
      await work();
    });

  const put = (key: string, storageClass: StorageClass = 'STANDARD', value = 'bytes') =>
    store.put(key, text(value), { storageClass });

  it('can be used, unless it would overwrite', async () => {
    if (bench.lacks.has('if-none-match')) {
      expect(await failure(store.check())).toMatchObject({ code: 'objects.unfit', kind: 'invalid' });
      return;
    }
    await store.check();
    expect(await listed(store, 'plumbline-check')).toEqual([]);
  });

  it('gives back the bytes, and says their size and hash', async () => {
    const bytes = Buffer.from(Uint8Array.from({ length: 300_000 }, (_, index) => (index * 7) % 251));
    const key = `${prefix}/2023/10/a=b+c.zst`;
    const head = await store.put(key, { bytes }, { storageClass: 'STANDARD' });
    expect(head).toMatchObject({
      key,
      size: 300_000,
      storageClass: 'STANDARD',
      readability: { state: 'readable' },
      retention: undefined,
      legalHold: false,
    });
    expect([undefined, sha256Hex(bytes)]).toContain(head.sha256);
    expect(await store.head(key)).toEqual(head);
    expect((await bytesOf(await store.get(key))).equals(bytes)).toBe(true);
  });

  it('stores a file, and an object of no bytes', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'plumbline-spool-'));
    const file = path.join(folder, 'spool');
    const bytes = Buffer.alloc(700_001, 'row\n');
    writeFileSync(file, bytes);
    const body: ColdBody = { path: file, size: bytes.length, sha256: sha256Hex(bytes) };
    await store.put(`${prefix}/file`, body, { storageClass: 'STANDARD' });
    expect(sha256Hex(await bytesOf(await store.get(`${prefix}/file`)))).toBe(body.sha256);

    if (!bench.lacks.has('checksum')) {
      const other = { ...body, sha256: sha256Hex('something else') };
      expect(await failure(store.put(`${prefix}/other`, other, { storageClass: 'STANDARD' }))).toMatchObject({
        code: 'objects.corrupt',
        kind: 'integrity',
      });
    }
    const longer = { ...body, size: bytes.length + 1 };
    expect(await failure(store.put(`${prefix}/longer`, longer, { storageClass: 'STANDARD' }))).toMatchObject({
      code: 'objects.corrupt',
    });
    rmSync(folder, { recursive: true });
    expect(await failure(store.put(`${prefix}/gone`, body, { storageClass: 'STANDARD' }))).toMatchObject({
      code: 'objects.body_unreadable',
      kind: 'internal',
    });

    await put(`${prefix}/empty`, 'STANDARD', '');
    expect(await bytesOf(await store.get(`${prefix}/empty`))).toHaveLength(0);
    expect((await listed(store, prefix)).map(({ key, size }) => [key, size])).toEqual([
      [`${prefix}/empty`, 0],
      [`${prefix}/file`, bytes.length],
    ]);
  });

  it('says that an object is missing', async () => {
    const key = `${prefix}/nowhere`;
    expect(await store.head(key)).toBeUndefined();
    for (const work of [
      () => store.get(key),
      () => store.getRange(key, 0, 1),
      () => store.getRange(key, 0, 0),
      () => store.restore(key, { days: 1, tier: 'Bulk' }),
      () => store.protect(key, { legalHold: true }),
    ]) {
      expect(await failure(work())).toMatchObject({ code: 'objects.missing', kind: 'missing' });
    }
    await store.delete(key);
  });

  it.each(['', '/a', 'a//b', '../a', 'a b', 'ü', 'at@'])('refuses the key %j', async (key) => {
    for (const work of [() => put(key), () => store.head(key), () => store.get(key), () => store.delete(key)]) {
      expect(await failure(work())).toMatchObject({ code: 'objects.key_malformed', kind: 'invalid' });
    }
  });

  needing(['if-none-match'], 'stores once: the same bytes are done, others are refused', async () => {
    const key = `${prefix}/once`;
    const first = await put(key, 'STANDARD', 'first');
    expect(await put(key, 'STANDARD', 'first')).toEqual(first);
    expect(await failure(put(key, 'STANDARD', 'other'))).toMatchObject({ code: 'objects.exists', kind: 'conflict' });
    expect(await failure(put(key, 'STANDARD', 'secon'))).toMatchObject({ code: 'objects.exists' });
    expect((await bytesOf(await store.get(key))).toString()).toBe('first');
  });

  needing(['if-none-match', 'class'], 'does not take the same bytes in another class for done', async () => {
    await put(`${prefix}/a`, 'STANDARD');
    const error = await failure(put(`${prefix}/a`, 'GLACIER'));
    expect(error).toMatchObject({ code: 'objects.exists', message: expect.stringContaining('in class STANDARD') });
  });

  it('reads a part of the bytes', async () => {
    const key = `${prefix}/parts`;
    await put(key, 'STANDARD', 'abcdefghij');
    const part = async (offset: number, length: number): Promise<string> =>
      Buffer.from(await store.getRange(key, offset, length)).toString();
    expect(await part(0, 10)).toBe('abcdefghij');
    expect(await part(3, 4)).toBe('defg');
    expect(await part(9, 1)).toBe('j');
    expect(await part(10, 0)).toBe('');
    for (const [offset, length] of [
      [9, 2],
      [10, 1],
      [50, 1],
      [11, 0],
    ] as const) {
      expect(await failure(store.getRange(key, offset, length))).toMatchObject({
        code: 'objects.corrupt',
        kind: 'integrity',
      });
    }
  });

  needing(['class'], 'lists by prefix, ascending, with class and state', async () => {
    await put(`${prefix}/b`, 'GLACIER', 'xx');
    await put(`${prefix}/a/2`, 'DEEP_ARCHIVE');
    await put(`${prefix}/a/10`);
    await put(`${prefix}x`);
    expect(await listed(store, `${prefix}/`)).toEqual([
      { key: `${prefix}/a/10`, size: 5, storageClass: 'STANDARD', readability: { state: 'readable' } },
      { key: `${prefix}/a/2`, size: 5, storageClass: 'DEEP_ARCHIVE', readability: { state: 'archived' } },
      { key: `${prefix}/b`, size: 2, storageClass: 'GLACIER', readability: { state: 'archived' } },
    ]);
    expect((await listed(store, prefix)).map(({ key }) => key).at(-1)).toBe(`${prefix}x`);
    expect(await listed(store, `${prefix}/none`)).toEqual([]);
  });

  it('deletes', async () => {
    const key = `${prefix}/gone`;
    await put(key);
    await store.delete(key);
    await store.delete(key);
    expect(await store.head(key)).toBeUndefined();
    expect(await listed(store, prefix)).toEqual([]);
    await put(key, 'STANDARD', 'again');
    expect((await bytesOf(await store.get(key))).toString()).toBe('again');
  });

  needing(['restore', 'class'], 'refuses to read what is archived, and to restore what is not', async () => {
    const key = `${prefix}/cold`;
    await put(key, 'DEEP_ARCHIVE');
    for (const work of [() => store.get(key), () => store.getRange(key, 0, 1), () => store.getRange(key, 0, 0)]) {
      expect(await failure(work())).toMatchObject({ code: 'objects.cold', kind: 'conflict' });
    }
    const refused = await failure(store.restore(key, { days: 1, tier: 'Expedited' }));
    expect(refused).toMatchObject({ code: 'objects.tier_refused', kind: 'invalid' });
    for (const days of [0, -1, 1.5]) {
      const error = await failure(store.restore(key, { days, tier: 'Bulk' }));
      expect(error).toMatchObject({ code: 'objects.days_refused', kind: 'invalid' });
    }
    expect((await store.head(key))?.readability).toEqual({ state: 'archived' });
    await put(`${prefix}/hot`);
    expect(await failure(store.restore(`${prefix}/hot`, { days: 1, tier: 'Bulk' }))).toMatchObject({
      code: 'objects.not_archived',
      kind: 'conflict',
    });
  });

  needing(['restore', 'clock'], 'makes its reader wait as long as the class and the tier do', async () => {
    const waits: readonly (readonly [StorageClass, RestoreTier, number])[] = [
      ['GLACIER', 'Expedited', 5 * MINUTE],
      ['GLACIER', 'Standard', 5 * HOUR],
      ['GLACIER', 'Bulk', 12 * HOUR],
      ['DEEP_ARCHIVE', 'Standard', 12 * HOUR],
      ['DEEP_ARCHIVE', 'Bulk', 48 * HOUR],
    ];
    for (const [storageClass, tier, wait] of waits) {
      const key = `${prefix}/${storageClass}-${tier}`;
      await put(key, storageClass);
      expect(await store.restore(key, { days: 3, tier })).toBe('requested');
      bench.advance(wait - 1);
      expect((await store.head(key))?.readability).toEqual({ state: 'restoring' });
      expect(await failure(store.get(key))).toMatchObject({ code: 'objects.cold' });
      bench.advance(1);
      const until = new Date((Math.floor((bench.now() + 3 * DAY) / DAY) + 1) * DAY);
      expect(await store.head(key)).toMatchObject({ storageClass, readability: { state: 'restored', until } });
      expect((await listed(store, key)).map(({ readability }) => readability)).toEqual([{ state: 'restored', until }]);
      expect((await bytesOf(await store.get(key))).toString()).toBe('bytes');
      expect(Buffer.from(await store.getRange(key, 1, 3)).toString()).toBe('yte');
      bench.advance(until.getTime() - bench.now() - 1);
      expect(await store.getRange(key, 0, 1)).toHaveLength(1);
      bench.advance(1);
      expect((await store.head(key))?.readability).toEqual({ state: 'archived' });
      expect(await failure(store.get(key))).toMatchObject({ code: 'objects.cold' });
      expect(await store.restore(key, { days: 1, tier: 'Bulk' })).toBe('requested');
    }
  });

  needing(['restore', 'clock'], 'goes faster when asked to, and slower never', async () => {
    const key = `${prefix}/faster`;
    await put(key, 'GLACIER');
    expect(await store.restore(key, { days: 1, tier: 'Bulk' })).toBe('requested');
    bench.advance(HOUR);
    expect(await store.restore(key, { days: 1, tier: 'Bulk' })).toBe('under way');
    expect(await store.restore(key, { days: 1, tier: 'Standard' })).toBe('requested');
    expect(await store.restore(key, { days: 9, tier: 'Bulk' })).toBe('under way');
    bench.advance(5 * HOUR - 1);
    expect((await store.head(key))?.readability).toEqual({ state: 'restoring' });
    expect(await store.restore(key, { days: 1, tier: 'Expedited' })).toBe('requested');
    bench.advance(1);
    // What was due at this instant is not put off by a request that came late.
    expect((await store.head(key))?.readability).toMatchObject({ state: 'restored' });
  });

  needing(['restore', 'clock'], 'keeps a copy longer when asked to, and shorter never', async () => {
    const key = `${prefix}/longer`;
    await put(key, 'GLACIER');
    await store.restore(key, { days: 5, tier: 'Expedited' });
    bench.advance(5 * MINUTE);
    const first = (await store.head(key))?.readability;
    bench.advance(DAY);
    expect(await store.restore(key, { days: 1, tier: 'Bulk' })).toBe('extended');
    expect((await store.head(key))?.readability).toEqual(first);
    expect(await store.restore(key, { days: 5, tier: 'Bulk' })).toBe('extended');
    const until = new Date((Math.floor((bench.now() + 5 * DAY) / DAY) + 1) * DAY);
    expect((await store.head(key))?.readability).toEqual({ state: 'restored', until });
  });

  needing(['class', 'restore'], 'knows everything again after it was closed', async () => {
    const key = `${prefix}/kept`;
    const retention = { mode: 'GOVERNANCE' as const, until: new Date(Math.floor(bench.now() / 1000) * 1000 + DAY) };
    await store.put(
      key,
      text('bytes'),
      bench.lacks.has('lock') ? { storageClass: 'GLACIER' } : { storageClass: 'GLACIER', retention },
    );
    await store.restore(key, { days: 2, tier: 'Standard' });
    expect(await bench.open('contract').head(key)).toEqual(await store.head(key));
  });

  needing(['lock', 'clock'], 'does not delete before the retention ends', async () => {
    await store.check({ retention: true });
    const key = `${prefix}/retained`;
    const until = new Date(bench.now() + HOUR);
    const head = await store.put(key, text('x'), {
      storageClass: 'STANDARD',
      retention: { mode: 'COMPLIANCE', until },
    });
    expect(head.retention).toEqual({ mode: 'COMPLIANCE', until });
    expect(await failure(store.delete(key))).toMatchObject({ code: 'objects.locked', kind: 'denied' });
    for (const weaker of [
      { mode: 'COMPLIANCE', until: new Date(until.getTime() - 1000) },
      { mode: 'GOVERNANCE', until: new Date(until.getTime() + 1000) },
    ] as const) {
      expect(await failure(store.protect(key, { retention: weaker }))).toMatchObject({ code: 'objects.locked' });
    }
    await store.protect(key, { retention: { mode: 'COMPLIANCE', until: new Date(until.getTime() + HOUR) } });
    bench.advance(HOUR);
    expect(await failure(store.delete(key))).toMatchObject({ code: 'objects.locked' });
    bench.advance(HOUR);
    await store.delete(key);
    expect(await store.head(key)).toBeUndefined();
  });

  it('refuses a retention that is over', async () => {
    const retention = { mode: 'GOVERNANCE', until: new Date(bench.now() - 1000) } as const;
    const late = store.put(`${prefix}/late`, text('x'), { storageClass: 'STANDARD', retention });
    expect(await failure(late)).toMatchObject({ code: 'objects.retention_refused', kind: 'invalid' });
    await put(`${prefix}/there`);
    const protect = store.protect(`${prefix}/there`, {
      retention: { mode: 'GOVERNANCE', until: new Date(Number.NaN) },
    });
    expect(await failure(protect)).toMatchObject({ code: 'objects.retention_refused' });
    expect(await store.head(`${prefix}/late`)).toBeUndefined();
  });

  needing(['lock'], 'does not delete under a legal hold', async () => {
    const key = `${prefix}/held`;
    const head = await store.put(key, text('x'), { storageClass: 'STANDARD', legalHold: true });
    expect(head.legalHold).toBe(true);
    expect(await failure(store.delete(key))).toMatchObject({ code: 'objects.locked', kind: 'denied' });
    await store.protect(key, { legalHold: false });
    await store.delete(key);
    expect(await store.head(key)).toBeUndefined();
  });

  needing(['lock', 'if-none-match'], 'protects what stood already as the later put asks', async () => {
    const key = `${prefix}/later`;
    await put(key);
    const until = new Date(Math.floor(bench.now() / 1000) * 1000 + HOUR);
    const asked = { storageClass: 'STANDARD', retention: { mode: 'GOVERNANCE', until }, legalHold: true } as const;
    expect(await store.put(key, text('bytes'), asked)).toMatchObject({
      retention: { mode: 'GOVERNANCE', until },
      legalHold: true,
    });
    const shorter = { mode: 'GOVERNANCE', until: new Date(until.getTime() - 1000) } as const;
    const kept = await store.put(key, text('bytes'), { storageClass: 'STANDARD', retention: shorter });
    expect(kept).toMatchObject({ retention: { until }, legalHold: true });
    await store.protect(key, { legalHold: false });
  });
});
