/** The whole log as it is served or stored in tiles, on all cores, from where an earlier run has stopped. */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { PlumblineError } from '../../../kernel/errors.ts';
import { EMPTY_ROOT } from '../tlog/hashing.ts';
import type { Verifier } from '../tlog/keys.ts';
import { type NodeReader, rootAt } from '../tlog/proofs.ts';
import { TILE_WIDTH, type TileName, tileReader } from '../tlog/tiles.ts';
import { conclude, type Damage, Findings, type Verification } from './damage.ts';
import { type KnownCheckpoint, knownMarks } from './known.ts';
import { Marks, readMark } from './marks.ts';
import { Pool } from './pool.ts';
import type { Segment } from './segment.ts';
import { pathsOf, readIfThere, type SegmentRequest, tilesOf } from './segment-job.ts';
import { Stitch, type StitchState } from './stitch.ts';
import { compareUpper } from './tile-check.ts';

/** Undefined: there is no such file. */
export type ReadTile = (path: string) => Promise<Uint8Array | undefined>;

/** Where a run that was ended left off. */
export interface Resume {
  load(): Promise<string | undefined>;
  /** Replaces what was saved before. */
  save(text: string): Promise<void>;
}

export interface TilesOptions {
  /** Laid out as c2sp.org/tlog-tiles says, with its `checkpoint`. */
  readonly source: { readonly folder: string } | { readonly read: ReadTile };
  readonly origin: string;
  /** Of the log's signer, old ones too; without any, signatures are not checked. */
  readonly keys: readonly Verifier[];
  readonly known?: readonly KnownCheckpoint[];
  /** As many as there are cores unless told; 0: this one alone. */
  readonly threads?: number;
  readonly resume?: Resume;
  /** It is saved after so many leaves, which are the most that are done again after a run was killed. */
  readonly saveEvery?: number;
  readonly onProgress?: (verified: number, size: number) => void;
}

const SEGMENT = 32 * TILE_WIDTH;
const SAVE_EVERY = 32 * SEGMENT;

/** @throws `audit.no_checkpoint` (missing) */
export async function verifyTiles(options: TilesOptions): Promise<Verification> {
  const { source, origin, keys, known = [], onProgress } = options;
  const read = 'read' in source ? source.read : async (path: string) => readIfThere(join(source.folder, path));
  const note = await read('checkpoint');
  if (note === undefined) {
    throw new PlumblineError('missing', 'audit.no_checkpoint', 'there is no file "checkpoint" beside the tiles');
  }
  const findings = new Findings();
  const trust = { origin, keys };
  const head = readMark(Buffer.from(note).toString(), { source: 'kept', name: 'the checkpoint' }, trust, findings);
  const marks = new Marks([...(head === undefined ? [] : [head]), ...knownMarks(known, trust, findings)]);
  const size = head?.size ?? 0;
  const state = await resumed(options.resume, origin, size, read);
  for (const damage of state?.damage ?? []) findings.add(damage);
  const stitch = new Stitch(origin, marks, findings, state?.stitch);
  await checkPassed(marks, stitch.growth.size, nodes(read, size));
  const left = size - stitch.growth.size;
  const pool = new Pool(left <= SEGMENT ? 0 : (options.threads ?? availableParallelism()));
  try {
    let saved = stitch.growth.size;
    for await (const segment of inOrder(pool, stitch.growth.size, size, marks, source)) {
      for (const tile of stitch.add(segment)) {
        compareUpper(tile, await firstOf(read, { level: tile.level, index: tile.index, width: TILE_WIDTH }), findings);
      }
      if (stitch.growth.size - saved >= (options.saveEvery ?? SAVE_EVERY)) {
        saved = stitch.growth.size;
        const state: Saved = { origin, stitch: stitch.state(), damage: findings.sorted() };
        await options.resume?.save(JSON.stringify(state));
      }
      onProgress?.(Math.min(segment.first + SEGMENT, size), size);
    }
  } finally {
    await pool.close();
  }
  for (const { level, index, hashes } of stitch.growth.partial()) {
    const width = hashes.length / 32;
    const kept = await firstOf(read, { level, index, width });
    compareUpper({ level, index, hashes }, kept?.subarray(0, hashes.length), findings);
  }
  marks.conclude(size, findings);
  const checked = { leaves: size, roots: marks.count, resumedFrom: size - left };
  return conclude({ size, root: stitch.frontier().root(), checked }, findings, marks.good());
}

/** Segments as they follow each other, some of them ahead of who takes them. */
async function* inOrder(
  pool: Pool,
  from: number,
  size: number,
  marks: Marks,
  source: TilesOptions['source'],
): AsyncGenerator<Segment> {
  const ahead: Promise<Segment>[] = [];
  let next = from;
  while (next < size || ahead.length > 0) {
    while (next < size && ahead.length < pool.depth) {
      const reading = readSegment(pool, next, Math.min(next + SEGMENT, size), marks, source);
      reading.catch(() => undefined); // whoever takes it is told
      ahead.push(reading);
      next += SEGMENT;
    }
    const segment = await ahead.shift();
    if (segment !== undefined) yield segment;
  }
}

async function readSegment(
  pool: Pool,
  first: number,
  end: number,
  marks: Marks,
  source: TilesOptions['source'],
): Promise<Segment> {
  const marked = new Set(marks.within(first, end).map((size) => Math.floor((size - 1) / TILE_WIDTH) * TILE_WIDTH));
  const request = { first, end, marked };
  if ('folder' in source) return await pool.read({ ...request, source });
  const tiles = new Map<string, Uint8Array>();
  await Promise.all(
    tilesOf(first, end)
      .flat()
      .map(async (tile) => {
        const bytes = await firstOf(source.read, tile);
        // A copy: it is written into.
        if (bytes !== undefined) tiles.set(pathsOf(tile)[0] ?? '', new Uint8Array(bytes));
      }),
  );
  const given: Omit<SegmentRequest, 'id'> = { ...request, source: { tiles } };
  return await pool.read(given);
}

async function firstOf(read: ReadTile, tile: TileName): Promise<Uint8Array | undefined> {
  for (const path of pathsOf(tile)) {
    const bytes = await read(path);
    if (bytes !== undefined) return bytes;
  }
  return undefined;
}

/** Roots of sizes that an earlier run has passed, out of the tiles that it has verified. */
async function checkPassed(marks: Marks, passed: number, tiles: NodeReader): Promise<void> {
  for (const size of marks.within(-1, passed)) {
    marks.check(size, size === 0 ? EMPTY_ROOT : await rootAt(tiles, size));
  }
}

/** Out of the tiles that a log of this size has. */
const nodes = (read: ReadTile, size: number): NodeReader =>
  tileReader(async (tile) => {
    const bytes = await firstOf(read, tile);
    if (bytes !== undefined) return bytes;
    throw new PlumblineError('missing', 'audit.tile_missing', `tile ${tile.index} of level ${tile.level} is missing`);
  }, size);

interface Saved {
  readonly origin: string;
  readonly stitch: StitchState;
  readonly damage: readonly Damage[];
}

const SAVED = z.object({
  origin: z.string(),
  stitch: z.object({
    growth: z.object({ bundles: z.int().nonnegative(), frontier: z.string(), open: z.array(z.string()) }),
    streams: z.array(z.tuple([z.string(), z.object({ size: z.number(), head: z.string(), index: z.number() })])),
    atUs: z.number(),
  }),
  damage: z.array(z.custom<Damage>((value) => typeof value === 'object' && value !== null && 'kind' in value)),
});

/** What an earlier run has verified, if it is of this log and the tiles still have that root. */
async function resumed(
  resume: Resume | undefined,
  origin: string,
  size: number,
  read: ReadTile,
): Promise<Saved | undefined> {
  const text = await resume?.load();
  if (text === undefined) return undefined;
  try {
    const saved = SAVED.parse(JSON.parse(text));
    const stitch = new Stitch(origin, new Marks([]), new Findings(), saved.stitch);
    const passed = stitch.growth.size;
    if (saved.origin !== origin || passed === 0 || passed > size) return undefined;
    const root = await rootAt(nodes(read, size), passed);
    return Buffer.compare(root, stitch.frontier().root()) === 0 ? saved : undefined;
  } catch {
    return undefined; // then it begins at the beginning: it costs time alone
  }
}
