/** Logs in a folder of tiles, made without a database. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { genesisHash, leafText } from '../../src/features/audit/log/leaf.ts';
import { leafHash, perfectRoot } from '../../src/features/audit/tlog/hashing.ts';
import type { SigningKey } from '../../src/features/audit/tlog/keys.ts';
import { encodeEntries, TILE_WIDTH, tilePath } from '../../src/features/audit/tlog/tiles.ts';
import { Frontier } from '../../src/features/audit/tlog/tree.ts';
import { sha256Hex } from '../../src/kernel/hash.ts';
import { ORIGIN, signed } from './audit.ts';

export interface TilesPlan {
  readonly size: number;
  /** Leaves are at the least so long. */
  readonly padding?: number;
  /** What an entry is instead of what it would be; what comes later follows it as if it had always been so. */
  readonly change?: (text: string, index: number) => string;
  /** Sizes of which signed checkpoints are wanted. */
  readonly checkpoints?: readonly number[];
}

/** @returns the wanted checkpoints, by their sizes */
export async function writeTiles(
  folder: string,
  key: SigningKey,
  plan: TilesPlan,
): Promise<ReadonlyMap<number, string>> {
  const streams = ['payments', 'payouts', 'ledger_entries', 'accounts'];
  const heads = new Map(streams.map((name) => [name, { seq: 0, head: genesisHash(ORIGIN, name) }]));
  const frontier = Frontier.empty();
  const levels: Buffer[][] = [];
  const notes = new Map<number, string>();
  let bundle: Buffer[] = [];
  const write = (path: string, bytes: Uint8Array | string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), bytes);
  };
  const push = (level: number, index: number, hash: Buffer): void => {
    levels[level] ??= [];
    const tile = levels[level];
    tile.push(hash);
    if (tile.length < TILE_WIDTH) return;
    const hashes = Buffer.concat(tile);
    write(tilePath({ level, index: Math.floor(index / TILE_WIDTH), width: TILE_WIDTH }), hashes);
    levels[level] = [];
    push(level + 1, Math.floor(index / TILE_WIDTH), perfectRoot(hashes));
  };
  const padding = 'x'.repeat(plan.padding ?? 0);
  for (let index = 0; index < plan.size; index += 1) {
    const stream = streams[((index * 7) % 11) % streams.length] ?? '';
    const head = heads.get(stream) ?? { seq: 0, head: '' };
    const fields = {
      stream,
      seq: head.seq,
      recordId: `record ${index}${padding}`,
      op: 'insert',
      actor: 'tester',
      bare: index % 7 === 3,
    };
    const rest = { dataHash: sha256Hex(`${index}`), previousHash: head.head, atUs: 1_764_046_800_000_000 + index };
    const text = leafText({ ...fields, ...rest });
    const entry = Buffer.from(plan.change?.(text, index) ?? text);
    const hash = leafHash(entry);
    heads.set(stream, { seq: head.seq + 1, head: hash.toString('hex') });
    frontier.append(hash);
    bundle.push(entry);
    if (bundle.length === TILE_WIDTH) {
      write(
        tilePath({ level: 'entries', index: Math.floor(index / TILE_WIDTH), width: TILE_WIDTH }),
        encodeEntries(bundle),
      );
      bundle = [];
    }
    push(0, index, hash);
    if (plan.checkpoints?.includes(index + 1)) notes.set(index + 1, await signed(key, index + 1, frontier.root()));
  }
  if (bundle.length > 0) {
    write(
      tilePath({ level: 'entries', index: Math.floor(plan.size / TILE_WIDTH), width: bundle.length }),
      encodeEntries(bundle),
    );
  }
  for (const [level, tile] of levels.entries()) {
    const index = Math.floor(plan.size / TILE_WIDTH ** (level + 1));
    if (tile.length > 0) write(tilePath({ level, index, width: tile.length }), Buffer.concat(tile));
  }
  write('checkpoint', await signed(key, plan.size, frontier.root()));
  return notes;
}
