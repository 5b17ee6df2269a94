/** Tiles and checkpoints in an object store: what was published is there for good, whatever the database says. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createPublication } from '../../src/features/audit/anchors/publication.ts';
import { leafHash } from '../../src/features/audit/tlog/hashing.ts';
import { encodeEntries, TILE_WIDTH, type TileName, tileReader, tilesFor } from '../../src/features/audit/tlog/tiles.ts';
import { openFolderStore } from '../../src/platform/objects/folder.ts';
import type { ObjectStore } from '../../src/platform/objects/port.ts';
import { signedLog } from '../support/witness.ts';

/** In memory where there is such a folder: the disk is the object store's own test. */
const BASE = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
let folder: string;
let objects: ObjectStore;
beforeEach(() => {
  folder = mkdtempSync(path.join(BASE, 'plumbline-publication-'));
  objects = openFolderStore({ folder });
});
afterEach(() => rmSync(folder, { recursive: true }));

type Log = ReturnType<typeof signedLog>;

async function tileOf({ tree }: Log, { level, index, width }: TileName): Promise<Buffer> {
  const first = index * TILE_WIDTH;
  const at = Array.from({ length: width }, (_, offset) => first + offset);
  if (level === 'entries') return encodeEntries(at.map((each) => Buffer.from(tree.text(each))));
  return Buffer.concat(await tree.nodes.nodes(at.map((each) => ({ level: level * 8, index: each }))));
}

const publication = (
  log: Log,
  store = objects,
  spoil: (name: TileName, bytes: Buffer) => Buffer = (_, bytes) => bytes,
) => {
  const tile = async (name: TileName) => spoil(name, await tileOf(log, name));
  return createPublication({ objects: store, prefix: 'audit', tile, nodes: (size) => tileReader(tile, size) });
};
const keys = async (): Promise<readonly string[]> => {
  const all: string[] = [];
  for await (const key of objects.list('audit/')) all.push(key);
  return all;
};
const fullTiles = (size: number) => [...tilesFor(size)].filter(({ width }) => width === TILE_WIDTH).length;

describe('publication', () => {
  it('puts full tiles and bundles, and each checkpoint', async () => {
    const log = signedLog(65_800);
    const it = publication(log);
    await it.publish(await log.checkpoint(255));
    expect(await keys()).toHaveLength(1);
    const key = await it.publish(await log.checkpoint(65_600));
    expect(await keys()).toHaveLength(fullTiles(65_600) + 2);
    await it.publish(await log.checkpoint());
    expect(await keys()).toHaveLength(fullTiles(65_800) + 3);
    expect(await keys()).toContain('audit/tile/1/000');
    expect(Buffer.from(await objects.get(key)).toString()).toBe(await log.checkpoint(65_600));
    // The copy alone makes the tree.
    const copied = tileReader(
      async (name) =>
        name.width === TILE_WIDTH
          ? objects.get(`audit/tile/${name.level}/${String(name.index).padStart(3, '0')}`)
          : tileOf(log, name),
      65_800,
    );
    expect(await copied.nodes([{ level: 16, index: 0 }])).toEqual(
      await log.tree.nodes.nodes([{ level: 16, index: 0 }]),
    );
  });

  it('goes on where a process died, at any step', async () => {
    const log = signedLog(256 * 5 + 3);
    const whole = fullTiles(log.tree.size) + 1;
    for (let steps = 0; (await keys()).length < whole; steps += 1) {
      let left = steps;
      const dying: ObjectStore = {
        ...objects,
        put: (key, bytes) => {
          left -= 1;
          return left < 0 ? Promise.reject(new Error('died')) : objects.put(key, bytes);
        },
      };
      await publication(log, dying)
        .publish(await log.checkpoint())
        .catch(() => undefined);
    }
    await publication(log).publish(await log.checkpoint());
    expect(await keys()).toHaveLength(whole);
  });

  it('finds what is there without reading all of it', async () => {
    const log = signedLog(256 * 64);
    await publication(log).publish(await log.checkpoint());
    let heads = 0;
    const counting: ObjectStore = {
      ...objects,
      head: (key) => {
        heads += 1;
        return objects.head(key);
      },
    };
    log.tree.grow(256);
    await publication(log, counting).publish(await log.checkpoint());
    expect(heads).toBeLessThan(12);
  });

  it('publishes no bundle and no tile that is damaged', async () => {
    const log = signedLog(256 * 3);
    const flip = (bytes: Buffer): Buffer => {
      const copy = Buffer.from(bytes);
      copy[43] = (copy[43] ?? 0) ^ 1; // in the text of an entry
      return copy;
    };
    for (const level of ['entries', 0] as const) {
      const it = publication(log, objects, (name, bytes) =>
        name.level === level && name.index === 1 ? flip(bytes) : bytes,
      );
      await expect(it.publish(await log.checkpoint())).rejects.toMatchObject({
        code: 'audit.root_mismatch',
        kind: 'integrity',
      });
    }
    expect((await keys()).filter((key) => key.includes('/001'))).toEqual([]);
    const other = signedLog(256 * 3, 5);
    await expect(publication(log).publish(await other.checkpoint())).rejects.toMatchObject({
      code: 'audit.root_mismatch',
    });
  });

  it('tells of a past that is not the published one', async () => {
    const log = signedLog(256 * 2);
    await publication(log).publish(await log.checkpoint());
    const changed = signedLog(256 * 4, 300);
    await expect(publication(changed).publish(await changed.checkpoint())).resolves.toBeDefined();
    rmSync(folder, { recursive: true });
    await publication(log).publish(await log.checkpoint());
    rmSync(path.join(folder, 'audit/tile/0/001@'), { recursive: true });
    await expect(publication(changed).publish(await changed.checkpoint())).rejects.toMatchObject({
      code: 'audit.published_differs',
      kind: 'integrity',
    });
  });

  it('puts anchors beside their checkpoint', async () => {
    const log = signedLog(3);
    const it = publication(log);
    const key = await it.publish(await log.checkpoint());
    await it.anchor(key, 'ots', leafHash('pending'));
    await it.anchor(key, 'ots', leafHash('upgraded'));
    await it.anchor(key, 'tsr', leafHash('stamp'));
    await it.anchor(key, 'tsr', leafHash('stamp'));
    expect((await keys()).filter((each) => each.startsWith(`${key}.`))).toHaveLength(3);
  });
});
