import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failure } from '../../../test/support/failure.ts';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { sha256Hex } from '../../kernel/hash.ts';
import { openColdFolder } from './cold-folder.ts';
import type { ColdBody, ColdStore } from './cold-port.ts';
import { CHUNK_BYTES, HEADER_BYTES, sealedSize, sealKey, TAG_BYTES } from './envelope.ts';
import { sealedStore } from './sealed-store.ts';

const PLAIN = { storageClass: 'STANDARD' } as const;
const CHUNK = CHUNK_BYTES + TAG_BYTES;
const first = sealKey('01'.repeat(32));
const second = sealKey('02'.repeat(32));

async function bytesOf(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const piece of pieces) parts.push(piece);
  return Buffer.concat(parts);
}

const content = (size: number): Buffer =>
  Buffer.from(Uint8Array.from({ length: size }, (_, at) => (at * 31 + (at >> 8)) % 256));

describe('encrypted objects', () => {
  let folder: string;
  let inner: ColdStore;
  let store: ColdStore;
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'plumbline-sealed-'));
    inner = openColdFolder({ folder: path.join(folder, 'cold'), clock: new ManualClock() });
    store = sealedStore({ store: inner, keys: [first] });
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const stored = (key: string): Promise<Buffer> => inner.get(key).then(bytesOf);

  it.each([0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES, 3 * CHUNK_BYTES + 7])(
    'gives back %i bytes, and says of them what is stored',
    async (size) => {
      const key = `size/${size}`;
      const head = await store.put(key, { bytes: content(size) }, PLAIN);
      const sealed = await stored(key);
      expect(head).toMatchObject({ size: sealedSize(size), sha256: sha256Hex(sealed) });
      expect(sealed).toHaveLength(sealedSize(size));
      if (size > 100) expect(sealed.includes(content(size).subarray(0, 100))).toBe(false);
      expect((await bytesOf(await store.get(key))).equals(content(size))).toBe(true);
      expect(await store.getRange(key, 0, size)).toHaveLength(size);
      const beyond = await failure(store.getRange(key, size, 1));
      expect(beyond).toMatchObject({ code: 'objects.corrupt', kind: 'integrity' });
    },
  );

  it('reads any part', async () => {
    const bytes = content(5 * CHUNK_BYTES + 1234);
    await store.put('parts', { bytes }, PLAIN);
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length), fc.nat(3 * CHUNK_BYTES), async (offset, length) => {
        const end = Math.min(bytes.length, offset + length);
        const part = await store.getRange('parts', offset, end - offset);
        expect(Buffer.from(part).equals(bytes.subarray(offset, end))).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  it('seals a file beside it, takes the sealed one away, and refuses one that is not as it was said', async () => {
    const file = path.join(folder, 'spool');
    const bytes = content(200_000);
    writeFileSync(file, bytes);
    const body: ColdBody = { path: file, size: bytes.length, sha256: sha256Hex(bytes) };
    const head = await store.put('file', body, PLAIN);
    // The same again is the same, so that a put whose answer was lost can be repeated.
    expect(await store.put('file', body, PLAIN)).toEqual(head);
    expect((await bytesOf(await store.get('file'))).equals(bytes)).toBe(true);
    for (const wrong of [
      { ...body, sha256: sha256Hex('x') },
      { ...body, size: 199_999 },
      { ...body, size: 200_001 },
    ]) {
      expect(await failure(store.put('wrong', wrong, PLAIN))).toMatchObject({ code: 'objects.corrupt' });
    }
    expect(await inner.head('wrong')).toBeUndefined();
    expect(readdirSync(folder).sort()).toEqual(['cold', 'spool']);
    expect(readFileSync(file).equals(bytes)).toBe(true);
  });

  it('never gives the same bytes for another object, or another content', async () => {
    const bytes = content(100);
    await store.put('same/a', { bytes }, PLAIN);
    await store.put('same/b', { bytes }, PLAIN);
    const [a, b] = [await stored('same/a'), await stored('same/b')];
    expect(a.subarray(HEADER_BYTES).equals(b.subarray(HEADER_BYTES))).toBe(false);
  });

  it('refuses whatever was altered, cut off, added, moved, or brought from another object', async () => {
    const bytes = content(4 * CHUNK_BYTES + 50);
    await store.put('whole', { bytes }, PLAIN);
    await store.put('other', { bytes: content(4 * CHUNK_BYTES + 51) }, PLAIN);
    const [sealed, other] = [await stored('whole'), await stored('other')];
    const chunk = (from: Buffer, number: number): Buffer =>
      from.subarray(HEADER_BYTES + number * CHUNK, HEADER_BYTES + (number + 1) * CHUNK);
    const header = sealed.subarray(0, HEADER_BYTES);
    const chunks = [0, 1, 2, 3, 4].map((number) => chunk(sealed, number));
    const [c0, c1, c2, c3, c4] = chunks;
    if (c0 === undefined || c1 === undefined || c2 === undefined || c3 === undefined || c4 === undefined) return;
    const damaged: Buffer[] = [
      Buffer.concat([header, c1, c0, c2, c3, c4]),
      Buffer.concat([header, c0, c0, c2, c3, c4]),
      Buffer.concat([header, c0, c2, c3, c4]),
      Buffer.concat([header, c0, c1, c2, c3]),
      Buffer.concat([header, c0, c1, c2, c3, c4, c4]),
      Buffer.concat([header, c0, chunk(other, 1), c2, c3, c4]),
      Buffer.concat([other.subarray(0, HEADER_BYTES), ...chunks]),
      header,
      sealed.subarray(0, -1),
      Buffer.concat([sealed, Buffer.from([0])]),
      other,
    ];
    const at = fc.sample(fc.nat(sealed.length - 1), { numRuns: 40, seed: 7 });
    for (const position of [0, 15, 16, 24, 27, 28, 35, 36, 48, 95, 96, sealed.length - 1, ...at]) {
      const flipped = Buffer.from(sealed);
      flipped[position] = (flipped[position] ?? 0) ^ (1 << (position % 8));
      damaged.push(flipped);
    }
    for (const [index, harm] of damaged.entries()) {
      // Another store, so that it stands under the same key.
      const place = openColdFolder({ folder: path.join(folder, `harm${index}`), clock: new ManualClock() });
      await place.put('whole', { bytes: harm }, PLAIN);
      const reader = sealedStore({ store: place, keys: [first] });
      const error = await failure(reader.get('whole').then(bytesOf));
      expect(['objects.corrupt', 'objects.key_unknown'], `damage ${index}`).toContain(
        error instanceof Error && 'code' in error ? error.code : error,
      );
    }
  });

  it('reads with an older key, and names the one that is missing', async () => {
    await store.put('old', { bytes: content(10) }, PLAIN);
    const changed = sealedStore({ store: inner, keys: [second, first] });
    expect(await changed.getRange('old', 2, 3)).toEqual(content(10).subarray(2, 5));
    const lost = sealedStore({ store: inner, keys: [second] });
    for (const work of [() => lost.get('old').then(bytesOf), () => lost.getRange('old', 0, 1)]) {
      expect(await failure(work())).toMatchObject({
        code: 'objects.key_unknown',
        kind: 'denied',
        details: { keyId: first.id },
      });
    }
  });

  it('reads what was stored before there was a key where it is told to, and refuses it otherwise', async () => {
    const accepting = sealedStore({ store: inner, keys: [first], acceptPlain: true });
    for (const [key, bytes] of [
      ['plain/short', content(10)],
      ['plain/long', content(1000)],
    ] as const) {
      await inner.put(key, { bytes }, PLAIN);
      expect((await bytesOf(await accepting.get(key))).equals(bytes)).toBe(true);
      expect(await accepting.getRange(key, 3, 4)).toEqual(bytes.subarray(3, 7));
      expect(await failure(store.get(key).then(bytesOf))).toMatchObject({ code: 'objects.corrupt' });
      expect(await failure(store.getRange(key, 0, 1))).toMatchObject({ code: 'objects.corrupt' });
    }
  });
});
