/** What every object store promises (src/platform/objects/port.ts). */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sha256Hex } from '../../src/kernel/hash.ts';
import { openFolderStore } from '../../src/platform/objects/folder.ts';
import type { ObjectHead, ObjectStore } from '../../src/platform/objects/port.ts';
import { failure } from '../support/failure.ts';

async function keysOf(store: ObjectStore, prefix = ''): Promise<readonly string[]> {
  const keys: string[] = [];
  for await (const key of store.list(prefix)) keys.push(key);
  return keys;
}

describe('objects in a folder', () => {
  let folder: string;
  let store: ObjectStore;
  beforeEach(() => {
    folder = path.join(mkdtempSync(path.join(tmpdir(), 'plumbline-objects-')), 'made', 'on', 'demand');
    store = openFolderStore({ folder });
  });
  afterEach(() => rmSync(path.resolve(folder, '../../..'), { recursive: true }));

  it('gives back the bytes, their size and their digest', async () => {
    const bytes = Uint8Array.from({ length: 100_000 }, (_, index) => (index * 7) % 256);
    const head: ObjectHead = { key: '2023/10/a.zst', size: 100_000, sha256: sha256Hex(bytes) };
    expect(await store.put('2023/10/a.zst', bytes)).toEqual(head);
    expect(await store.head('2023/10/a.zst')).toEqual(head);
    expect(Buffer.from(await store.get('2023/10/a.zst')).equals(bytes)).toBe(true);
  });

  it('holds an object of no bytes', async () => {
    await store.put('empty', new Uint8Array());
    expect(await store.get('empty')).toHaveLength(0);
    expect(await store.head('empty')).toMatchObject({ size: 0 });
  });

  it('says that an object is missing', async () => {
    expect(await failure(store.get('nowhere'))).toMatchObject({ code: 'objects.missing', kind: 'missing' });
    expect(await store.head('nowhere')).toBeUndefined();
    await store.put('a', Buffer.from('x'));
    expect(await store.head('a/b')).toBeUndefined();
  });

  it('never replaces an object, not even by the same bytes', async () => {
    await store.put('once', Buffer.from('first'));
    for (const bytes of ['second', 'first']) {
      expect(await failure(store.put('once', Buffer.from(bytes)))).toMatchObject({
        code: 'objects.exists',
        kind: 'conflict',
      });
    }
    expect(Buffer.from(await store.get('once')).toString()).toBe('first');
  });

  it('lets one of many writers of a key win, and keeps its bytes and its digest together', async () => {
    for (let round = 0; round < 20; round++) {
      const key = `race/${round}`;
      const puts = Array.from({ length: 8 }, (_, writer) => store.put(key, Buffer.from(`writer ${writer}`)));
      const settled = await Promise.allSettled(puts);
      const won = settled.filter((put) => put.status === 'fulfilled');
      expect(won).toHaveLength(1);
      const bytes = await store.get(key);
      expect(won[0]?.value.sha256).toBe(sha256Hex(bytes));
    }
  });

  it('lets a key be the beginning of another', async () => {
    await store.put('a', Buffer.from('1'));
    await store.put('a/b', Buffer.from('2'));
    await store.put('a/b/c', Buffer.from('3'));
    expect(Buffer.from(await store.get('a/b')).toString()).toBe('2');
    expect(await keysOf(store)).toEqual(['a', 'a/b', 'a/b/c']);
  });

  it.each([
    '',
    '/absolute',
    'a//b',
    'a/',
    '..',
    '../outside',
    'a/../b',
    'a/./b',
    '.',
    'back\\slash',
    'a b',
    'nul\u0000',
    'ü',
    'at@',
    'x'.repeat(201),
    `${'x/'.repeat(300)}x`,
  ])('refuses the key %j', async (key) => {
    for (const work of [store.put(key, new Uint8Array()), store.get(key), store.head(key)]) {
      expect(await failure(work)).toMatchObject({ code: 'objects.key_malformed', kind: 'invalid' });
    }
    expect(existsSync(folder)).toBe(false);
  });

  it('lists keys by prefix, ascending, whatever the order of writing', async () => {
    const segment = fc.stringMatching(/^[A-Za-z0-9_.=+-]{1,3}$/).filter((text) => text !== '.' && text !== '..');
    const key = fc.array(segment, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(key, { maxLength: 12 }), fc.string({ maxLength: 3 }), async (keys, prefix) => {
        rmSync(folder, { recursive: true, force: true });
        for (const each of keys) await store.put(each, Buffer.from(each));
        const ascending = [...keys].sort((a, b) => (a < b ? -1 : 1));
        expect(await keysOf(store)).toEqual(ascending);
        const some = keys[0]?.slice(0, 2) ?? prefix;
        for (const start of [prefix, some]) {
          expect(await keysOf(store, start)).toEqual(ascending.filter((each) => each.startsWith(start)));
        }
      }),
      { numRuns: 25 },
    );
  });

  it('sees that bytes were changed, cut off or taken away, and which object it was', async () => {
    const damage: ((file: string) => void)[] = [
      (file) => writeFileSync(file, 'Xytes'),
      (file) => writeFileSync(file, 'byte'),
      (file) => rmSync(file),
    ];
    for (const [index, harm] of damage.entries()) {
      await store.put(`d/${index}`, Buffer.from('bytes'));
      harm(path.join(folder, 'd', `${index}@`, 'bytes'));
      const error = await failure(store.get(`d/${index}`));
      expect(error).toMatchObject({ code: 'objects.corrupt', kind: 'integrity', details: { key: `d/${index}` } });
    }
    await store.put('digest', Buffer.from('bytes'));
    rmSync(path.join(folder, 'digest@', 'sha256'));
    expect(await failure(store.get('digest'))).toMatchObject({ code: 'objects.corrupt' });
    expect(await failure(store.head('digest'))).toMatchObject({ code: 'objects.corrupt' });
    expect(await failure(store.put('digest', Buffer.from('new')))).toMatchObject({ code: 'objects.exists' });
  });

  it('keeps the digest in the form that sha256sum -c reads, so that anybody can verify', async () => {
    const { sha256 } = await store.put('public/a.json', Buffer.from('{}'));
    const beside = path.join(folder, 'public', 'a.json@');
    expect(readFileSync(path.join(beside, 'sha256'), 'utf8')).toBe(`${sha256}  bytes\n`);
    expect(readFileSync(path.join(beside, 'bytes'), 'utf8')).toBe('{}');
  });

  it('leaves nothing unfinished behind, and does not list what a crash left', async () => {
    await store.put('a', Buffer.from('1'));
    await failure(store.put('a', Buffer.from('2')));
    await store.check();
    expect(readdirSync(path.join(folder, '@unfinished'))).toEqual([]);
    writeFileSync(path.join(folder, '@unfinished', 'half'), 'x');
    expect(await keysOf(store)).toEqual(['a']);
  });

  it('takes an object in pieces, and gives a part of it', async () => {
    const pieces = ['ab', '', 'cdef'].map((text) => Buffer.from(text));
    const head = await store.put(
      'pieces',
      (async function* () {
        yield* pieces;
      })(),
    );
    expect(head).toEqual({ key: 'pieces', size: 6, sha256: sha256Hex('abcdef') });
    expect(Buffer.from(await store.get('pieces')).toString()).toBe('abcdef');
    expect(Buffer.from(await store.getRange('pieces', 1, 3)).toString()).toBe('bcd');
    expect(await store.getRange('pieces', 6, 0)).toHaveLength(0);
    expect(await failure(store.getRange('pieces', 4, 3))).toMatchObject({ code: 'objects.corrupt', kind: 'integrity' });
    expect(await failure(store.getRange('nowhere', 0, 1))).toMatchObject({ code: 'objects.missing', kind: 'missing' });
  });

  it('stores nothing of pieces that fail, and says why they did', async () => {
    const failing = (async function* () {
      yield Buffer.from('half');
      throw new RangeError('the rest is lost');
    })();
    await expect(store.put('half', failing)).rejects.toThrow(RangeError);
    expect(await store.head('half')).toBeUndefined();
    expect(readdirSync(path.join(folder, '@unfinished'))).toEqual([]);
  });

  it('says that the folder cannot be used', async () => {
    writeFileSync(path.resolve(folder, '../../..', 'made'), 'a file where the folder should be');
    for (const work of [store.check(), store.put('a', Buffer.from('x'))]) {
      expect(await failure(work)).toMatchObject({ code: 'objects.unavailable', kind: 'upstream' });
    }
  });
});
