/** Receipts: one that is right is believed; one that is of something else is refused, and says by what check. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { testTree } from '../../../../test/support/tree.ts';
import { formatCheckpoint } from './checkpoint.ts';
import { leafHash } from './hashing.ts';
import { generateSigningKey, parseVerifierKey, type SigningKey } from './keys.ts';
import { formatNote, parseNote, signatureLine } from './note.ts';
import { inclusionProof } from './proofs.ts';
import { formatReceipt, parseReceipt, type Receipt, type Trusted, verifyReceipt } from './receipt.ts';

const ORIGIN = 'example.org/log';
const SIZE = 11;
const INDEX = 6;

const { leaves, nodes, root: rootAt } = testTree(SIZE);
const root = await rootAt();

const now = (): number => 1_790_000_000;
const log = generateSigningKey(ORIGIN, 'ed25519', now);
const stranger = generateSigningKey(ORIGIN, 'ed25519', now);
const witnesses = ['w1.example', 'w2.example', 'w3.example'].map((name) =>
  generateSigningKey(name, 'ed25519-cosignature', now),
);
async function signNote(of: string, keys: readonly SigningKey[]): Promise<string> {
  const signed = keys.map(async (key) => signatureLine(key.name, key.keyId, await key.sign(of)));
  return formatNote(of, await Promise.all(signed));
}

const text = formatCheckpoint({ origin: ORIGIN, size: SIZE, root });
const checkpoint = await signNote(text, [log, ...witnesses.slice(0, 2)]);
const receipt: Receipt = { index: INDEX, proof: await inclusionProof(nodes, INDEX, SIZE), checkpoint };
const leaf = leaves[INDEX] ?? Buffer.alloc(32);

const trusted: Trusted = { origin: ORIGIN, logKeys: [parseVerifierKey(log.vkey)] };
const quorumOf = (quorum: number): Trusted => ({
  ...trusted,
  witnesses: { keys: witnesses.map(({ vkey }) => parseVerifierKey(vkey)), quorum },
});

describe('a receipt', () => {
  it('is written as the specification says', () => {
    const [first = ''] = receipt.proof.map((hash) => Buffer.from(hash).toString('base64'));
    const written = formatReceipt({ ...receipt, extra: Buffer.from('more') });
    expect(written.startsWith(`c2sp.org/tlog-proof@v1\nextra bW9yZQ==\nindex 6\n${first}\n`)).toBe(true);
    expect(written.endsWith(`=\n\n${checkpoint}`)).toBe(true);
    expect(formatReceipt(receipt).startsWith('c2sp.org/tlog-proof@v1\nindex 6\n')).toBe(true);
  });

  it('comes back out of its text', () => {
    for (const given of [receipt, { ...receipt, extra: Buffer.from('more') }, { ...receipt, extra: Buffer.alloc(0) }]) {
      expect(parseReceipt(formatReceipt(given))).toEqual(given);
    }
    const single: Receipt = { index: 0, proof: [], checkpoint };
    expect(formatReceipt(single)).toBe(`c2sp.org/tlog-proof@v1\nindex 0\n\n${checkpoint}`);
    expect(parseReceipt(formatReceipt(single))).toEqual(single);
  });

  it('proves its entry', () => {
    expect(verifyReceipt(receipt, leaf, trusted)).toEqual({ origin: ORIGIN, size: SIZE, root, extensions: [] });
    expect(verifyReceipt(receipt, leaf, quorumOf(2)).size).toBe(SIZE);
  });

  it('may be signed by any of the log keys that are trusted', () => {
    const both = [parseVerifierKey(stranger.vkey), parseVerifierKey(log.vkey)];
    expect(verifyReceipt(receipt, leaf, { ...trusted, logKeys: both }).size).toBe(SIZE);
  });

  it('needs no order among its signatures', () => {
    const note = parseNote(checkpoint);
    const turned = formatNote(note.text, note.signatures.map(({ line }) => line).toReversed());
    expect(verifyReceipt({ ...receipt, checkpoint: turned }, leaf, quorumOf(2)).size).toBe(SIZE);
  });
});

describe('a receipt is refused', () => {
  const refusal = (given: Receipt, of = leaf, whom = trusted): unknown => {
    try {
      return verifyReceipt(given, of, whom);
    } catch (error) {
      return error;
    }
  };
  const refused = (check: string) => ({ code: 'audit.receipt_refused', kind: 'integrity', details: { check } });

  it('for every other leaf and every other index', () => {
    for (let other = 0; other < SIZE; other += 1) {
      if (other === INDEX) continue;
      expect(refusal(receipt, leaves[other])).toMatchObject(refused('inclusion'));
      expect(refusal({ ...receipt, index: other })).toMatchObject(refused('inclusion'));
      expect(refusal({ ...receipt, index: other }, leaves[other])).toMatchObject(refused('inclusion'));
    }
    for (const index of [-1, SIZE, 2 ** 53, 0.5]) {
      expect(refusal({ ...receipt, index })).toMatchObject(refused('inclusion'));
    }
    expect(refusal(receipt, Buffer.from('leaf 6'))).toMatchObject(refused('inclusion'));
  });

  it('with any bit of its proof turned, or a hash less or more', () => {
    fc.assert(
      fc.property(fc.nat(receipt.proof.length - 1), fc.nat(255), (at, bit) => {
        const proof = receipt.proof.map((hash) => Buffer.from(hash));
        const hash = proof[at] ?? Buffer.alloc(32);
        hash[bit >> 3] = (hash[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(refusal({ ...receipt, proof })).toMatchObject(refused('inclusion'));
      }),
      { numRuns: 200 },
    );
    expect(refusal({ ...receipt, proof: receipt.proof.slice(1) })).toMatchObject(refused('inclusion'));
    expect(refusal({ ...receipt, proof: [...receipt.proof, root] })).toMatchObject(refused('inclusion'));
  });

  it('of another log', () => {
    expect(refusal(receipt, leaf, { ...trusted, origin: 'example.org/other' })).toMatchObject(refused('origin'));
  });

  it('that no trusted key of the log has signed', async () => {
    const logKeys = [parseVerifierKey(stranger.vkey)];
    expect(refusal(receipt, leaf, { ...trusted, logKeys })).toMatchObject(refused('signature'));
    expect(refusal(receipt, leaf, { ...trusted, logKeys: [] })).toMatchObject(refused('signature'));
    const witnessed = await signNote(text, witnesses);
    expect(refusal({ ...receipt, checkpoint: witnessed }, leaf, quorumOf(3))).toMatchObject(refused('signature'));
  });

  it('whose checkpoint was changed after it was signed', () => {
    const { signatures } = parseNote(checkpoint);
    const lines = signatures.map(({ line }) => line);
    for (const changed of [
      { origin: ORIGIN, size: SIZE + 1, root },
      { origin: ORIGIN, size: SIZE, root: leafHash('forged') },
    ]) {
      const forged = formatNote(formatCheckpoint(changed), lines);
      expect(refusal({ ...receipt, checkpoint: forged })).toMatchObject(refused('signature'));
    }
  });

  it('that too few witnesses have signed, or one whose signature is wrong', async () => {
    expect(refusal(receipt, leaf, quorumOf(3))).toMatchObject(refused('witnesses'));
    const unwitnessed = await signNote(text, [log]);
    expect(refusal({ ...receipt, checkpoint: unwitnessed }, leaf, quorumOf(1))).toMatchObject(refused('witnesses'));
    const lines = parseNote(checkpoint).signatures.map(({ line }) => line);
    const [, , third = log] = witnesses;
    const forged = signatureLine(third.name, third.keyId, Buffer.alloc(72));
    const given = { ...receipt, checkpoint: formatNote(text, [...lines, forged]) };
    expect(refusal(given, leaf, quorumOf(2))).toMatchObject(refused('witnesses'));
    expect(verifyReceipt(given, leaf, trusted).size).toBe(SIZE); // who trusts no witness does not look
  });

  it('whose checkpoint is none', async () => {
    expect(refusal({ ...receipt, checkpoint: 'x' })).toMatchObject(refused('checkpoint'));
    const note = await signNote('any text\n', [log]);
    expect(refusal({ ...receipt, checkpoint: note })).toMatchObject(refused('checkpoint'));
  });
});

describe('a text is no receipt', () => {
  const hash = Buffer.alloc(32).toString('base64');
  const head = 'c2sp.org/tlog-proof@v1';
  it.each([
    ['nothing', ''],
    ['another version', `c2sp.org/tlog-proof@v2\nindex 1\n\n${checkpoint}`],
    ['a line before', `\n${head}\nindex 1\n\n${checkpoint}`],
    ['no index', `${head}\n${hash}\n\n${checkpoint}`],
    ['an index with a zero', `${head}\nindex 01\n\n${checkpoint}`],
    ['an index below 0', `${head}\nindex -1\n\n${checkpoint}`],
    ['an index that is not exact', `${head}\nindex 9007199254740992\n\n${checkpoint}`],
    ['no index after the word', `${head}\nindex \n\n${checkpoint}`],
    ['two extra lines', `${head}\nextra AAAA\nextra AAAA\nindex 1\n\n${checkpoint}`],
    ['extra after the index', `${head}\nindex 1\nextra AAAA\n\n${checkpoint}`],
    ['extra that is not base64', `${head}\nextra *\nindex 1\n\n${checkpoint}`],
    ['a hash of 31 bytes', `${head}\nindex 1\n${Buffer.alloc(31).toString('base64')}\n\n${checkpoint}`],
    ['a hash that is not canonical', `${head}\nindex 1\n${hash.replace('A=', 'B=')}\n\n${checkpoint}`],
    ['CR', `${head}\r\nindex 1\n\n${checkpoint}`],
    ['65 hashes', `${head}\nindex 1\n${`${hash}\n`.repeat(65)}\n${checkpoint}`],
    ['no checkpoint', `${head}\nindex 1\n`],
    ['too many characters', `${head}\nextra ${'A'.repeat(2_000_000)}\nindex 1\n\n${checkpoint}`],
  ])('with %s', (_, given) => {
    expect(() => parseReceipt(given)).toThrow(expect.objectContaining({ code: 'audit.receipt_malformed' }));
  });

  it('with a checkpoint that is no note', () => {
    expect(() => parseReceipt(`${head}\nindex 1\n\nx`)).toThrow(
      expect.objectContaining({ code: 'audit.note_malformed' }),
    );
  });

  it('and none is written that could not be read', () => {
    const malformed = { code: 'audit.receipt_malformed' };
    for (const wrong of [
      { ...receipt, index: -1 },
      { ...receipt, index: 0.5 },
      { ...receipt, proof: [Buffer.alloc(31)] },
      { ...receipt, proof: Array.from({ length: 65 }, () => Buffer.alloc(32)) },
    ]) {
      expect(() => formatReceipt(wrong)).toThrow(expect.objectContaining(malformed));
    }
    expect(() => formatReceipt({ ...receipt, checkpoint: text })).toThrow(
      expect.objectContaining({ code: 'audit.note_malformed' }),
    );
  });
});
