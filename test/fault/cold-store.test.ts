/** The S3 adapter beside a store that loses answers, breaks off, hangs, sheds load, or is not the one that was meant. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { sha256Hex } from '../../src/kernel/hash.ts';
import { systemClock, systemRandom } from '../../src/platform/clock/system.ts';
import type { ColdStore } from '../../src/platform/objects/cold-port.ts';
import { retaining } from '../../src/platform/objects/retaining.ts';
import type { Patience } from '../../src/platform/objects/s3/attempts.ts';
import { openS3Store } from '../../src/platform/objects/s3/store.ts';
import { coldS3Bench, type S3Bench } from '../support/cold-stores.ts';
import { failure } from '../support/failure.ts';
import { freePort } from '../support/ports.ts';

/** Quick, so that giving up is as well. */
const patience: Patience = { attempts: 4, callMs: 400, leastRate: 1024 * 1024, baseDelayMs: 1 };
const PLAIN = { storageClass: 'STANDARD' } as const;

let bench: S3Bench;
let store: ColdStore;
let folder: string;
beforeAll(async () => {
  bench = await coldS3Bench();
  store = bench.open('faults', { patience });
  folder = mkdtempSync(path.join(tmpdir(), 'plumbline-cold-faults-'));
});
afterEach(() => bench.server.faults.clear());
afterAll(async () => {
  await bench.close();
  rmSync(folder, { recursive: true });
});

async function bytesOf(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const piece of pieces) parts.push(piece);
  return Buffer.concat(parts);
}

const bytes = Buffer.from(Uint8Array.from({ length: 1_500_000 }, (_, index) => (index * 13) % 256));

it('a put whose answer was lost is done, once', async () => {
  const file = path.join(folder, 'spool');
  writeFileSync(file, bytes);
  for (const times of [1, 3]) {
    bench.server.fail({ kind: 'lost acknowledgement', operation: 'PutObject', times });
    const key = `lost/${times}`;
    const head = await store.put(key, { path: file, size: bytes.length, sha256: sha256Hex(bytes) }, PLAIN);
    expect(head).toMatchObject({ key, size: bytes.length, sha256: sha256Hex(bytes) });
    expect((await bytesOf(await store.get(key))).equals(bytes)).toBe(true);
    expect(bench.server.events().filter((event) => event.key === key)).toHaveLength(1);
  }
});

it('a put after which another object stands is refused, however its answer was lost', async () => {
  await store.put('other', { bytes: Buffer.from('theirs') }, PLAIN);
  bench.server.fail({ kind: 'disconnect', operation: 'PutObject' });
  expect(await failure(store.put('other', { bytes: Buffer.from('ours!!') }, PLAIN))).toMatchObject({
    code: 'objects.exists',
  });
});

it.each(['InternalError', 'SlowDown'])('goes on after %s, and gives up in the end', async (code) => {
  for (const operation of ['PutObject', 'HeadObject', 'GetObject', 'ListObjectsV2', 'DeleteObject']) {
    bench.server.fail({ kind: 'error', code, operation, times: 2 });
  }
  const key = `busy/${code}`;
  await store.put(key, { bytes }, PLAIN);
  expect(await bytesOf(await store.get(key))).toHaveLength(bytes.length);
  const listed: string[] = [];
  for await (const each of store.list('busy/')) listed.push(each.key);
  expect(listed).toContain(key);
  await store.delete(key);
  expect(bench.server.faults.pending).toEqual([]);

  bench.server.fail({ kind: 'error', code, operation: 'PutObject', times: 99 });
  expect(await failure(store.put(`never/${code}`, { bytes }, PLAIN))).toMatchObject({
    code: 'objects.unavailable',
    kind: 'upstream',
    details: { bucket: 'faults', operation: 'PutObject', code },
  });
  const puts = bench.server.requests().filter((each) => each.key === `never/${code}` && each.operation === 'PutObject');
  expect(puts).toHaveLength(patience.attempts);
});

it('a body that breaks off is read on from where it broke', async () => {
  await store.put('torn', { bytes }, PLAIN);
  bench.server.fail({ kind: 'torn body', operation: 'GetObject', bytes: 700_000 });
  bench.server.fail({ kind: 'torn body', operation: 'GetObject', bytes: 0 });
  bench.server.fail({ kind: 'torn body', operation: 'GetObject', bytes: 100_000 });
  expect((await bytesOf(await store.get('torn'))).equals(bytes)).toBe(true);
  expect(bench.server.faults.pending).toEqual([]);

  bench.server.fail({ kind: 'torn body', operation: 'GetObject', bytes: 10 });
  expect(Buffer.from(await store.getRange('torn', 5, 50)).equals(bytes.subarray(5, 55))).toBe(true);

  bench.server.fail({ kind: 'torn body', operation: 'GetObject', bytes: 0, times: 99 });
  expect(await failure(store.get('torn').then(bytesOf))).toMatchObject({ code: 'objects.unavailable' });
});

it('a body that becomes another while it is read is not mixed with the first', async () => {
  await store.put('changed', { bytes }, PLAIN);
  bench.server.fail({ kind: 'torn body', operation: 'GetObject', bytes: 300_000 });
  const pieces = (await store.get('changed'))[Symbol.asyncIterator]();
  await pieces.next();
  await store.delete('changed');
  await store.put('changed', { bytes: Buffer.from(bytes).fill(0) }, PLAIN);
  const rest = (async () => {
    for (let next = await pieces.next(); next.done !== true; next = await pieces.next());
  })();
  expect(await failure(rest)).toMatchObject({ code: 'objects.corrupt', kind: 'integrity' });
});

it('a store that hangs is not waited for', async () => {
  await store.put('hung', { bytes }, PLAIN);
  bench.server.fail({ kind: 'hang', operation: 'HeadObject' });
  expect(await store.head('hung')).toMatchObject({ size: bytes.length });
  bench.server.fail({ kind: 'slow body', operation: 'GetObject', pieceBytes: 1000, delayMs: 60_000 });
  expect(Buffer.from(await store.getRange('hung', 0, 9)).equals(bytes.subarray(0, 9))).toBe(true);
  bench.server.fail({ kind: 'hang', operation: 'HeadObject', times: 99 });
  expect(await failure(store.head('hung'))).toMatchObject({ code: 'objects.unavailable' });
});

it('a wrong bit on the way is for the reader to find, who has the hash', async () => {
  await store.put('flipped', { bytes }, PLAIN);
  bench.server.fail({ kind: 'corrupt body', operation: 'GetObject', at: 1_000_000 });
  expect(sha256Hex(await bytesOf(await store.get('flipped')))).not.toBe(sha256Hex(bytes));
  // What rots in the store is found in the same way, while the store still says the old hash.
  bench.server.damage('faults', 'flipped', 3);
  expect((await store.head('flipped'))?.sha256).toBe(sha256Hex(bytes));
  expect(sha256Hex(await bytesOf(await store.get('flipped')))).not.toBe(sha256Hex(bytes));
});

it('says that Expedited has no capacity now, at once', async () => {
  await store.put('expedited', { bytes: Buffer.from('x') }, { storageClass: 'GLACIER' });
  bench.server.fail({ kind: 'error', code: 'GlacierExpeditedRetrievalNotAvailable', operation: 'RestoreObject' });
  expect(await failure(store.restore('expedited', { days: 1, tier: 'Expedited' }))).toMatchObject({
    code: 'objects.busy',
    kind: 'busy',
  });
  bench.server.fail({ kind: 'lost acknowledgement', operation: 'RestoreObject' });
  expect(await store.restore('expedited', { days: 1, tier: 'Expedited' })).toBe('under way');
});

it('a bucket that is not fit is named as such, with the remedy', async () => {
  const { url: endpoint, region, credentials } = bench.server;
  const at = { endpoint, region, credentials, clock: systemClock, random: systemRandom, patience };
  const absent = openS3Store({ ...at, bucket: 'absent-bucket' });
  expect(await failure(absent.check())).toMatchObject({
    code: 'objects.unfit',
    kind: 'invalid',
    message: 'there is no bucket absent-bucket; create it, or correct S3_BUCKET',
  });
  expect(await failure(absent.put('a', { bytes }, PLAIN))).toMatchObject({ code: 'objects.unavailable' });
  bench.server.createBucket('unversioned');
  bench.server.createBucket('unlocked', { versioning: true });
  for (const [bucket, says] of [
    ['unversioned', 'enable versioning'],
    ['unlocked', 'has no Object Lock'],
  ] as const) {
    const plain = openS3Store({ ...at, bucket });
    await plain.check();
    const error = await failure(retaining(plain, { mode: 'COMPLIANCE', days: 1 }, systemClock).check());
    expect(error).toMatchObject({ code: 'objects.unfit', message: expect.stringContaining(says) });
  }
  const wrong = { ...credentials, secretAccessKey: 'wrong' };
  for (const [other, says] of [
    [openS3Store({ ...at, bucket: 'faults', credentials: wrong }), 'lack the right'],
    [openS3Store({ ...at, bucket: 'faults', region: 'eu-west-1' }), 'is S3_REGION its region?'],
    [openS3Store({ ...at, bucket: 'faults', endpoint: `http://127.0.0.1:${await freePort()}` }), 'ECONNREFUSED'],
  ] as const) {
    expect(await failure(other.check())).toMatchObject({
      code: 'objects.unavailable',
      kind: 'upstream',
      message: expect.stringContaining(says),
    });
  }
});

it('what always retains does so, and gives the longer of what is asked', async () => {
  const clock = { ...systemClock, now: () => bench.now() };
  const always = retaining(store, { mode: 'GOVERNANCE', days: 10 }, clock);
  await always.check();
  const days = (count: number): Date => new Date(bench.now() + count * 86_400_000);
  const retention = async (key: string, asked?: { mode: 'GOVERNANCE' | 'COMPLIANCE'; until: Date }) =>
    (await always.put(key, { bytes }, asked === undefined ? PLAIN : { ...PLAIN, retention: asked })).retention;
  expect(await retention('always/a')).toEqual({ mode: 'GOVERNANCE', until: days(10) });
  expect(await retention('always/b', { mode: 'COMPLIANCE', until: days(1) })).toEqual({
    mode: 'COMPLIANCE',
    until: days(10),
  });
  expect(await retention('always/c', { mode: 'GOVERNANCE', until: days(99) })).toEqual({
    mode: 'GOVERNANCE',
    until: days(99),
  });
});
