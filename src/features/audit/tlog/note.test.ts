/** Keys, notes and checkpoints: those of others are read, ours are written byte for byte, all else is refused. */
import { hash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatCheckpoint, parseCheckpoint } from './checkpoint.ts';
import { EMPTY_ROOT, leafHash } from './hashing.ts';
import { generateSigningKey, keyLabel, parseSigningKey, parseVerifierKey, type SigningKey } from './keys.ts';
import { formatNote, parseNote, signatureLine, verifiedBy } from './note.ts';

// The example of https://pkg.go.dev/golang.org/x/mod/sumdb/note
const VKEY = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const SKEY = 'PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz';
const TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const LINE =
  '\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=';

const now = (): number => 1_790_000_000;
const signerOf = (name: string): SigningKey => generateSigningKey(name, 'ed25519', now);
const lineOf = async (key: SigningKey, text: string): Promise<string> =>
  signatureLine(key.name, key.keyId, await key.sign(text));
const signNote = async (text: string, keys: readonly SigningKey[]): Promise<string> =>
  formatNote(text, await Promise.all(keys.map((key) => lineOf(key, text))));

describe('a key', () => {
  it("signs and verifies as Go's package does", async () => {
    const signer = parseSigningKey(SKEY, now);
    expect(signer).toMatchObject({ name: 'PeterNeumann', keyId: 0xc74f20a3, algorithm: 'ed25519' });
    expect(signer.vkey).toBe(VKEY);
    expect(signer.secret).toBe(SKEY);
    expect(await signNote(TEXT, [signer])).toBe(`${TEXT}\n${LINE}\n`);
    const verifier = parseVerifierKey(VKEY);
    expect(verifier).toMatchObject({ name: 'PeterNeumann', keyId: 0xc74f20a3, algorithm: 1 });
    expect(verifiedBy(parseNote(`${TEXT}\n${LINE}\n`), [verifier])).toEqual([verifier]);
  });

  it('is written as text and read again', () => {
    const name = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
      .map((text) => text.replaceAll(/[\s+\p{Cc}]/gu, '_'));
    fc.assert(
      fc.property(name, fc.constantFrom('ed25519' as const, 'ed25519-cosignature' as const), (of, algorithm) => {
        const key = generateSigningKey(of, algorithm, now);
        const again = parseSigningKey(key.secret, now);
        expect(again).toMatchObject({ name: of, algorithm, vkey: key.vkey, secret: key.secret });
        expect(key.vkey.startsWith(`${keyLabel(parseVerifierKey(key.vkey))}+`)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it('has an id of eight digits, however small it is', () => {
    expect(keyLabel({ name: 'a', keyId: 0x1f })).toBe('a+0000001f');
  });

  const material = (bytes: number, algorithm = 1): string => {
    const key = Buffer.concat([Buffer.of(algorithm), Buffer.alloc(bytes, 7)]);
    const id = hash('sha256', Buffer.concat([Buffer.from('a\n'), key]), 'hex').slice(0, 8);
    return `a+${id}+${key.toString('base64')}`;
  };
  it.each([
    ['', 'is <name>+<id>'],
    ['a', 'is <name>+<id>'],
    ['a+b', 'is <name>+<id>'],
    ['PeterNeumann+c74f20a3', 'is <name>+<id>'],
    [VKEY.replace('c74f20a3', 'c74f20a4'), 'its id is c74f20a4, but the one of this name and key is c74f20a3'],
    [VKEY.replace('c74f20a3', 'C74F20A3'), 'is <name>+<id>'],
    [VKEY.replace('c74f20a3', '74f20a3'), 'is <name>+<id>'],
    [VKEY.replace('Peter', 'Pete'), 'its id'],
    [VKEY.replace('Peter', 'Peter '), 'is <name>+<id>'],
    [VKEY.replace('Peter', 'Peter\u00a0'), 'is <name>+<id>'],
    [VKEY.replace('PeterNeumann', ''), 'is <name>+<id>'],
    [`${VKEY}\n`, 'is <name>+<id>'],
    [`${VKEY}=`, 'is <name>+<id>'],
    [VKEY.slice(0, -1), 'is <name>+<id>'],
    [VKEY.replace('ARpc', 'AR pc'), 'is <name>+<id>'],
    [material(31), 'its key has 31 bytes instead of 32'],
    [material(33), 'its key has 33 bytes instead of 32'],
    [material(0), 'its key has 0 bytes instead of 32'],
    [material(32, 2), 'its algorithm is 0x02'],
    [material(32, 6), 'its key has 32 bytes instead of 1312'],
    [SKEY, 'is <name>+<id>'],
  ])('is refused: %j', (vkey, why) => {
    expect(() => parseVerifierKey(vkey)).toThrow(
      expect.objectContaining({ code: 'audit.vkey_malformed', message: expect.stringContaining(why) }),
    );
  });

  it.each([
    [''],
    [VKEY],
    [SKEY.replace('c74f20a3', 'c74f20a4')],
    [SKEY.replace('Peter', 'Pete')],
    [SKEY.slice(0, -4)],
    [SKEY.replace('+AY', '+BI')],
    [`${SKEY}\n`],
    [SKEY.replace('PRIVATE', 'private')],
  ])('that signs is refused, and not shown: %j', (skey) => {
    const refusal = (): string => {
      try {
        parseSigningKey(skey, now);
      } catch (error) {
        expect(error).toMatchObject({ code: 'audit.skey_malformed', kind: 'invalid' });
        return String(error);
      }
      return 'it was taken';
    };
    expect(refusal()).toContain('this is no key that signs');
    expect(refusal()).not.toContain('EKFALV');
  });

  it.each(['', 'a b', 'a+b', 'a\u00a0b', 'a\u3000b', 'a\nb', 'a\u0085b', 'a\0', 'a\ud800'])(
    'has no name such as %j',
    (name) => {
      expect(() => generateSigningKey(name, 'ed25519', now)).toThrow('is no name of a key');
      expect(() => signatureLine(name, 1, Buffer.alloc(64))).toThrow('is no name of a key');
    },
  );
});

describe('a note', () => {
  const signer = signerOf('example.org/log');
  const other = signerOf('example.org/other');
  const verifier = parseVerifierKey(signer.vkey);
  const otherVerifier = parseVerifierKey(other.vkey);
  const text = 'one\n\ntwo\n';

  it('is read as the specification writes it', () => {
    const poem = [
      'Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned \u00e8 subito sera.\n\n',
      '\u2014 quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n',
    ].join('');
    const note = parseNote(poem);
    expect(note.text.endsWith('sole:\n\ned \u00e8 subito sera.\n')).toBe(true);
    expect(note.signatures).toMatchObject([{ name: 'quasimodo.example/salvatore', keyId: 0x367ba04b }]);
    expect(note.signatures[0]?.signature).toHaveLength(64);
    const lines = note.signatures.map(({ line }) => line);
    expect(formatNote(note.text, lines)).toBe(poem);
  });

  it('is signed by several keys, and each is found wherever its line stands', async () => {
    for (const signers of [
      [signer, other],
      [other, signer],
    ]) {
      const note = parseNote(await signNote(text, signers));
      expect(note.text).toBe(text);
      expect(new Set(verifiedBy(note, [verifier, otherVerifier]))).toEqual(new Set([verifier, otherVerifier]));
      expect(verifiedBy(note, [verifier])).toEqual([verifier]);
      expect(verifiedBy(note, [])).toEqual([]);
    }
  });

  it('says nothing by a key that shares only the name, or only the id, with a known one', async () => {
    const namesake = signerOf('example.org/log');
    expect(verifiedBy(parseNote(await signNote(text, [namesake])), [verifier])).toEqual([]);
    const impostor = { ...other, keyId: signer.keyId };
    expect(verifiedBy(parseNote(await signNote(text, [impostor])), [verifier, otherVerifier])).toEqual([]);
  });

  it('is refused whole where a known key has not signed what it is said to have', async () => {
    const lines = [await lineOf(other, text), await lineOf(signer, 'another text\n')];
    for (const order of [lines, lines.toReversed()]) {
      expect(() => verifiedBy(parseNote(formatNote(text, order)), [verifier, otherVerifier])).toThrow(
        expect.objectContaining({ code: 'audit.signature_invalid', kind: 'integrity' }),
      );
      expect(verifiedBy(parseNote(formatNote(text, order)), [otherVerifier])).toEqual([otherVerifier]);
    }
    const both = formatNote(text, [await lineOf(signer, text), await lineOf(signer, 'another text\n')]);
    expect(() => verifiedBy(parseNote(both), [verifier])).toThrow('does not fit the text');
    const claimed = formatNote(text, [signatureLine(signer.name, signer.keyId, await other.sign(text))]);
    expect(() => verifiedBy(parseNote(claimed), [verifier])).toThrow('does not fit the text');
  });

  it('is refused with a signature that is too short or too long', async () => {
    const signature = Buffer.from(await signer.sign(text));
    for (const wrong of [signature.subarray(0, 63), Buffer.concat([signature, Buffer.of(0)])]) {
      const note = parseNote(formatNote(text, [signatureLine(signer.name, signer.keyId, wrong)]));
      expect(() => verifiedBy(note, [verifier])).toThrow('does not fit the text');
    }
  });

  it('is refused with any bit of its signature or its text turned', async () => {
    const signature = Buffer.from(await signer.sign(text));
    for (let bit = 0; bit < 512; bit += 1) {
      const wrong = Buffer.from(signature);
      wrong[bit >> 3] = (wrong[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(verifier.verify(text, wrong)).toBe(false);
    }
    for (const wrong of ['one\n\ntwo', 'one\ntwo\n', 'One\n\ntwo\n', 'one\n\ntwo\n\n']) {
      expect(verifier.verify(wrong, signature)).toBe(false);
    }
  });

  it('has a signature once, though it stands there twice', async () => {
    const line = await lineOf(signer, text);
    const twice = `${text}\n${line}\n${line}\n`;
    expect(parseNote(twice).signatures).toHaveLength(1);
    expect(formatNote(text, [line, line])).toBe(`${text}\n${line}\n`);
    expect(verifiedBy(parseNote(twice), [verifier])).toEqual([verifier]);
  });

  it('takes 100 signatures, and a text of up to a million bytes', () => {
    const lines = Array.from({ length: 101 }, (_, at) => signatureLine('a', at, Buffer.alloc(1)));
    expect(parseNote(formatNote(text, lines.slice(1))).signatures).toHaveLength(100);
    expect(() => formatNote(text, lines)).toThrow('101 signatures');
    expect(() => parseNote(`${text}\n${lines.map((line) => `${line}\n`).join('')}`)).toThrow('101 signatures');
    const [line = ''] = lines;
    const rest = Buffer.byteLength(`\n\n${line}\n`);
    expect(parseNote(formatNote(`${'x'.repeat(1_000_000 - rest)}\n`, [line])).signatures).toHaveLength(1);
    expect(() => formatNote(`${'x'.repeat(1_000_001 - rest)}\n`, [line])).toThrow('longer than 1000000 bytes');
    expect(() => parseNote(`${'\u00e8'.repeat(500_000)}\n\n${line}\n`)).toThrow('longer than 1000000 bytes');
    expect(() => parseNote('x'.repeat(1_000_001))).toThrow('longer than 1000000 bytes');
  });

  const line = '\u2014 a AAAAAAA=';
  it.each([
    ['nothing', ''],
    ['no signature', 'text\n\n'],
    ['no empty line', `text\n${line}\n`],
    ['no text', `\n${line}\n`],
    ['no last line end', `text\n\n${line}`],
    ['an empty line after', `text\n\n${line}\n\n`],
    ['an empty line between', `text\n\n${line}\n\n${line}x\n`],
    ['a line that is none between', `text\n\n${line}\nx\n${line}\n`],
    ['a hyphen for the dash', 'text\n\n- a AAAAAAA=\n'],
    ['an en dash', 'text\n\n\u2013 a AAAAAAA=\n'],
    ['no name', 'text\n\n\u2014  AAAAAAA=\n'],
    ['two spaces', 'text\n\n\u2014 a  AAAAAAA=\n'],
    ['a space at the end', 'text\n\n\u2014 a AAAAAAA= \n'],
    ['no signature after the name', 'text\n\n\u2014 a\n'],
    ['base64 with a stranger in it', 'text\n\n\u2014 a AAAA*AA=\n'],
    ['base64 of URLs', 'text\n\n\u2014 a AAAA-_A=\n'],
    ['base64 that is not padded', 'text\n\n\u2014 a AAAAAAA\n'],
    ['base64 that is not canonical', 'text\n\n\u2014 a AAAAAAB=\n'],
    ['only a key id', 'text\n\n\u2014 a AAAAAA==\n'],
    ['a CR in the text', `text\r\n\n${line}\n`],
    ['a CR in a signature', `text\n\n${line}\r\n`],
    ['a NUL', `te\0xt\n\n${line}\n`],
    ['a tab', `te\txt\n\n${line}\n`],
    ['an escape', `te\u001bxt\n\n${line}\n`],
    ['half a character', `text\ud800\n\n${line}\n`],
    ['a name with a plus', 'text\n\n\u2014 a+b AAAAAAA=\n'],
    ['a name with a space of Unicode', 'text\n\n\u2014 a\u2003b AAAAAAA=\n'],
    ['a name with a control character', 'text\n\n\u2014 a\u0001b AAAAAAA=\n'],
  ])('is refused with %s', (_, note) => {
    expect(() => parseNote(note)).toThrow(expect.objectContaining({ code: 'audit.note_malformed', kind: 'invalid' }));
  });

  it.each([
    ['text without a line end', 'text', [line]],
    ['no lines', 'text\n', []],
    ['a line that is none', 'text\n', ['x']],
    ['a line end in a line', 'text\n', [`${line}\n`]],
    ['a CR', 'te\rxt\n', [line]],
  ])('is not written with %s', (_, of, lines) => {
    expect(() => formatNote(of, lines)).toThrow(expect.objectContaining({ code: 'audit.note_malformed' }));
  });

  it('of any characters is refused or comes back as it was', () => {
    const piece = fc.constantFrom('\u2014 ', 'a', ' ', '\n', '\n\n', 'AAAAAAA=', 'AAAAAAB=', '+', '\r', '\0', '\u00e8');
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.array(piece).map((all) => all.join('')),
        ),
        (noise) => {
          const given = `text\n\n\u2014 a AAAAAAA=\n${noise}`;
          try {
            const { text: of, signatures } = parseNote(given);
            expect(
              parseNote(
                formatNote(
                  of,
                  signatures.map((each) => each.line),
                ),
              ),
            ).toEqual({ text: of, signatures });
          } catch (error) {
            expect(error).toMatchObject({ code: 'audit.note_malformed' });
          }
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

describe('a checkpoint', () => {
  const root = leafHash('x');
  const base64 = root.toString('base64');

  it('is read as the specification writes it', () => {
    const given = 'example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n';
    const checkpoint = parseCheckpoint(given);
    expect(checkpoint).toMatchObject({ origin: 'example.com/behind-the-sofa', size: 20_852_163, extensions: [] });
    expect(formatCheckpoint(checkpoint)).toBe(given);
  });

  it('comes back out of its text, at any size', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (size) => {
        const given = { origin: 'example.org/log 1', size, root: size === 0 ? EMPTY_ROOT : root };
        expect(parseCheckpoint(formatCheckpoint(given))).toEqual({ ...given, extensions: [] });
      }),
    );
  });

  it('may have lines that this format says nothing about', () => {
    expect(parseCheckpoint(`a\n1\n${base64}\nmore\nand more\n`).extensions).toEqual(['more', 'and more']);
  });

  it.each([
    ['', 'no newline'],
    ['a\n', 'fewer than three lines'],
    ['a\n1\n', 'fewer than three lines'],
    [`a\n1\n${base64}`, 'no newline'],
    [`\n1\n${base64}\n`, 'is empty'],
    [`a\n01\n${base64}\n`, 'its size is "01"'],
    [`a\n-1\n${base64}\n`, 'its size is "-1"'],
    [`a\n+1\n${base64}\n`, 'its size is "+1"'],
    [`a\n\n${base64}\n`, 'its size is ""'],
    [`a\n1e3\n${base64}\n`, 'its size is "1e3"'],
    [`a\n9007199254740992\n${base64}\n`, 'below 2^53'],
    [`a\n18446744073709551615\n${base64}\n`, 'below 2^53'],
    [`a\n1\n${base64.slice(4)}\n`, 'its root is'],
    [`a\n1\n${base64} \n`, 'its root is'],
    [`a\n1\n${base64.replace('=', '')}\n`, 'its root is'],
    [`a\n1\n${base64}\n\n`, 'is empty'],
    [`a\n1\n${base64}\n\nx\n`, 'is empty'],
  ])('is refused: %j', (given, why) => {
    expect(() => parseCheckpoint(given)).toThrow(
      expect.objectContaining({ code: 'audit.checkpoint_malformed', message: expect.stringContaining(why) }),
    );
  });

  it.each([
    { origin: '', size: 1, root },
    { origin: 'a\nb', size: 1, root },
    { origin: 'a', size: 1.5, root },
    { origin: 'a', size: -1, root },
    { origin: 'a', size: 2 ** 53, root },
    { origin: 'a', size: 1, root: root.subarray(1) },
  ])('is not written of %j', (given) => {
    expect(() => formatCheckpoint(given)).toThrow(expect.objectContaining({ code: 'audit.checkpoint_malformed' }));
  });
});
