/** Cosignatures of both types: those of another implementation verify, ours are of exactly their messages. */
import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { TORCHWOOD } from '../../../../test/support/torchwood-note.ts';
import { formatCheckpoint } from './checkpoint.ts';
import { cosignatureTime, cosigner } from './cosignature.ts';
import { EMPTY_ROOT, leafHash } from './hashing.ts';
import { ALGORITHMS, formatSigningKey, parseSigningKey } from './keys.ts';
import { formatNote, parseNote, parseVerifierKey, signNote, verifiedBy } from './note.ts';

const TIME = 1_679_315_147;
const now = () => TIME;
const root = leafHash('x');
const text = formatCheckpoint({ origin: 'example.com/behind-the-sofa', size: 20_852_163, root });

/** Node 24 knows ML-DSA; before, such keys are refused. */
const hasMlDsa = ((): boolean => {
  try {
    return formatSigningKey('a', Buffer.alloc(32), ALGORITHMS.mlDsa44).vkey !== '';
  } catch {
    return false;
  }
})();

const keyOf = (name: string, algorithm: number = ALGORITHMS.ed25519, seed = 1): KeyObject =>
  parseSigningKey(formatSigningKey(name, Buffer.alloc(32, seed), algorithm).skey).privateKey;

const kinds = [
  { kind: 'Ed25519', algorithm: ALGORITHMS.ed25519, type: 4, bytes: 72, theirs: TORCHWOOD.ed25519 },
  { kind: 'ML-DSA-44', algorithm: ALGORITHMS.mlDsa44, type: 6, bytes: 2428, theirs: TORCHWOOD.mlDsa44 },
].filter(({ type }) => type === 4 || hasMlDsa);

describe.each(kinds)('a cosignature by $kind', ({ algorithm, type, bytes, theirs }) => {
  const name = 'witness.example.com/w1';
  const witness = cosigner(name, keyOf(name, algorithm), now);
  const verifier = parseVerifierKey(witness.vkey);
  const signature = Buffer.from(witness.sign(text) as Uint8Array);

  it('verifies beside that of the log', async () => {
    const note = parseNote(await signNote(text, [witness]));
    expect(verifiedBy(note, [verifier])).toEqual([verifier]);
    expect(verifier).toMatchObject({ name, algorithm: type, keyId: witness.keyId });
    expect(signature).toHaveLength(bytes);
    expect(cosignatureTime(signature)).toBe(TIME);
  });

  it('of another implementation verifies, and so does its key', () => {
    const note = parseNote(formatNote(TORCHWOOD.text, [theirs.line]));
    const known = parseVerifierKey(theirs.vkey);
    expect(verifiedBy(note, [known])).toEqual([known]);
    expect(cosignatureTime(note.signatures[0]?.signature ?? Buffer.alloc(0))).toBe(TORCHWOOD.time);
    expect(cosigner(known.name, seeded(theirs.seed), now).vkey).toBe(theirs.vkey);
    const other = parseNote(formatNote(TORCHWOOD.text.replace('\n300\n', '\n301\n'), [theirs.line]));
    expect(() => verifiedBy(other, [known])).toThrow('is not of this text');
  });
  const seeded = (seed: Buffer): KeyObject => parseSigningKey(formatSigningKey('a', seed, algorithm).skey).privateKey;

  it('is of its time, its text and its name alone', () => {
    expect(verifier.verify(text, signature)).toBe(true);
    for (const at of [0, 7, 8, 40, bytes - 1]) {
      const wrong = Buffer.from(signature);
      wrong[at] = (wrong[at] ?? 0) ^ 1;
      expect(verifier.verify(text, wrong)).toBe(false);
    }
    for (const wrong of [text.replace('sofa', 'sofas'), text.replace('20852163', '20852162'), `${text}more\n`]) {
      expect(verifier.verify(wrong, signature)).toBe(false);
    }
    const stranger = cosigner(name, keyOf(name, algorithm, 2), now);
    expect(parseVerifierKey(stranger.vkey).verify(text, signature)).toBe(false);
  });

  it('has one length', () => {
    for (const wrong of [
      signature.subarray(1),
      signature.subarray(0, 8),
      Buffer.alloc(0),
      Buffer.concat([signature, root]),
    ]) {
      expect(verifier.verify(text, wrong)).toBe(false);
    }
  });

  it('has no time above 2^63 - 1', () => {
    const wrong = Buffer.from(signature);
    wrong.writeBigUInt64BE(2n ** 63n);
    expect(verifier.verify(text, wrong)).toBe(false);
    expect(cosignatureTime(wrong)).toBeUndefined();
    expect(cosignatureTime(Buffer.alloc(7))).toBeUndefined();
  });

  it('is of checkpoints alone', () => {
    expect(() => witness.sign('any text\n')).toThrow(expect.objectContaining({ code: 'audit.checkpoint_malformed' }));
    expect(verifier.verify('any text\n', signature)).toBe(false);
  });

  it('of an empty log is one like any other', () => {
    const empty = formatCheckpoint({ origin: 'a', size: 0, root: EMPTY_ROOT });
    expect(verifier.verify(empty, witness.sign(empty) as Uint8Array)).toBe(true);
  });
});

it('what Ed25519 signs is the message of the specification', () => {
  const key = keyOf('w');
  const signature = Buffer.from(cosigner('w', key, now).sign(text) as Uint8Array);
  const message = `cosignature/v1\ntime 1679315147\n${text}`;
  expect(verify(null, Buffer.from(message), createPublicKey(key), signature.subarray(8))).toBe(true);
  const extended = `${text}more\n`;
  const more = Buffer.from(cosigner('w', key, now).sign(extended) as Uint8Array);
  expect(verify(null, Buffer.from(`${message}more\n`), createPublicKey(key), more.subarray(8))).toBe(true);
});

describe.runIf(hasMlDsa)('what ML-DSA-44 signs', () => {
  const key = keyOf('w', ALGORITHMS.mlDsa44);
  const witness = cosigner('w', key, now);

  it('is the structure of the specification', () => {
    const signature = Buffer.from(witness.sign(text) as Uint8Array);
    const uint64 = (value: number): string => value.toString(16).padStart(16, '0');
    const message = [
      Buffer.from('subtree/v1\n\0').toString('hex'),
      `01${Buffer.from('w').toString('hex')}`,
      uint64(TIME),
      `1b${Buffer.from('example.com/behind-the-sofa').toString('hex')}`,
      uint64(0),
      uint64(20_852_163),
      root.toString('hex'),
    ].join('');
    expect(verify(null, Buffer.from(message, 'hex'), createPublicKey(key), signature.subarray(8))).toBe(true);
  });

  it('has no extension lines, for it would leave them out', () => {
    expect(() => witness.sign(`${text}more\n`)).toThrow(expect.objectContaining({ code: 'audit.checkpoint_extended' }));
  });

  it('has names of 255 bytes at most', () => {
    const of = (origin: string): string => formatCheckpoint({ origin, size: 1, root });
    expect(witness.sign(of('x'.repeat(255)))).toHaveLength(2428);
    expect(() => witness.sign(of('x'.repeat(256)))).toThrow('has 256 bytes');
    expect(() => witness.sign(of('\u00e8'.repeat(128)))).toThrow('has 256 bytes');
  });

  it('has a time of its own, and 0 where the cosigner tells none', () => {
    const untimed = cosigner('w', key, () => 0);
    const signature = untimed.sign(text) as Uint8Array;
    expect(cosignatureTime(signature)).toBe(0);
    expect(parseVerifierKey(untimed.vkey).verify(text, signature)).toBe(true);
  });
});

it('one Ed25519 key has another id as a witness than as a log', () => {
  const { vkey } = formatSigningKey('a', Buffer.alloc(32, 1));
  const witness = cosigner('a', keyOf('a'), now);
  expect(witness.vkey).not.toBe(vkey);
  // So neither passes for the other.
  expect(parseVerifierKey(vkey).verify(text, witness.sign(text) as Uint8Array)).toBe(false);
});
