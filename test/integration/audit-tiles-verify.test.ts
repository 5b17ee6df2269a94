/** A log in a folder of tiles, verified on several threads. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generateSigningKey, parseVerifierKey } from '../../src/features/audit/tlog/keys.ts';
import { decodeEntries, encodeEntries } from '../../src/features/audit/tlog/tiles.ts';
import { resumeFile } from '../../src/features/audit/verify/resume.ts';
import { readIfThere } from '../../src/features/audit/verify/segment-job.ts';
import { type TilesOptions, verifyTiles } from '../../src/features/audit/verify/tiles.ts';
import { ORIGIN, signed } from '../support/audit.ts';
import { writeTiles } from '../support/audit-tiles.ts';

const SIZE = 70_000;
const key = generateSigningKey(ORIGIN, 'ed25519', () => 0);
const keys = [parseVerifierKey(key.vkey)];
let root = '';
let whole = '';
let notes: ReadonlyMap<number, string> = new Map();

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'plumbline-tiles-'));
  whole = join(root, 'whole');
  notes = await writeTiles(whole, key, { size: SIZE, checkpoints: [1, 255, 256, 257, 40_000, 65_536, 69_999] });
});
afterAll(() => rmSync(root, { recursive: true }));

const verify = (folder: string, options: Partial<TilesOptions> = {}) =>
  verifyTiles({ source: { folder }, origin: ORIGIN, keys, ...options });

const known = () => [...notes].map(([size, note]) => ({ name: `kept ${size}`, note }));

/** A copy in which one file is another one. */
function changed(name: string, path: string, change: (bytes: Buffer) => Uint8Array | undefined): string {
  const folder = join(root, name);
  cpSync(whole, folder, { recursive: true });
  const bytes = change(readFileSync(join(folder, path)));
  if (bytes === undefined) rmSync(join(folder, path));
  else writeFileSync(join(folder, path), bytes);
  return folder;
}

describe('a log in tiles', { timeout: 120_000 }, () => {
  it.each([0, 1, 2])('that nobody changed raises nothing, with %i threads', async (threads) => {
    const result = await verify(whole, { threads, known: known() });
    expect(result).toMatchObject({
      ok: true,
      size: SIZE,
      damage: [],
      lastGood: { index: SIZE - 1, checkpoint: { size: SIZE } },
    });
    expect(result.checked).toMatchObject({ leaves: SIZE, roots: 8 });
  });

  it('is the same from anything that reads', async () => {
    const read = async (path: string) => readIfThere(join(whole, path));
    expect(await verify('', { source: { read }, known: known() })).toMatchObject({ ok: true, size: SIZE });
  });

  it('raises nothing where entries are long, and of many lengths', async () => {
    const folder = join(root, 'long');
    const change = (text: string, index: number) => text.replace('record', `record ${'ộ'.repeat((index % 41) * 20)}`);
    await writeTiles(folder, key, { size: 700, change });
    expect(await verify(folder)).toMatchObject({ ok: true, size: 700, damage: [] });
    const path = join(folder, 'tile/entries/001');
    writeFileSync(path, Buffer.from(readFileSync(path, 'latin1').replace('tester', 'nobody'), 'latin1'));
    expect((await verify(folder)).damage[0]).toMatchObject({ index: 256 });
  });

  it('names what was changed, and where', async () => {
    const edit = (bytes: Buffer) => Buffer.from(bytes.toString('latin1').replace('tester', 'nobody'), 'latin1');
    const cases: readonly (readonly [
      path: string,
      change: (bytes: Buffer) => Uint8Array | undefined,
      kind: string,
      index: number,
    ])[] = [
      ['tile/entries/100', edit, 'leaf-altered', 25_600],
      ['tile/entries/273.p/112', edit, 'leaf-altered', 69_888],
      ['tile/entries/100', () => undefined, 'leaf-missing', 25_600],
      ['tile/entries/100', (bytes) => bytes.subarray(0, -10), 'leaf-malformed', 25_855],
      ['tile/entries/100', (bytes) => encodeEntries(decodeEntries(bytes).slice(0, 200)), 'leaf-missing', 25_800],
      [
        'tile/entries/100',
        (bytes) => encodeEntries([...decodeEntries(bytes), Buffer.from('x')]),
        'leaf-inserted',
        25_856,
      ],
      [
        'tile/entries/100',
        (bytes) => encodeEntries(decodeEntries(bytes).with(7, Buffer.from('x'))),
        'leaf-malformed',
        25_607,
      ],
      ['tile/0/100', (bytes) => bytes.fill(1, 320, 330), 'tile-altered', 25_610],
      ['tile/0/100', () => undefined, 'tile-missing', 25_600],
      ['tile/1/000', (bytes) => bytes.fill(1, 320, 330), 'tile-altered', 2_560],
      ['tile/1/001.p/17', (bytes) => bytes.fill(1, 32, 64), 'tile-altered', 65_792],
      ['tile/2/000.p/1', () => undefined, 'tile-missing', 0],
    ];
    for (const [at, [path, change, kind, index]] of cases.entries()) {
      const { damage } = await verify(changed(`case ${at}`, path, change), { threads: 1 });
      expect([path, damage[0]?.kind, damage[0]?.index]).toEqual([path, kind, index]);
    }
  });

  it('that was written anew as a whole is found by a checkpoint that was kept, and a shorter one as well', async () => {
    const forged = join(root, 'forged');
    const change = (text: string, index: number) => (index === 50_000 ? text.replace('tester', 'nobody') : text);
    await writeTiles(forged, key, { size: SIZE, change });
    expect((await verify(forged)).ok).toBe(true); // the key's owner has signed it
    const fork = await verify(forged, { known: known() });
    expect(fork.damage.map(({ kind, index, size }) => [kind, index, size])).toEqual([
      ['fork', 40_000, 65_536],
      ['fork', 40_000, 69_999],
    ]);
    expect(fork.lastGood).toMatchObject({ index: 39_999, checkpoint: { size: 40_000 } });
    const short = join(root, 'short');
    await writeTiles(short, key, { size: 300 });
    expect((await verify(short, { known: known() })).damage[0]).toMatchObject({
      kind: 'rollback',
      index: 300,
      size: 40_000,
    });
  });

  it('finds links that are broken, at the border of two threads as well', async () => {
    const folder = join(root, 'links');
    const at = 32 * 256; // a segment's first leaf
    const change = (text: string, index: number) =>
      index === 1_000 || index === at ? text.replace(/ [0-9a-f]{64}\n/, ` ${'0'.repeat(64)}\n`) : text;
    await writeTiles(folder, key, { size: 10_000, change });
    const { damage } = await verify(folder, { threads: 2 });
    expect(damage.map(({ kind, index }) => [kind, index])).toEqual([
      ['link-broken', 1_000],
      ['link-broken', at],
    ]);
  });

  it('is found wrong after any one bit of any of its files was changed', async () => {
    const small = join(root, 'small');
    await writeTiles(small, key, { size: 700 });
    const paths = readdirSync(small, { recursive: true, encoding: 'utf8' }).filter((path) =>
      statSync(join(small, path)).isFile(),
    );
    const files = new Map(paths.map((path) => [path, readFileSync(join(small, path))]));
    const bit = fc.record({ path: fc.constantFrom(...paths), at: fc.nat(), mask: fc.integer({ min: 0, max: 7 }) });
    await fc.assert(
      fc.asyncProperty(bit, async ({ path, at, mask }) => {
        const bytes = Buffer.from(files.get(path) ?? []);
        const place = at % bytes.length;
        bytes[place] = (bytes[place] ?? 0) ^ (1 << mask);
        const read = async (asked: string) => (asked === path ? bytes : files.get(asked));
        expect((await verify('', { source: { read } })).ok).toBe(false);
      }),
      { numRuns: 200 },
    );
    expect((await verify(small)).ok).toBe(true);
  });

  it('that another key has signed, or of another origin, is not believed', async () => {
    const other = generateSigningKey(ORIGIN, 'ed25519', () => 0);
    const note = await signed(other, 0, new Uint8Array(32));
    const folder = changed('signed', 'checkpoint', () => Buffer.from(note));
    expect((await verify(folder)).damage[0]).toMatchObject({ kind: 'checkpoint-differs' });
    expect((await verify(whole, { origin: 'example.org/other' })).damage[0]).toMatchObject({
      kind: 'checkpoint-differs',
    });
  });

  it('goes on where a run has stopped, and begins again where the tiles are others by now', async () => {
    const resume = resumeFile(join(root, 'state.json'));
    const options = { resume, saveEvery: 30_000 };
    await verify(whole, options);
    const again = await verify(whole, { ...options, known: known() });
    expect(again).toMatchObject({ ok: true, size: SIZE, checked: { resumedFrom: 65_536 } });
    const other = join(root, 'other');
    const change = (text: string, index: number) => (index === 5 ? text.replace('tester', 'nobody') : text);
    await writeTiles(other, key, { size: SIZE, change });
    expect(await verify(other, options)).toMatchObject({ ok: true, checked: { resumedFrom: 0 } });
  });

  it('that was changed is found wrong after a stop as well', async () => {
    const resume = resumeFile(join(root, 'hurt.json'));
    const hurt = changed('hurt', 'tile/0/100', (bytes) => bytes.fill(1, 320, 330));
    const first = await verify(hurt, { resume, saveEvery: 8_192 });
    const second = await verify(hurt, { resume, saveEvery: 8_192 });
    expect(second).toMatchObject({ ok: false, checked: { resumedFrom: 65_536 } });
    expect(second.damage).toEqual(first.damage);
  });
});
