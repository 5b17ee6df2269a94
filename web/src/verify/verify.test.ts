import { generateKeyPairSync, hash, sign } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { genesisHash, leafText } from '../../../src/features/audit/log/leaf.ts';
import { leafHash as leafHashOfService } from '../../../src/features/audit/tlog/hashing.ts';
import { encodeEntries, parseTilePath, tilesFor } from '../../../src/features/audit/tlog/tiles.ts';
import { Frontier } from '../../../src/features/audit/tlog/tree.ts';
import { entryPaths } from './entry-tiles.ts';
import { LeafReader } from './leaf.ts';
import { sha256, toHex } from './sha256.ts';
import { type Earlier, type Verdict, verifyLog } from './verify-log.ts';

test('SHA-256 is that of Node, for any bytes and around each length of a block', () => {
  for (let length = 0; length < 200; length += 1) {
    const bytes = new Uint8Array(length).fill(length);
    expect(toHex(sha256(bytes))).toBe(hash('sha256', bytes, 'hex'));
    expect(toHex(sha256(Buffer.concat([bytes, bytes]), 1, length + 1))).toBe(
      hash('sha256', Buffer.concat([bytes, bytes]).subarray(1, length + 1), 'hex'),
    );
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 1_000 }), (bytes) => toHex(sha256(bytes)) === hash('sha256', bytes, 'hex')),
    { numRuns: 50 },
  );
});

test('bundles are asked for under the paths that the service knows', () => {
  for (const size of [0, 1, 256, 257, 1_000 * 256, 1_000 * 256 + 3]) {
    const expected = [...tilesFor(size)].filter(({ level }) => level === 'entries');
    expect(entryPaths(size).map(parseTilePath)).toEqual(expected);
  }
});

describe('a leaf is read as its pattern says', () => {
  const pattern =
    /^plumbline\/audit@v1\n([a-z][a-z0-9_.]{0,63}) (0|[1-9]\d*)\n[^\n]+ [a-z][a-z0-9_-]{0,31}\n[0-9a-f]{64} ([0-9a-f]{64})(?: bare)?\n[1-9]\d* [^\n]+\n$/;
  const hashes = `${'0123456789abcdef'.repeat(4)} ${'fedcba9876543210'.repeat(4)}`;
  const leafOf = (
    line2 = 'payments 7',
    line3 = 'record 1 insert',
    line4 = hashes,
    line5 = '17000 somebody else',
  ): Buffer => Buffer.from(`plumbline/audit@v1\n${line2}\n${line3}\n${line4}\n${line5}\n`);
  /** Between bytes that are not its own. */
  function expectSame(leaf: Buffer): void {
    const [, stream, seq, previous] = pattern.exec(leaf.toString('latin1')) ?? [];
    const reader = new LeafReader();
    const bytes = Buffer.concat([Buffer.from('abc'), leaf, Buffer.from('\nxyz')]);
    const isLeaf = reader.read(bytes, 3, 3 + leaf.length);
    const { name, nameEnd, previous: at } = reader;
    const found = isLeaf
      ? [bytes.toString('latin1', name, nameEnd), reader.seq, bytes.toString('latin1', at, at + 64)]
      : [];
    expect(found).toEqual(stream === undefined ? [] : [stream, Number(seq), previous]);
  }

  test('where every byte of it may be another one, and anything may be missing', () => {
    const leaf = leafOf(undefined, undefined, `${hashes} bare`);
    const byte = fc.constantFrom(...'azf09 \n._-AGé\0'.split('').map((character) => character.charCodeAt(0) & 0xff));
    fc.assert(
      fc.property(fc.nat(leaf.length - 1), byte, fc.nat(2), (at, value, kind) => {
        const other = Buffer.from(leaf);
        other[at] = value;
        expectSame(
          [other, leaf.subarray(0, at), Buffer.concat([leaf.subarray(0, at), leaf.subarray(at + 1)])][kind] ?? leaf,
        );
      }),
      { numRuns: 2_000 },
    );
  });

  test('at the ends of what each field may be', () => {
    const leaves = [
      leafOf(),
      ...['p 0', 'p 00', 'p 01', 'p ', 'p', '1p 1', `${'p'.repeat(64)} 1`, `${'p'.repeat(65)} 1`].map((line) =>
        leafOf(line),
      ),
      ...['r insert', ' insert', 'insert', '  insert', 'r ', 'r 1a', `r ${'a'.repeat(32)}`, `r ${'a'.repeat(33)}`].map(
        (line) => leafOf(undefined, line),
      ),
      ...[`${hashes} bare`, `${hashes} bar`, `${hashes}0`, hashes.slice(1), hashes.toUpperCase()].map((line) =>
        leafOf(undefined, undefined, line),
      ),
      ...['0 a', '01 a', '1 ', '1', ' a', '1 a\n', '1 \u00e9'].map((line) =>
        leafOf(undefined, undefined, undefined, line),
      ),
      Buffer.alloc(0),
    ];
    for (const leaf of leaves) expectSame(leaf);
  });
});

const ORIGIN = 'log.example/test';

/** A log of two streams, served from memory, with a key of its own. */
class ServedLog {
  readonly #keys = generateKeyPairSync('ed25519');
  readonly leaves: string[] = [];
  readonly #heads = new Map<string, string>();

  append(stream: string, recordId: string): void {
    const seq = this.leaves.filter((leaf) => leaf.split('\n')[1]?.startsWith(`${stream} `)).length;
    const previousHash = this.#heads.get(stream) ?? genesisHash(ORIGIN, stream);
    const leaf = leafText({
      ...{ stream, seq, recordId, op: 'insert', dataHash: '0'.repeat(64), previousHash, bare: seq % 3 === 1 },
      ...{ atUs: 1_700_000_000_000_000 + this.leaves.length, actor: 'người vận hành' },
    });
    this.leaves.push(leaf);
    this.#heads.set(stream, leafHashOfService(leaf).toString('hex'));
  }

  get root(): Buffer {
    const tree = Frontier.empty();
    for (const leaf of this.leaves) tree.append(leafHashOfService(leaf));
    return tree.root();
  }

  get vkey(): string {
    const raw = this.#keys.publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
    const key = Buffer.concat([Buffer.of(1), raw]);
    return `${ORIGIN}+${this.#id(key).toString('hex')}+${key.toString('base64')}`;
  }

  #id(key: Buffer): Buffer {
    return hash('sha256', Buffer.concat([Buffer.from(`${ORIGIN}\n`), key]), 'buffer').subarray(0, 4);
  }

  note(): string {
    const text = `${ORIGIN}\n${this.leaves.length}\n${this.root.toString('base64')}\n`;
    const id = Buffer.from(this.vkey.split('+')[1] ?? '', 'hex');
    const signature = Buffer.concat([id, sign(null, Buffer.from(text), this.#keys.privateKey)]);
    return `${text}\n\u2014 ${ORIGIN} ${signature.toString('base64')}\n`;
  }

  /** @param served what is given instead of the log's own leaves. @param note in the checkpoint's place */
  verify(more: { served?: readonly string[]; note?: string; vkey?: string; earlier?: Earlier } = {}): Promise<Verdict> {
    const { served = this.leaves, note = this.note(), vkey = this.vkey, earlier } = more;
    return verifyLog({
      ...{ vkey, earlier, onProgress: () => undefined },
      read: async (path) => {
        if (path === 'checkpoint') return Buffer.from(note);
        const { index = 0, width = 0 } = parseTilePath(path) ?? {};
        return encodeEntries(served.slice(index * 256, index * 256 + width).map((leaf) => Buffer.from(leaf)));
      },
    });
  }
}

function served(size: number): ServedLog {
  const log = new ServedLog();
  for (let at = 0; at < size; at += 1) log.append(at % 3 === 0 ? 'payments' : 'rates', `bản-ghi-${at}`);
  return log;
}

describe('a log that is verified', () => {
  const log = served(600);
  const at = (index: number, leaf: string): readonly string[] => log.leaves.toSpliced(index, 1, leaf);

  test('holds, over several bundles, and beside what was verified before', async () => {
    const shorter = served(300);
    const earlier = { size: 300, root: shorter.root.toString('hex') };
    expect(await log.verify({ earlier })).toEqual({
      ...{ kind: 'holds', origin: ORIGIN, size: 600, streams: 2 },
      root: log.root.toString('hex'),
    });
    expect(await served(0).verify()).toMatchObject({ kind: 'holds', size: 0 });
  });

  test.each<[string, Parameters<ServedLog['verify']>[0], object]>([
    [
      'a record that was changed',
      { served: at(20, log.leaves[20]?.replace('bản-ghi-20', 'bản-ghi-21') ?? '') },
      { fault: 'chain', index: 22 },
    ],
    [
      'a newest record that was changed',
      { served: at(599, log.leaves[599]?.replace('-599', '-598') ?? '') },
      { fault: 'root' },
    ],
    ['an entry that was taken away', { served: log.leaves.toSpliced(20, 1) }, { fault: 'chain', index: 21 }],
    ['entries in another order', { served: at(21, log.leaves[24] ?? '') }, { fault: 'chain', index: 21 }],
    ['an entry that is none', { served: at(21, 'plumbline/audit@v2\n') }, { fault: 'leaf', index: 21 }],
    ['a bundle that is cut off', { served: log.leaves.slice(0, 590) }, { fault: 'bundle', index: 512 }],
    ['a checkpoint of another root', { note: served(601).note() }, { fault: 'signature' }],
    ['a checkpoint that is none', { note: 'hello' }, { fault: 'checkpoint' }],
    ['a key that is another one', { vkey: served(1).vkey }, { fault: 'signature' }],
    ['a key that is none', { vkey: 'key' }, { fault: 'signature' }],
    ['a log that was longer', { earlier: { size: 601, root: '0'.repeat(64) } }, { fault: 'shrunk' }],
    ['a log that was another one', { earlier: { size: 300, root: '0'.repeat(64) } }, { fault: 'fork', index: 300 }],
  ])('%s', async (_, options, fault) => {
    expect(await log.verify(options)).toMatchObject({ kind: 'broken', ...fault });
  });
});
