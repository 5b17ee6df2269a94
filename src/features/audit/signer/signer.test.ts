import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../../test/support/manual-clock.ts';
import { type TestTree, testTree } from '../../../../test/support/tree.ts';
import { systemClock } from '../../../platform/clock/system.ts';
import { openStateFolder } from '../../../platform/files/folder.ts';
import { parseCheckpoint } from '../tlog/checkpoint.ts';
import type { KeyAlgorithm } from '../tlog/cosignature.ts';
import { generateSigningKey, parseVerifierKey } from '../tlog/keys.ts';
import { parseNote, verifiedBy } from '../tlog/note.ts';
import { folderKeys, textKeys } from './keys.ts';
import type { KeyRing, LogSigner } from './port.ts';
import { initSigner, restoreSigner } from './restore.ts';
import { openSigner } from './signer.ts';

const origin = 'log.example/audit';
let clock: ManualClock;
let folder: string;
beforeEach(() => {
  clock = new ManualClock();
  folder = path.join(mkdtempSync(path.join(tmpdir(), 'plumbline-signer-')), 'signer');
});
afterEach(() => rmSync(path.dirname(folder), { recursive: true }));

const stateFile = () => path.join(folder, 'signer-state');
const files = () => openStateFolder({ folder, clock });
const open = (more: { ring?: KeyRing; origin?: string; algorithms?: readonly KeyAlgorithm[] } = {}) =>
  openSigner({ files: files(), ring: folderKeys(files(), clock), origin, clock, ...more });

async function signTree(signer: LogSigner, tree: TestTree, size = tree.size): Promise<string> {
  const last = await signer.last();
  const proof = last.size <= size ? await tree.proof(last.size, size) : [];
  return signer.sign({ size, root: await tree.root(size), proof });
}
const code = (wanted: string, message = '') => ({ code: wanted, message: expect.stringContaining(message) });
const signatures = async (note: string, signer: LogSigner): Promise<readonly string[]> => {
  const verifiers = (await signer.keys()).map(({ vkey }) => parseVerifierKey(vkey));
  return verifiedBy(parseNote(note), verifiers).map(({ keyId }) => keyId.toString(16));
};

describe('the signer', () => {
  it('makes its key once, for its owner alone, and signs', async () => {
    const signer = await open();
    const tree = testTree(5);
    const note = await signTree(signer, tree);
    expect(parseCheckpoint(parseNote(note).text)).toMatchObject({ origin, size: 5, root: await tree.root() });
    expect(await signatures(note, signer)).toHaveLength(1);
    const [key = ''] = readdirSync(folder).filter((name) => name.startsWith('key-'));
    expect(statSync(path.join(folder, key)).mode & 0o777).toBe(0o600);
    const again = await open();
    expect(await again.keys()).toEqual(await signer.keys());
    expect(await again.keys()).toEqual([{ vkey: expect.stringContaining(`${origin}+`), from: 0, until: null }]);
  });

  it('gives the same checkpoint for the same tree, whoever opened it', async () => {
    const tree = testTree(7);
    const note = await signTree(await open(), tree);
    expect(await (await open()).sign({ size: 7, root: await tree.root(), proof: [] })).toBe(note);
    expect((await (await open()).last()).checkpoint).toBe(note);
  });

  it('signs the empty log', async () => {
    const signer = await open();
    const note = await signTree(signer, testTree(0));
    expect(parseCheckpoint(parseNote(note).text)).toMatchObject({ size: 0 });
    await signTree(signer, testTree(3));
  });

  it('follows every growth, and refuses every other tree', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(40), fc.nat(40), fc.nat(39), async (from, more, at) => {
        rmSync(folder, { recursive: true, force: true });
        const signer = await open();
        const tree = testTree(from);
        await signTree(signer, tree);
        // Another past from leaf `at` on, grown to the same size.
        const other = testTree(Math.min(at, from));
        other.grow(from + more - other.size, 'other');
        tree.grow(more);
        if (at < from) await expect(signTree(signer, other)).rejects.toMatchObject(code('audit.fork'));
        await signTree(signer, tree);
      }),
      { numRuns: 40 },
    );
  });

  it('refuses a shorter log, naming both sizes', async () => {
    const signer = await open();
    await signTree(signer, testTree(3000));
    await expect(signTree(signer, testTree(2900))).rejects.toMatchObject({
      ...code('audit.rollback', 'signed 3000, the log has 2900'),
      kind: 'integrity',
    });
  });

  it('refuses another root of the same size, also after it was opened again', async () => {
    await signTree(await open(), testTree(10));
    const signer = await open();
    await expect(signTree(signer, testTree(10, 0, 'other'))).rejects.toMatchObject({
      ...code('audit.fork', 'FORK: size 10 was signed'),
      kind: 'integrity',
      details: { signed: { checkpoint: expect.stringContaining(origin) }, offered: { size: 10 } },
    });
    await expect(signTree(signer, testTree(20, 0, 'other'))).rejects.toMatchObject(code('audit.fork'));
    await signTree(signer, testTree(20));
  });

  it('refuses a proof that is another one, too long, or none', async () => {
    const signer = await open();
    const tree = testTree(10);
    await signTree(signer, tree);
    tree.grow(10);
    const [root, proof] = [await tree.root(), await tree.proof(10, 20)];
    for (const bad of [[], proof.slice(1), [...proof, root], [...proof].reverse(), await tree.proof(9, 20)]) {
      await expect(signer.sign({ size: 20, root, proof: bad })).rejects.toMatchObject(
        code('audit.fork', 'no proof leads'),
      );
    }
    await signer.sign({ size: 20, root, proof });
  });

  it('lets many callers in, one at a time', async () => {
    const tree = testTree(60);
    const real = openStateFolder({ folder, clock: systemClock });
    const ring = folderKeys(real, systemClock);
    const one = () => openSigner({ files: openStateFolder({ folder, clock: systemClock }), ring, origin, clock });
    const signers = await Promise.all([one(), one(), one()]);
    const results = await Promise.allSettled(
      Array.from({ length: 60 }, (_, index) => signTree(signers[index % 3] as LogSigner, tree, index + 1)),
    );
    // Proofs were made of what was signed at that time: who comes late is refused, and nothing goes back.
    expect((await (await open()).last()).size).toBeGreaterThan(0);
    for (const each of results) if (each.status === 'rejected') expect(each.reason.kind).toBe('integrity');
  });
});

describe('the state of the signer', () => {
  it('is never made anew where there is a key', async () => {
    await signTree(await open(), testTree(3));
    const signer = await open();
    rmSync(stateFile());
    const lost = { ...code('audit.signer_state_lost', 'signer restore --checkpoint'), kind: 'integrity' };
    await expect(open()).rejects.toMatchObject(lost);
    await expect(signTree(signer, testTree(3))).rejects.toMatchObject(lost);
    const ring = textKeys(generateSigningKey(origin, 'ed25519', () => 0).secret, clock);
    rmSync(folder, { recursive: true });
    await expect(open({ ring })).rejects.toMatchObject(lost);
  });

  it('is refused with any bit changed, at any length, and when it is empty', async () => {
    await signTree(await open(), testTree(3));
    const whole = readFileSync(stateFile());
    const broken = [
      ...Array.from({ length: 40 }, (_, at) => {
        const copy = Buffer.from(whole);
        const place = Math.floor((copy.length * at) / 40);
        copy[place] = (copy[place] ?? 0) ^ 4;
        return copy;
      }),
      ...Array.from({ length: 20 }, (_, at) => whole.subarray(0, Math.floor((whole.length * at) / 20))),
      Buffer.concat([whole, whole]),
    ];
    for (const bytes of broken) {
      writeFileSync(stateFile(), bytes);
      await expect(open()).rejects.toMatchObject(code('audit.signer_state_corrupt', 'signer restore --checkpoint'));
    }
    writeFileSync(stateFile(), whole);
    await open();
  });

  it('is of one log', async () => {
    await open();
    await expect(open({ origin: 'log.example/other' })).rejects.toMatchObject(
      code('audit.origin_mismatch', 'log.example/other'),
    );
    await expect(open({ origin: 'two words' })).rejects.toMatchObject(code('audit.origin_malformed'));
  });

  it('is told from an older copy by a checkpoint from elsewhere', async () => {
    const tree = testTree(5);
    const signer = await open();
    await signTree(signer, tree);
    const older = readFileSync(stateFile());
    tree.grow(5);
    const newer = await signTree(signer, tree);
    await signer.confront(newer);
    writeFileSync(stateFile(), older);
    await expect(signer.confront(newer)).rejects.toMatchObject(code('audit.signer_state_old', 'older copy'));
    await restoreSigner({ files: files(), ring: folderKeys(files(), clock), origin, checkpoint: newer });
    await signer.confront(newer);
    expect(await signTree(signer, tree)).toBe(newer);
  });

  it('is made again of a checkpoint, and never goes back by it', async () => {
    const tree = testTree(5);
    const first = await open();
    const [old, vkeys] = [await signTree(first, tree), await first.keys()];
    tree.grow(5);
    const newest = await signTree(first, tree);
    const restore = (checkpoint: string) =>
      restoreSigner({ files: files(), ring: folderKeys(files(), clock), origin, checkpoint });
    await expect(restore(old)).rejects.toMatchObject(code('audit.rollback'));
    for (const spoil of [() => rmSync(stateFile()), () => writeFileSync(stateFile(), 'torn')]) {
      spoil();
      await restore(newest);
      const signer = await open();
      expect(await signer.keys()).toEqual(vkeys);
      await expect(signTree(signer, testTree(10, 0, 'other'))).rejects.toMatchObject(code('audit.fork'));
      expect(await signTree(signer, tree)).toBe(newest);
    }
    const foreign = await signTree(
      await openSigner({
        files: openStateFolder({ folder: `${folder}-2`, clock }),
        ring: folderKeys(openStateFolder({ folder: `${folder}-2`, clock }), clock),
        origin,
        clock,
      }),
      testTree(100),
    );
    await expect(restore(foreign)).rejects.toMatchObject(code('audit.checkpoint_foreign'));
  });

  it('takes over where a process died between its promise and its signature', async () => {
    const tree = testTree(5);
    const broken: KeyRing = {
      keys: async () =>
        (await folderKeys(files(), clock).keys()).map((key) => ({
          ...key,
          sign: () => Promise.reject(new Error('KMS is away')),
        })),
    };
    await open();
    const signer = await open({ ring: broken });
    await expect(signTree(signer, tree)).rejects.toThrow('KMS is away');
    const after = await open();
    expect(await after.last()).toEqual({ size: 5, root: await tree.root() });
    await expect(signTree(after, testTree(5, 0, 'other'))).rejects.toMatchObject(code('audit.fork'));
    await signTree(after, tree);
  });
});

describe('keys', () => {
  it('come from the configuration', async () => {
    const key = generateSigningKey(origin, 'ed25519', () => 0);
    await initSigner({ files: files(), origin });
    const signer = await open({ ring: textKeys(`${key.secret}\n`, clock) });
    expect((await signer.keys()).map(({ vkey }) => vkey)).toEqual([key.vkey]);
    await signTree(signer, testTree(4));
    expect(readdirSync(folder).filter((name) => name.startsWith('key-'))).toEqual([]);
    await expect(initSigner({ files: files(), origin })).rejects.toMatchObject(code('audit.signer_in_use'));
    const other = textKeys(generateSigningKey(origin, 'ed25519', () => 0).secret, clock);
    await expect(open({ ring: other })).rejects.toMatchObject(code('audit.signer_key_missing', key.vkey));
    expect(() => textKeys('PRIVATE+KEY+x', clock)).toThrow(expect.objectContaining(code('audit.key_malformed')));
  });

  it('may be of both kinds, and ML-DSA-44 signatures are given again as they were', async () => {
    const algorithms = ['ed25519', 'ml-dsa-44'] as const;
    const signer = await open({ algorithms });
    const tree = testTree(4);
    const note = await signTree(signer, tree);
    expect(await signatures(note, signer)).toHaveLength(2);
    await clock.advance(5_000);
    expect(await signTree(await open({ algorithms }), tree)).toBe(note);
  });

  it('gain a second kind later', async () => {
    const tree = testTree(4);
    await signTree(await open(), tree);
    const signer = await open({ algorithms: ['ed25519', 'ml-dsa-44'] });
    tree.grow(1);
    expect(await signatures(await signTree(signer, tree), signer)).toHaveLength(2);
    expect((await signer.keys()).map(({ from }) => from)).toEqual([0, 5]);
  });

  it('lose a kind that is asked for no more with the next rotation', async () => {
    const tree = testTree(4);
    await signTree(await open({ algorithms: ['ed25519', 'ml-dsa-44'] }), tree);
    const signer = await open();
    tree.grow(1);
    expect(await signatures(await signTree(signer, tree), signer)).toHaveLength(2);
    await signer.rotate({ overlapMs: 0 });
    tree.grow(1);
    expect(await signatures(await signTree(signer, tree), signer)).toHaveLength(1);
    expect((await signer.keys()).map(({ until }) => until)).toEqual([5, 5, null]);
  });

  it('rotate: both sign, then the new one alone, and the old one stays published', async () => {
    const tree = testTree(4);
    const signer = await open();
    await signTree(signer, tree);
    const [old] = await signer.keys();
    await signer.rotate({ overlapMs: 86_400_000 });
    tree.grow(1);
    expect(await signatures(await signTree(signer, tree), signer)).toHaveLength(2);
    await clock.advance(86_400_000);
    tree.grow(1);
    expect(await signatures(await signTree(signer, tree), signer)).toHaveLength(1);
    const keys = await (await open()).keys();
    expect(keys).toEqual([
      { vkey: old?.vkey, from: 0, until: 5 },
      { vkey: expect.stringContaining(`${origin}+`), from: 5, until: null },
    ]);
    expect(readdirSync(folder).filter((name) => name.startsWith('key-'))).toHaveLength(1);
    // Who trusts the first key alone can follow.
    const statements = (await signer.keyStatements()).map(parseNote);
    expect(statements).toHaveLength(3);
    const first = parseVerifierKey(old?.vkey ?? '');
    expect(statements.map((note) => verifiedBy(note, [first]).length)).toEqual([1, 1, 0]);
    expect(statements[1]?.text).toContain(keys[1]?.vkey);
    expect(verifiedBy(statements[2] ?? parseNote(''), [parseVerifierKey(keys[1]?.vkey ?? '')])).toHaveLength(1);
  });

  it('rotate twice during an overlap, and one that was cut short is taken up', async () => {
    const signer = await open();
    const ring = folderKeys(files(), clock);
    const left = await ring.create?.('ed25519', origin); // and then the power went
    await signer.rotate({ overlapMs: 1_000 });
    expect((await signer.keys())[1]?.vkey).toBe(left?.vkey);
    await signer.rotate({ overlapMs: 2_000 });
    const tree = testTree(1);
    expect(await signatures(await signTree(signer, tree), signer)).toHaveLength(3);
    await clock.advance(3_000);
    tree.grow(1);
    expect(await signatures(await signTree(signer, tree), signer)).toHaveLength(1);
    await signer.rotate({ overlapMs: 0 });
  });

  it('that are lost for good are retired by a restore with a new one', async () => {
    const tree = testTree(4);
    const note = await signTree(await open(), tree);
    for (const name of readdirSync(folder)) if (name.startsWith('key-')) rmSync(path.join(folder, name));
    await expect(open()).rejects.toMatchObject(code('audit.signer_key_missing', 'signer restore'));
    await restoreSigner({ files: files(), ring: folderKeys(files(), clock), origin, checkpoint: note });
    const signer = await open();
    expect((await signer.keys()).map(({ until }) => until)).toEqual([4, null]);
    tree.grow(1);
    await signTree(signer, tree);
  });

  it('whose signatures do not verify publish nothing', async () => {
    await open();
    const good = folderKeys(files(), clock);
    const faulty: KeyRing = {
      keys: async () => (await good.keys()).map((key) => ({ ...key, sign: async () => Buffer.alloc(64) })),
    };
    const signer = await open({ ring: faulty });
    await expect(signTree(signer, testTree(1))).rejects.toMatchObject(code('audit.signature_faulty'));
    expect(existsSync(stateFile())).toBe(true);
    await signTree(await open(), testTree(1));
  });
});
