/** Cosignatures of both types: those of another implementation verify, ours are of exactly their messages. */
import { createPublicKey, verify } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { TORCHWOOD } from '../../../../test/support/torchwood-note.ts';
import { formatCheckpoint } from './checkpoint.ts';
import { type KeyAlgorithm, splitTime } from './cosignature.ts';
import { EMPTY_ROOT, leafHash } from './hashing.ts';
import { generateSigningKey, parseSigningKey, parseVerifierKey, type SigningKey } from './keys.ts';
import { formatNote, parseNote, signatureLine, verifiedBy } from './note.ts';

const TIME = 1_679_315_147;
const now = () => TIME;
const root = leafHash('x');
const text = formatCheckpoint({ origin: 'example.com/behind-the-sofa', size: 20_852_163, root });

/** Node 24 knows ML-DSA; before, such keys are refused. */
const hasMlDsa = ((): boolean => {
  try {
    return generateSigningKey('a', 'ml-dsa-44', now).vkey !== '';
  } catch {
    return false;
  }
})();

interface Kind {
  readonly algorithm: KeyAlgorithm;
  readonly type: number;
  readonly bytes: number;
  readonly theirs: { readonly skey: string; readonly vkey: string; readonly line: string };
}
const kinds: readonly Kind[] = [
  { algorithm: 'ed25519-cosignature', type: 4, bytes: 72, theirs: TORCHWOOD.ed25519 },
  { algorithm: 'ml-dsa-44', type: 6, bytes: 2428, theirs: TORCHWOOD.mlDsa44 },
];
const signed = (key: SigningKey, of = text): Buffer => {
  const signature = key.sign(of);
  if (signature instanceof Promise) throw new TypeError('a key in memory signs at once');
  return Buffer.from(signature);
};
/** The bare public key as Node takes it, by what stands before it in DER. */
const publicKeyOf = (vkey: string, prefix: string) =>
  createPublicKey({
    key: Buffer.concat([
      Buffer.from(prefix, 'hex'),
      Buffer.from(vkey.split('+').slice(2).join('+'), 'base64').subarray(1),
    ]),
    format: 'der',
    type: 'spki',
  });

describe.each(kinds.filter(({ type }) => type === 4 || hasMlDsa))('a cosignature by $algorithm', (kind) => {
  const { algorithm, type, bytes, theirs } = kind;
  const name = 'witness.example.com/w1';
  const witness = generateSigningKey(name, algorithm, now);
  const verifier = parseVerifierKey(witness.vkey);
  const signature = signed(witness);

  it('verifies', () => {
    const note = parseNote(formatNote(text, [signatureLine(name, witness.keyId, signature)]));
    expect(verifiedBy(note, [verifier])).toEqual([verifier]);
    expect(verifier).toMatchObject({ name, algorithm: type, keyId: witness.keyId });
    expect(signature).toHaveLength(bytes);
    expect(splitTime(signature)?.seconds).toBe(TIME);
  });

  it('of another implementation verifies, and so does its key', () => {
    const note = parseNote(formatNote(TORCHWOOD.text, [theirs.line]));
    const known = parseVerifierKey(theirs.vkey);
    expect(verifiedBy(note, [known])).toEqual([known]);
    expect(splitTime(note.signatures[0]?.signature ?? Buffer.alloc(0))?.seconds).toBe(TORCHWOOD.time);
    expect(parseSigningKey(theirs.skey, now)).toMatchObject({ vkey: theirs.vkey, secret: theirs.skey });
    const other = parseNote(formatNote(TORCHWOOD.text.replace('\n300\n', '\n301\n'), [theirs.line]));
    expect(() => verifiedBy(other, [known])).toThrow('does not fit the text');
  });

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
    const stranger = generateSigningKey(name, algorithm, now);
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
    expect(splitTime(wrong)).toBeUndefined();
    expect(splitTime(Buffer.alloc(8))).toBeUndefined();
  });

  it('is of checkpoints alone', () => {
    expect(() => witness.sign('any text\n')).toThrow(expect.objectContaining({ code: 'audit.checkpoint_malformed' }));
    expect(verifier.verify('any text\n', signature)).toBe(false);
  });

  it('of an empty log is one like any other', () => {
    const empty = formatCheckpoint({ origin: 'a', size: 0, root: EMPTY_ROOT });
    expect(verifier.verify(empty, signed(witness, empty))).toBe(true);
  });
});

it('what Ed25519 signs is the message of the specification', () => {
  const witness = generateSigningKey('w', 'ed25519-cosignature', now);
  const key = publicKeyOf(witness.vkey, '302a300506032b6570032100');
  const message = `cosignature/v1\ntime 1679315147\n${text}`;
  expect(verify(null, Buffer.from(message), key, signed(witness).subarray(8))).toBe(true);
  expect(verify(null, Buffer.from(`${message}more\n`), key, signed(witness, `${text}more\n`).subarray(8))).toBe(true);
});

describe.runIf(hasMlDsa)('what ML-DSA-44 signs', () => {
  const witness = generateSigningKey('w', 'ml-dsa-44', now);

  it('is the structure of the specification', () => {
    const key = publicKeyOf(witness.vkey, '30820532300b06096086480165030403110382052100');
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
    expect(verify(null, Buffer.from(message, 'hex'), key, signed(witness).subarray(8))).toBe(true);
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
    const untimed = parseSigningKey(witness.secret, () => 0);
    const signature = signed(untimed);
    expect(splitTime(signature)?.seconds).toBe(0);
    expect(parseVerifierKey(untimed.vkey).verify(text, signature)).toBe(true);
  });
});
