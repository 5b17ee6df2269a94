/** The witness over HTTP, as c2sp.org/tlog-witness says. */
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { signNote } from '../../src/features/audit/signer/sign-note.ts';
import { formatCheckpoint } from '../../src/features/audit/tlog/checkpoint.ts';
import { generateSigningKey, parseVerifierKey } from '../../src/features/audit/tlog/keys.ts';
import { parseNote, verifiedBy } from '../../src/features/audit/tlog/note.ts';
import { formatRequest } from '../../src/features/audit/witness/protocol.ts';
import { LOG, logVkey, signedLog, startWitness, type TestWitness } from '../support/witness.ts';

let witness: TestWitness;
beforeEach(async () => {
  witness = await startWitness('w1');
});
afterEach(() => witness.close());

async function post(body: string, to = '/add-checkpoint') {
  const answer = await fetch(witness.server.url + to, { method: 'POST', body });
  return { status: answer.status, type: answer.headers.get('content-type'), body: await answer.text() };
}
const add = async (log: ReturnType<typeof signedLog>, old: number, size: number) =>
  post(
    formatRequest({
      old,
      proof: old > size ? [] : await log.tree.proof(old, size),
      checkpoint: await log.checkpoint(size),
    }),
  );
const conflict = (size: number) => ({ status: 409, type: 'text/x.tlog.size', body: `${size}\n` });

describe('a witness', () => {
  it('cosigns what follows from what it has cosigned', async () => {
    const log = signedLog(300);
    const verifier = parseVerifierKey(witness.witness.vkeys[0] ?? '');
    let old = 0;
    for (const size of [1, 2, 3, 7, 64, 100, 256, 257, 300, 300]) {
      const { status, body } = await add(log, old, size);
      expect(status).toBe(200);
      const note = parseNote((await log.checkpoint(size)) + body);
      expect(verifiedBy(note, [verifier])).toEqual([verifier]);
      expect(body).toMatch(/^\u2014 w1\.example\/w \S+\n$/);
      old = size;
    }
    expect(witness.doubts).toEqual([]);
  });

  it('cosigns an empty log, and only the empty tree as one', async () => {
    expect((await add(signedLog(0), 0, 0)).status).toBe(200);
    const key = generateSigningKey(LOG, 'ed25519', () => 0);
    expect(key.vkey).not.toBe(await logVkey());
    expect((await add(signedLog(5), 0, 5)).status).toBe(200);
  });

  it('tells the size that it has where the old size is another', async () => {
    const log = signedLog(20);
    await add(log, 0, 10);
    expect(await add(log, 0, 20)).toEqual(conflict(10));
    expect(await add(log, 9, 20)).toEqual(conflict(10));
    expect(await add(log, 11, 20)).toEqual(conflict(10));
    expect(await add(log, 5, 5)).toEqual(conflict(10));
    expect((await add(log, 10, 20)).status).toBe(200);
    expect(await add(log, 10, 20)).toEqual(conflict(20));
  });

  it('refuses an old size beyond the checkpoint', async () => {
    expect((await add(signedLog(20), 21, 20)).status).toBe(400);
  });

  it('refuses another tree of the same size, and says for certain that it is a fork', async () => {
    await add(signedLog(20), 0, 20);
    expect(await add(signedLog(20, 19), 20, 20)).toEqual(conflict(20));
    expect(witness.doubts).toMatchObject([{ origin: LOG, isFork: true }]);
    const [doubt] = witness.doubts;
    for (const note of [doubt?.cosigned, doubt?.offered]) {
      expect(verifiedBy(parseNote(note ?? ''), [parseVerifierKey(await logVkey())])).toHaveLength(1);
    }
  });

  it('refuses a past that was changed, and any other wrong proof', async () => {
    const log = signedLog(40);
    await add(log, 0, 20);
    expect((await add(signedLog(40, 10), 20, 40)).status).toBe(422);
    const checkpoint = await log.checkpoint(40);
    const proof = await log.tree.proof(20, 40);
    for (const wrong of [[], proof.slice(1), [...proof, ...proof], [...proof].reverse()]) {
      expect((await post(formatRequest({ old: 20, proof: wrong, checkpoint }))).status).toBe(422);
    }
    expect(witness.doubts.map(({ isFork }) => isFork)).toEqual(Array(5).fill(false));
    expect((await add(log, 20, 40)).status).toBe(200);
    const again = await post(formatRequest({ old: 40, proof, checkpoint: await log.checkpoint(40) }));
    expect(again.status).toBe(422);
  });

  it('takes no proof from nothing', async () => {
    const log = signedLog(4);
    const body = formatRequest({ old: 0, proof: [await log.tree.root()], checkpoint: await log.checkpoint() });
    expect((await post(body)).status).toBe(422);
  });

  it('knows its logs, and their keys', async () => {
    const checkpoint = await signedLog(4)
      .checkpoint(4, 'other.example/log')
      .catch(() => '');
    expect(checkpoint).not.toBe('');
    expect((await post(formatRequest({ old: 0, proof: [], checkpoint }))).status).toBe(404);
    const stranger = generateSigningKey(LOG, 'ed25519', () => 0);
    const text = formatCheckpoint({ origin: LOG, size: 4, root: await signedLog(4).tree.root() });
    const forged = await signNote(text, [stranger]);
    expect((await post(formatRequest({ old: 0, proof: [], checkpoint: forged }))).status).toBe(403);
    const good = await signedLog(4).checkpoint();
    const altered = good.replace('\n4\n', '\n5\n');
    expect((await post(formatRequest({ old: 0, proof: [], checkpoint: altered }))).status).toBe(403);
    const both = good + forged.slice(forged.indexOf('\u2014'));
    expect((await post(formatRequest({ old: 0, proof: [], checkpoint: both }))).status).toBe(200);
  });

  it.each([
    ['', 400],
    ['old 0\n\n', 400],
    ['old 0\n\nno note', 400],
    [`old 0\n\n${LOG}\nx\ny\n\n\u2014 ${LOG} AAAAAAAA\n`, 400],
    ['x'.repeat(200_000), 413],
  ])('answers %.20j with %i', async (body, status) => {
    expect((await post(body)).status).toBe(status);
  });

  it('says nothing at other addresses and by other methods', async () => {
    expect((await post('x', '/')).status).toBe(404);
    expect((await fetch(`${witness.server.url}/add-checkpoint`)).status).toBe(405);
  });

  it('lets one of many win who ask at once, and never goes back', async () => {
    const log = signedLog(80);
    await add(log, 0, 10);
    for (let size = 10; size < 60; size += 10) {
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, index) => add(log, size, size + 1 + (index % 10))),
      );
      const won = answers.filter(({ status }) => status === 200);
      expect(won).toHaveLength(1);
      const rest = answers.filter(({ status }) => status !== 200);
      expect(new Set(rest.map(({ status }) => status))).toEqual(new Set([409]));
      const now = Number(rest[0]?.body);
      expect(now).toBeGreaterThan(size);
      expect((await add(log, now, size + 10)).status).toBe(200);
    }
  });

  it('remembers over restarts, whoever else has the folder open', async () => {
    const log = signedLog(30);
    await add(log, 0, 10);
    const [vkeys] = [witness.witness.vkeys];
    witness = await witness.again();
    expect(witness.witness.vkeys).toEqual(vkeys);
    expect(await add(log, 0, 20)).toEqual(conflict(10));
    const other = await startWitness('w1', undefined, witness.folder);
    const bodies = await Promise.all(
      [20, 30].map(async (size) =>
        formatRequest({ old: 10, proof: await log.tree.proof(10, size), checkpoint: await log.checkpoint(size) }),
      ),
    );
    const answers = await Promise.all([
      witness.witness.addCheckpoint(bodies[0] ?? ''),
      other.witness.addCheckpoint(bodies[1] ?? ''),
    ]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    await other.server.close();
  });

  it('never starts anew where it has a key', async () => {
    await add(signedLog(10), 0, 10);
    const file = path.join(witness.folder, 'witness-state');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const whole = readFileSync(file);
    writeFileSync(file, whole.subarray(0, 100));
    expect((await add(signedLog(10), 10, 10)).status).toBe(500);
    await expect(startWitness('w1', undefined, witness.folder)).rejects.toMatchObject({
      code: 'audit.witness_state_corrupt',
    });
    rmSync(file);
    expect((await add(signedLog(10), 10, 10)).status).toBe(500);
    await expect(startWitness('w1', undefined, witness.folder)).rejects.toMatchObject({
      code: 'audit.witness_state_lost',
    });
  });

  it('cosigns with ML-DSA-44 too where it has such a key', async () => {
    const both = await startWitness('w2', ['ed25519-cosignature', 'ml-dsa-44']);
    try {
      const log = signedLog(3);
      const body = formatRequest({ old: 0, proof: [], checkpoint: await log.checkpoint() });
      const { status, body: lines } = await both.witness.addCheckpoint(body);
      expect(status).toBe(200);
      const verifiers = both.witness.vkeys.map(parseVerifierKey);
      expect(verifiedBy(parseNote((await log.checkpoint()) + lines), verifiers)).toHaveLength(2);
    } finally {
      await both.close();
    }
  });
});
