import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteReader, varbytes, varuint } from './ots-bytes.ts';
import { digestOf, otsStatus, readOts, writeOts } from './ots-file.ts';
import { APPEND, applyOp, mergeTrees, type OtsTree, readTree, SHA256, writeTree } from './ots-tree.ts';

const pending = (uri: string) => ({
  tag: Buffer.from('83dfe30d2ef90c8e', 'hex'),
  payload: varbytes(Buffer.from(uri)),
});
const bitcoin = (height: number) => ({ tag: Buffer.from('0588960d73d71901', 'hex'), payload: varuint(height) });
const leaf = (...attestations: OtsTree['attestations']): OtsTree => ({ attestations, ops: [] });
const appended = (argument: Uint8Array, next: OtsTree): OtsTree => ({
  attestations: [],
  ops: [{ op: { tag: APPEND, argument }, next }],
});

describe('OpenTimestamps', () => {
  it('writes numbers as LEB128', () => {
    fc.assert(
      fc.property(fc.nat(Number.MAX_SAFE_INTEGER), (value) => {
        expect(new ByteReader(varuint(value)).varuint()).toBe(value);
      }),
    );
    expect(varuint(300).toString('hex')).toBe('ac02');
    expect(() => new ByteReader(Buffer.from('ffffffffffffffffff01', 'hex')).varuint()).toThrow('too large');
  });

  it('reads back what it writes', () => {
    const op = fc.oneof(
      fc.constantFrom(0x02, 0x03, SHA256, 0xf2).map((tag) => ({ tag })),
      fc
        .tuple(fc.constantFrom(APPEND, 0xf1), fc.uint8Array({ minLength: 1, maxLength: 40 }))
        .map(([tag, argument]) => ({ tag, argument: Buffer.from(argument) })),
    );
    const attestation = fc.oneof(
      fc
        .webUrl()
        .filter((url) => /^[A-Za-z0-9._/:-]*$/.test(url))
        .map(pending),
      fc.nat().map(bitcoin),
    );
    const { tree } = fc.letrec<{ tree: OtsTree }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        attestation.map((each) => leaf(each)),
        fc.record({
          attestations: fc.array(attestation, { maxLength: 2 }),
          ops: fc.array(fc.record({ op, next: tie('tree') }), { minLength: 1, maxLength: 2 }),
        }),
      ),
    }));
    fc.assert(
      fc.property(tree, (given) => {
        const file = writeOts({ digest: digestOf('document'), tree: given });
        expect(writeOts(readOts(file)).equals(file)).toBe(true);
      }),
    );
  });

  it('follows the known operations', () => {
    expect(applyOp({ tag: SHA256 }, Buffer.from('abc')).toString('hex')).toMatch(/^ba7816bf/);
    expect(applyOp({ tag: 0x02 }, Buffer.from('abc')).toString('hex')).toMatch(/^a9993e36/);
    expect(applyOp({ tag: 0x03 }, Buffer.from('abc')).toString('hex')).toMatch(/^8eb208f7/);
    expect(applyOp({ tag: 0xf2 }, Buffer.from('abc')).toString()).toBe('cba');
    expect(applyOp({ tag: 0xf3 }, Buffer.from('abc')).toString()).toBe('616263');
    expect(() => applyOp({ tag: 0x55 }, Buffer.from('abc'))).toThrow('0x55 is unknown');
  });

  it('merges what two calendars say of one message', () => {
    const nonce = Buffer.from('01', 'hex');
    const one = appended(nonce, leaf(pending('https://a.example')));
    const other = appended(nonce, leaf(pending('https://b.example'), bitcoin(7)));
    const digest = digestOf('document');
    const merged = mergeTrees(one, other);
    expect(merged.ops).toHaveLength(1);
    expect(otsStatus({ digest, tree: merged })).toEqual({
      pending: ['https://a.example', 'https://b.example'],
      blocks: [7],
    });
    expect(writeTree(mergeTrees(merged, one))).toEqual(writeTree(merged));
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['half of it', writeOts({ digest: digestOf(''), tree: leaf(bitcoin(1)) }).subarray(0, 60)],
    ['something behind it', Buffer.concat([writeOts({ digest: digestOf(''), tree: leaf(bitcoin(1)) }), Buffer.of(0)])],
    ['text', Buffer.from('<html>'.repeat(20))],
  ])('refuses %s', (_, bytes) => {
    expect(() => readOts(bytes)).toThrow(expect.objectContaining({ code: 'audit.ots_malformed' }));
  });

  it('refuses a proof without end', () => {
    const deep = Buffer.concat(Array.from({ length: 300 }, () => Buffer.of(SHA256)));
    expect(() => readTree(new ByteReader(deep), Buffer.alloc(32))).toThrow('too large');
    const wide = Buffer.concat(Array.from({ length: 300 }, () => Buffer.from('f0ff1f', 'hex')));
    expect(() => readTree(new ByteReader(wide), Buffer.alloc(32))).toThrow(
      expect.objectContaining({ code: 'audit.ots_malformed' }),
    );
  });
});
