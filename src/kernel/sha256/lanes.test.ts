import { hash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { ALONE, HASH_BYTES, manyHashes } from './lanes.ts';

const lanes = manyHashes();

const sha256 = (bytes: Uint8Array): string => hash('sha256', bytes, 'hex');

/** Side by side, with a byte that belongs to none between them. */
function laid(messages: readonly Uint8Array[]): { readonly bytes: Buffer; readonly places: Uint32Array } {
  const places = new Uint32Array(2 * messages.length);
  let at = 0;
  for (const [n, { length }] of messages.entries()) {
    places[2 * n] = at;
    places[2 * n + 1] = at + length;
    at += length + 1;
  }
  return { bytes: Buffer.concat(messages.flatMap((message) => [message, Uint8Array.of(0xee)])), places };
}

function digestsOf(bytes: Uint8Array, places: Uint32Array, hashes = lanes): readonly string[] {
  const into = Buffer.alloc((places.length / 2) * HASH_BYTES, 0xdd);
  hashes.messages(bytes, places, into);
  return Array.from({ length: places.length / 2 }, (_, n) =>
    into.toString('hex', n * HASH_BYTES, (n + 1) * HASH_BYTES),
  );
}

const digests = (messages: readonly Uint8Array[], hashes = lanes): readonly string[] => {
  const { bytes, places } = laid(messages);
  return digestsOf(bytes, places, hashes);
};

/** Bytes that differ from message to message. */
const message = (length: number, seed: number): Buffer =>
  Buffer.from(Array.from({ length }, (_, n) => (n * 131 + seed * 29 + (n >> 8)) & 0xff));

test('there are lanes where this is tested', () => {
  expect(lanes).not.toBe(ALONE);
});

describe.each([
  ['in lanes', lanes],
  ['alone', ALONE],
])('messages that are hashed %s have the digests of node:crypto', (_, hashes) => {
  it('of every length, in each lane', () => {
    const messages = Array.from({ length: 301 * 4 }, (_, n) => message(n >> 2, n));
    expect(digests(messages, hashes)).toEqual(messages.map(sha256));
  });

  it('of any lengths in one call, however many', () => {
    const lengths = fc.array(fc.integer({ min: 0, max: 1_200 }), { maxLength: 40 });
    fc.assert(
      fc.property(lengths, (each) => {
        const messages = each.map(message);
        expect(digests(messages, hashes)).toEqual(messages.map(sha256));
      }),
      { numRuns: 60 },
    );
  });

  it('of thousands, in whose midst are some of megabytes', () => {
    const messages = Array.from({ length: 5_001 }, (_, n) => message(n % 1_000 === 7 ? 300_000 + n : n % 97, n));
    expect(digests(messages, hashes)).toEqual(messages.map(sha256));
  });

  it('in whatever order they stand, and where they overlap', () => {
    const bytes = message(4_000, 3);
    const places = Uint32Array.from(
      Array.from({ length: 99 }, (_, n) => (n * 1_777) % 3_000).flatMap((start, n) => [
        start,
        start + ((n * 37) % 900),
      ]),
    );
    const expected = Array.from({ length: 99 }, (_, n) => sha256(bytes.subarray(places[2 * n], places[2 * n + 1])));
    expect(digestsOf(bytes, places, hashes)).toEqual(expected);
  });

  it('and are refused where they are not within the bytes', () => {
    for (const place of [
      [0, 101],
      [50, 49],
    ]) {
      const places = Uint32Array.from([0, 1, ...place]);
      expect(() => digestsOf(Buffer.alloc(100), places, hashes)).toThrow(/message 1 is from .* there are 100 bytes/);
    }
  });

  // https://csrc.nist.gov/projects/cryptographic-standards-and-guidelines/example-values
  it.each([
    ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    [
      'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
      '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
    ],
    [
      'abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu',
      'cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1',
    ],
  ])('of NIST: "%s"', (text, digest) => {
    expect(
      digests(
        [text, text, text, text].map((each) => Buffer.from(each)),
        hashes,
      ),
    ).toEqual(Array(4).fill(digest));
  });

  it('over 2^n hashes, node by node', () => {
    const node = (left: Buffer, right: Buffer) =>
      hash('sha256', Buffer.concat([Uint8Array.of(1), left, right]), 'buffer');
    const plain = (all: readonly Buffer[]): Buffer => {
      const [one = Buffer.alloc(0)] = all;
      const half = all.length / 2;
      return half < 1 ? one : node(plain(all.slice(0, half)), plain(all.slice(half)));
    };
    for (const count of [1, 2, 4, 8, 16, 32, 256, 4_096, 16_384]) {
      const all = Array.from({ length: count }, (_, n) => message(HASH_BYTES, n + count));
      expect(hashes.root(Buffer.concat(all)).toString('hex')).toBe(plain(all).toString('hex'));
    }
    for (const bytes of [0, 31, 33, 96]) expect(() => hashes.root(Buffer.alloc(bytes))).toThrow(RangeError);
  });
});
