import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatCheckpoint, parseCheckpoint } from './checkpoint.ts';
import { leafHash, nodeHash } from './hashing.ts';
import { generateSigningKey, parseSigningKey, parseVerifierKey, type SigningKey } from './keys.ts';
import { formatNote, parseNote, signatureLine, verifiedBy } from './note.ts';
import { formatReceipt, parseReceipt, type Receipt, verifyReceipt } from './receipt.ts';

const now = (): number => 1_790_000_000;

async function signed(text: string, ...keys: readonly SigningKey[]): Promise<string> {
  const lines = await Promise.all(keys.map(async (key) => signatureLine(key.name, key.keyId, await key.sign(text))));
  return formatNote(text, lines);
}

describe('a key', () => {
  // The example of https://pkg.go.dev/golang.org/x/mod/sumdb/note
  const vkey = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
  const skey = 'PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz';
  const text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
  const line =
    '\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=';

  it("signs and verifies as Go's package does", async () => {
    const key = parseSigningKey(skey, now);
    expect(key.vkey).toBe(vkey);
    expect(key.secret).toBe(skey);
    expect(await signed(text, key)).toBe(`${text}\n${line}\n`);
    expect(verifiedBy(parseNote(`${text}\n${line}\n`), [parseVerifierKey(vkey)])).toHaveLength(1);
  });

  it.each(['ed25519', 'ed25519-cosignature', 'ml-dsa-44'] as const)(
    'of algorithm %s comes back out of its text',
    async (algorithm) => {
      const key = generateSigningKey('example.org/log', algorithm, now);
      const again = parseSigningKey(key.secret, now);
      expect(again.vkey).toBe(key.vkey);
      const note = await signed(formatCheckpoint({ origin: 'example.org/log', size: 7, root: leafHash('x') }), again);
      expect(verifiedBy(parseNote(note), [parseVerifierKey(key.vkey)])).toHaveLength(1);
      const other = note.replace('\n7\n', '\n8\n');
      expect(() => verifiedBy(parseNote(other), [parseVerifierKey(key.vkey)])).toThrow('does not fit the text');
    },
  );

  it('of a cosigner vouches for the time too', async () => {
    const key = generateSigningKey('witness.example', 'ed25519-cosignature', now);
    const note = parseNote(await signed(formatCheckpoint({ origin: 'a', size: 1, root: leafHash('x') }), key));
    const [signature] = note.signatures;
    const later = Uint8Array.from(signature?.signature ?? []);
    later[7] = (later[7] ?? 0) + 1;
    expect(parseVerifierKey(key.vkey).verify(note.text, signature?.signature ?? later)).toBe(true);
    expect(parseVerifierKey(key.vkey).verify(note.text, later)).toBe(false);
  });

  it.each([
    ['', 'no key'],
    ['a+b', 'no key'],
    [vkey.replace('c74f20a3', 'c74f20a4'), 'its id'],
    [vkey.replace('Peter', 'Pete'), 'its id'],
    [vkey.slice(0, -4), 'has 32 bytes, not 29'],
    [vkey.replace('+AR', '+Bx'), 'no key'],
    [`${vkey}\n`, 'no key'],
  ])('is refused: %j', (wrong, why) => {
    expect(() => parseVerifierKey(wrong)).toThrow(why);
    expect(() => parseSigningKey(`PRIVATE+KEY+${wrong}`, now)).toThrow('this is no key');
  });

  it('has no space in its name', () => {
    expect(() => generateSigningKey('a b', 'ed25519', now)).toThrow('"a b" is no name of a key');
  });
});

describe('a note', () => {
  const key = generateSigningKey('example.org/log', 'ed25519', now);
  const verifier = parseVerifierKey(key.vkey);
  const text = 'one\n\ntwo\n';

  it('keeps empty lines of its text', async () => {
    const note = parseNote(await signed(text, key));
    expect(note.text).toBe(text);
    expect(verifiedBy(note, [verifier])).toEqual([verifier]);
  });

  it('says nothing by signatures of unknown keys, whatever their name', async () => {
    const stranger = generateSigningKey('example.org/log', 'ed25519', now);
    expect(verifiedBy(parseNote(await signed(text, stranger)), [verifier])).toEqual([]);
  });

  it('is refused whole where a known key did not sign what it is said to have', async () => {
    const note = parseNote(await signed(text, key));
    const forged = formatNote(
      'other\n',
      note.signatures.map(({ line }) => line),
    );
    expect(() => verifiedBy(parseNote(forged), [verifier])).toThrow(
      'the signature of example.org/log does not fit the text',
    );
    const twice = formatNote(text, [
      signatureLine(key.name, key.keyId, new Uint8Array(64)),
      ...note.signatures.map(({ line }) => line),
    ]);
    expect(() => verifiedBy(parseNote(twice), [verifier])).toThrow('does not fit');
  });

  it.each([
    ['no signature', 'text\n\n'],
    ['no empty line', 'text\n\u2014 a AAAAAAA=\n'],
    ['no last line end', 'text\n\n\u2014 a AAAAAAA='],
    ['a hyphen for the dash', 'text\n\n- a AAAAAAA=\n'],
    ['bad base64', 'text\n\n\u2014 a AAAA*AA=\n'],
    ['loose base64', 'text\n\n\u2014 a AAAAAAB=\n'],
    ['only an id', 'text\n\n\u2014 a AAAAAA==\n'],
    ['CR', 'text\r\n\n\u2014 a AAAAAAA=\n'],
    ['NUL', 'te\0xt\n\n\u2014 a AAAAAAA=\n'],
    ['a name with a plus', 'text\n\n\u2014 a+b AAAAAAA=\n'],
    ['too many', `text\n\n${'\u2014 a AAAAAAA=\n'.repeat(101)}`],
    ['too long', `${'x'.repeat(1_000_000)}\n\n\u2014 a AAAAAAA=\n`],
    ['half a character', 'text\ud800\n\n\u2014 a AAAAAAA=\n'],
  ])('is refused: %s', (_, note) => {
    expect(() => parseNote(note)).toThrow(/this is no signed note/);
  });

  it('of random bytes throws nothing but refusals', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (noise) => {
        try {
          parseNote(noise);
        } catch (error) {
          expect(error).toMatchObject({ code: 'audit.note_malformed' });
        }
      }),
    );
  });
});

describe('a checkpoint', () => {
  const root = leafHash('x');
  it("comes back out of its text, with lines that are others'", () => {
    const text = formatCheckpoint({ origin: 'example.org/log', size: 2 ** 40 + 1, root });
    expect(parseCheckpoint(`${text}more\n`)).toEqual({
      origin: 'example.org/log',
      size: 2 ** 40 + 1,
      root,
      extensions: ['more'],
    });
  });

  it.each([
    '',
    'a\n',
    'a\n01\nx\n',
    `a\n-1\n${root.toString('base64')}\n`,
    `a\n1\n${root.toString('base64').slice(4)}\n`,
    `a\n1\n${root.toString('base64')}`,
    `\n1\n${root.toString('base64')}\n`,
    `a\n9007199254740992\n${root.toString('base64')}\n`,
    `a\n1\n${root.toString('base64')}\n\nx\n`,
  ])('is refused: %j', (text) => {
    expect(() => parseCheckpoint(text)).toThrow('is no checkpoint');
  });
});

describe('a receipt', async () => {
  const key = generateSigningKey('example.org/log', 'ed25519', now);
  const witness = generateSigningKey('witness.example', 'ed25519-cosignature', now);
  const leaves = [leafHash('a'), leafHash('b')] as const;
  const root = nodeHash(...leaves);
  const checkpoint = await signed(formatCheckpoint({ origin: key.name, size: 2, root }), key, witness);
  const receipt: Receipt = { index: 1, proof: [leaves[0]], checkpoint };
  const trusted = { origin: key.name, logKeys: [parseVerifierKey(key.vkey)] };
  const witnessed = { ...trusted, witnesses: { keys: [parseVerifierKey(witness.vkey)], quorum: 1 } };

  it('proves its entry, and comes back out of its text', () => {
    const text = formatReceipt({ ...receipt, extra: Buffer.from('more') });
    expect(parseReceipt(text)).toEqual({ ...receipt, extra: Buffer.from('more') });
    expect(verifyReceipt(parseReceipt(text), leaves[1], witnessed)).toMatchObject({ size: 2, origin: key.name });
    expect(text).toMatch(
      /^c2sp\.org\/tlog-proof@v1\nextra bW9yZQ==\nindex 1\n[A-Za-z0-9+/]{43}=\n\nexample\.org\/log\n2\n/,
    );
  });

  it.each([
    ['another leaf', leaves[0], receipt, trusted, 'is not leaf 1'],
    ['another index', leaves[1], { ...receipt, index: 0 }, trusted, 'is not leaf 0'],
    ['another log', leaves[1], receipt, { ...trusted, origin: 'example.org/other' }, 'is of the log "example.org/log"'],
    [
      'another key',
      leaves[1],
      receipt,
      { ...trusted, logKeys: [parseVerifierKey(generateSigningKey(key.name, 'ed25519', now).vkey)] },
      'no key of the log',
    ],
    [
      'too few witnesses',
      leaves[1],
      receipt,
      { ...witnessed, witnesses: { keys: witnessed.witnesses.keys, quorum: 2 } },
      '1 of the 2 witnesses',
    ],
  ] as const)('is refused for %s', (_, leaf, given, whom, why) => {
    expect(() => verifyReceipt(given, leaf, whom)).toThrow(why);
  });

  it.each([
    '',
    'c2sp.org/tlog-proof@v2\nindex 1\n\nx',
    'c2sp.org/tlog-proof@v1\nindex 01\n\nx',
    'c2sp.org/tlog-proof@v1\nindex 1\nAAAA\n\nx',
    'c2sp.org/tlog-proof@v1\nextra *\nindex 1\n\nx',
    'c2sp.org/tlog-proof@v1\nindex 1',
  ])('is no receipt: %j', (text) => {
    expect(() => parseReceipt(text)).toThrow(/no c2sp|is not base64/);
  });
});
