/** S3 reads objects where they lie: in any class, without a restore, and finds what its own checksum cannot show. */
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { sha256Hex } from '../../src/kernel/hash.ts';
import { systemClock } from '../../src/platform/clock/system.ts';
import { createHttpClient } from '../../src/platform/http-client/undici.ts';
import { sealKey } from '../../src/platform/objects/envelope.ts';
import { sealedStore } from '../../src/platform/objects/sealed-store.ts';
import { createAuditLogs, fill } from '../support/archival.ts';
import { coldS3Bench, folderBench, type S3Bench } from '../support/cold-stores.ts';
import { describePostgres } from '../support/databases.ts';
import { failure } from '../support/failure.ts';
import { restorable } from '../support/restores.ts';

const ROLE = 'arn:aws:iam::111122223333:role/archive-checksums';
const MINUTE = 60_000;
const http = createHttpClient({ clock: systemClock });

let bench: S3Bench;
beforeAll(async () => {
  bench = await coldS3Bench();
});
afterAll(async () => {
  await http.close();
  await bench.close();
});

const opened = (name: string, role = ROLE) =>
  bench.open(name, {
    batch: { role, http, clock: systemClock },
    patience: { attempts: 2, callMs: 5_000, leastRate: 1024 * 1024, baseDelayMs: 1 },
  });

it('says what the bytes are now', async () => {
  const store = opened('jobs');
  const bodies = ['STANDARD', 'GLACIER', 'DEEP_ARCHIVE', 'GLACIER'].map((storageClass, n) => ({
    storageClass: storageClass as 'STANDARD' | 'GLACIER' | 'DEEP_ARCHIVE',
    bytes: Buffer.from(`rows of ${n}`),
    key: `2023/10/t=20/a+b_${n}.zst`,
  }));
  for (const { key, bytes, storageClass } of bodies) await store.put(key, { bytes }, { storageClass });
  const keys = bodies.map(({ key }) => key);
  const last = keys.at(-1) ?? '';
  bench.server.damage('jobs', last, 3);
  // What HEAD says is what was stored once.
  expect((await store.head(last))?.sha256).toBe(sha256Hex('rows of 3'));

  const job = (await store.checksums?.begin('first', [...keys, 'not/there'])) ?? '';
  expect(await store.checksums?.begin('first', [...keys, 'not/there'])).toBe(job); // its answer was lost
  expect(await store.checksums?.read(job)).toBeUndefined();
  bench.advance(11 * MINUTE);
  const damaged = Buffer.from('rows of 3');
  damaged.writeUInt8((damaged[3] ?? 0) ^ 1, 3);
  expect(await store.checksums?.read(job)).toEqual([
    ...bodies.slice(0, 3).map(({ key, bytes }) => ({ key, sha256: sha256Hex(bytes), error: undefined })),
    { key: last, sha256: sha256Hex(damaged), error: undefined },
    { key: 'not/there', sha256: undefined, error: '404 NoSuchKey The specified key does not exist.' },
  ]);
  expect((await store.head(keys[2] ?? ''))?.readability.state).toBe('archived');
  const listed: string[] = [];
  for await (const { key } of store.list('')) listed.push(key);
  expect(listed.sort()).toEqual([...keys].sort()); // the list and the report are not among the archive's
});

describePostgres('objects of batches', (open) => {
  it('are held against what was stored, and a store that cannot says so', async () => {
    const db = await open();
    const plain = opened('batches');
    const bed = restorable(db, bench, sealedStore({ store: plain, keys: [sealKey('ab'.repeat(32))] }));
    const without = restorable(db, bench, bench.open('without'));
    onTestFinished(() => {
      bed.remove();
      without.remove();
    });
    await expect(without.service.beginChecksums(undefined)).rejects.toMatchObject({
      code: 'archive.checksums_absent',
      message: expect.stringContaining('set S3_BATCH_ROLE'),
    });
    await expect(bed.service.beginChecksums('audit_logs')).rejects.toMatchObject({ code: 'archive.nothing_archived' });
    await createAuditLogs(db);
    await fill(db, 'audit_logs', 1, 60, '12 hours');
    await bed.archive('audit_logs', { storage_class: 'DEEP_ARCHIVE' });
    const read = async () => {
      const { job, objects } = await bed.service.beginChecksums('audit_logs');
      expect([objects, await bed.service.checksums(job)]).toEqual([2, undefined]);
      bench.advance(11 * MINUTE);
      return bed.service.checksums(job);
    };
    expect((await read())?.map(({ finding, batches }) => [finding, batches.length])).toEqual([
      [undefined, 1],
      [undefined, 1],
    ]);
    const [batch] = await bed.service.batches({ limit: 1 });
    bench.server.damage('batches', batch?.object?.key ?? '', 500);
    // By what the store keeps, nothing is wrong.
    for await (const { object } of bed.service.verify({ limit: 5 }, { bytes: false })) expect(object).toBe('checksum');
    expect((await read())?.filter(({ finding }) => finding !== undefined)).toEqual([
      {
        archivePath: batch?.object?.key,
        batches: [batch?.no],
        finding: expect.stringMatching(/bytes are not what they were/),
      },
    ]);
  });
});

it('a folder reads its own at once', async () => {
  const folder = folderBench();
  onTestFinished(() => folder.close());
  const store = folder.open('cold');
  await store.put('2023/a', { bytes: Buffer.from('rows') }, { storageClass: 'DEEP_ARCHIVE' });
  const job = (await store.checksums?.begin('first', ['2023/a', '2023/b'])) ?? '';
  expect(await store.checksums?.begin('first', ['2023/a', '2023/b'])).toBe(job);
  expect(await store.checksums?.read(job)).toEqual([
    { key: '2023/a', sha256: sha256Hex('rows'), error: undefined },
    { key: '2023/b', sha256: undefined, error: 'there is no object 2023/b' },
  ]);
  expect(await failure(store.checksums?.read('other') ?? Promise.resolve())).toMatchObject({ code: 'objects.missing' });
  const listed: string[] = [];
  for await (const { key } of store.list('')) listed.push(key);
  expect(listed).toEqual(['2023/a']);
});

it('says what stands against it', async () => {
  expect(bench.open('plain').checksums).toBeUndefined();
  expect(() => opened('jobs', 'archive-checksums')).toThrow(/write the ARN of a role/);
  const store = opened('faults');
  await store.put('a', { bytes: Buffer.from('a') }, { storageClass: 'GLACIER' });
  const begin = (name: string) => failure(store.checksums?.begin(name, ['a']) ?? Promise.resolve());
  const fail = (code: string, times = 1) => bench.server.fail({ kind: 'error', code, operation: 'BatchJob', times });
  fail('NotImplemented');
  expect(await begin('one')).toMatchObject({
    code: 'objects.unfit',
    message: expect.stringMatching(/take S3_BATCH_ROLE away/),
  });
  fail('AccessDenied');
  expect(await begin('two')).toMatchObject({ code: 'objects.unavailable', details: { code: 'AccessDenied' } });
  fail('SlowDown', 9);
  expect(await begin('three')).toMatchObject({ code: 'objects.unavailable' });
  bench.server.faults.clear();
  expect(await failure(store.checksums?.read('nowhere') ?? Promise.resolve())).toMatchObject({
    code: 'objects.missing',
  });
  fail('SlowDown'); // once: it is asked again
  const job = (await store.checksums?.begin('four', ['a'])) ?? '';
  await store.delete('plumbline-check/checksums/four/objects.csv');
  bench.advance(11 * MINUTE);
  expect(await failure(store.checksums?.read(job) ?? Promise.resolve())).toMatchObject({
    code: 'objects.unfit',
    message: expect.stringContaining('ManifestNotFound'),
  });
});
