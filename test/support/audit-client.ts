/** A client of a log that knows nothing but its address: c2sp.org/tlog-tiles, written again. */
import { createHash } from 'node:crypto';
import { nodesOf } from '../../src/features/audit/log/tile-reader.ts';
import { writePublished } from '../../src/features/audit/store.ts';
import { formatCheckpoint } from '../../src/features/audit/tlog/checkpoint.ts';
import { generateSigningKey, type SigningKey } from '../../src/features/audit/tlog/keys.ts';
import { formatNote, signatureLine } from '../../src/features/audit/tlog/note.ts';
import { rootAt } from '../../src/features/audit/tlog/proofs.ts';
import type { Db } from '../../src/platform/db/port.ts';

const sha256 = (...parts: readonly Uint8Array[]): Buffer => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

/** RFC 6962 2.1, as it is written there. */
export function treeHash(leaves: readonly Uint8Array[]): Buffer {
  const [first] = leaves;
  if (first === undefined) return sha256();
  if (leaves.length === 1) return Buffer.from(first);
  const half = 2 ** (Math.ceil(Math.log2(leaves.length)) - 1);
  return sha256(Buffer.of(1), treeHash(leaves.slice(0, half)), treeHash(leaves.slice(half)));
}

export interface ReadLog {
  readonly origin: string;
  readonly size: number;
  readonly root: string;
  readonly entries: readonly Buffer[];
  /** Of the entries themselves. */
  readonly leaves: readonly Buffer[];
  /** As the tiles of each level say. */
  readonly levels: readonly (readonly Buffer[])[];
}

/** Reads a whole log, with as many requests as it has tiles. */
export async function readWholeLog(url: string): Promise<ReadLog> {
  const get = async (path: string): Promise<Buffer> => {
    const response = await fetch(`${url}/${path}`);
    if (response.status !== 200) throw new Error(`${path}: ${response.status}`);
    return Buffer.from(await response.arrayBuffer());
  };
  const [origin = '', sizeLine = '', root = ''] = (await get('checkpoint')).toString().split('\n');
  const size = Number(sizeLine);
  const entries: Buffer[] = [];
  for (const path of pathsOf('entries', size)) {
    const bundle = await get(path);
    for (let at = 0; at < bundle.length; ) {
      const length = bundle.readUInt16BE(at);
      entries.push(bundle.subarray(at + 2, at + 2 + length));
      at += 2 + length;
    }
  }
  const levels: Buffer[][] = [];
  for (let [level, hashes] = [0, size]; hashes > 0; level += 1, hashes = Math.floor(hashes / 256)) {
    const tiles: Buffer[] = [];
    for (const path of pathsOf(String(level), hashes)) tiles.push(await get(path));
    const all = Buffer.concat(tiles);
    levels.push(Array.from({ length: all.length / 32 }, (_, at) => all.subarray(at * 32, at * 32 + 32)));
  }
  return { origin, size, root, entries, leaves: entries.map((entry) => sha256(Buffer.of(0), entry)), levels };
}

function* pathsOf(level: string, hashes: number): Generator<string> {
  for (let n = 0; n * 256 < hashes; n += 1) {
    const digits = String(n).padStart(Math.ceil(String(n).length / 3) * 3, '0');
    const name = digits.replace(/(\d{3})(?=\d)/g, 'x$1/');
    const width = Math.min(256, hashes - n * 256);
    yield `tile/${level}/${name}${width === 256 ? '' : `.p/${width}`}`;
  }
}

/** A key that signs the log of a database, in place of the signer. */
export function testSigner(origin: string): {
  readonly key: SigningKey;
  publish(db: Db, size: number): Promise<string>;
} {
  const key = generateSigningKey(origin, 'ed25519', () => 0);
  return {
    key,
    publish: async (db, size) => {
      const text = formatCheckpoint({ origin, size, root: await rootAt(nodesOf(db.sql, size), size) });
      const note = formatNote(text, [signatureLine(key.name, key.keyId, await key.sign(text))]);
      await writePublished(db.sql, { size, note, signedAt: new Date() });
      return note;
    },
  };
}
