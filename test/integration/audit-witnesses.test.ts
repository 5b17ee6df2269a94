/** A log that asks real witnesses, over HTTP, with a quorum. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseVerifierKey } from '../../src/features/audit/tlog/keys.ts';
import { parseNote, verifiedBy } from '../../src/features/audit/tlog/note.ts';
import { parsePolicy } from '../../src/features/audit/witness/policy.ts';
import { WitnessedCheckpoints } from '../../src/features/audit/witness/witnessed.ts';
import { Witnesses, type WitnessesDeps } from '../../src/features/audit/witness/witnesses.ts';
import type { PlumblineError } from '../../src/kernel/errors.ts';
import { systemClock, systemRandom } from '../../src/platform/clock/system.ts';
import type { HttpClient } from '../../src/platform/http-client/port.ts';
import { createHttpClient } from '../../src/platform/http-client/undici.ts';
import { signedLog, startWitness, type TestWitness } from '../support/witness.ts';

const real = createHttpClient({ clock: systemClock });
let witnesses: TestWitness[];
let evidence: PlumblineError[];
let requests: string[];
let signed: number;
/** In the way of the first witness. */
let stub: Server | undefined;

beforeEach(async () => {
  witnesses = await Promise.all(['w1', 'w2', 'w3'].map((name) => startWitness(name)));
  evidence = [];
  requests = [];
  signed = 0;
});
afterEach(async () => {
  stub?.closeAllConnections();
  stub?.close();
  stub = undefined;
  await Promise.all(witnesses.map((each) => each.close()));
});

const http: HttpClient = {
  ...real,
  send: (request) => {
    requests.push(`${request.url.slice(-20)} ${request.body?.split('\n')[0]}`);
    return real.send(request);
  },
};

async function instead(answer: {
  status: number;
  type?: string;
  body: string;
  headers?: Record<string, string>;
}): Promise<string> {
  stub = createServer((_, response) =>
    response
      .writeHead(answer.status, { 'content-type': answer.type ?? 'text/plain', ...answer.headers })
      .end(answer.body),
  );
  await new Promise<void>((resolve) => stub?.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(stub.address() as AddressInfo).port}/`;
}

/** 2 of the 3, unless told; `first` is where the first is asked. */
function asking(
  log: ReturnType<typeof signedLog>,
  more: Partial<WitnessesDeps> & { first?: string; quorum?: string } = {},
) {
  const { first, quorum = 'group all 2 w1 w2 w3', ...deps } = more;
  const lines = witnesses.map(
    ({ name, witness, server }, index) =>
      `witness ${name} ${witness.vkeys[0]} ${index === 0 && first !== undefined ? first : server.url}`,
  );
  return new Witnesses({
    http,
    clock: systemClock,
    random: systemRandom,
    policy: parsePolicy(`${lines.join('\n')}\n${quorum}\nquorum all`),
    nodes: () => log.tree.nodes,
    latest: async () => Math.max(signed, log.tree.size),
    onMissedQuorum: 'closed',
    timeoutMs: 5_000,
    onEvidence: (error) => evidence.push(error),
    ...deps,
  });
}
const submit = async (log: ReturnType<typeof signedLog>, size = log.tree.size) => ({
  size,
  note: await log.checkpoint(size),
});
const verifiers = () => witnesses.map(({ witness }) => parseVerifierKey(witness.vkeys[0] ?? ''));
const settled = () => new Promise((resolve) => setTimeout(resolve, 50));

describe('witnesses', () => {
  it('cosign a growing log, each in one round trip once it is known', async () => {
    const log = signedLog(10);
    const asked = asking(log, { quorum: 'group all all w1 w2 w3' });
    for (let round = 0; round < 3; round += 1) {
      const { note, hasQuorum, witnesses: names, faults } = await asked.cosign(await submit(log));
      expect({ hasQuorum, names, faults }).toEqual({ hasQuorum: true, names: ['w1', 'w2', 'w3'], faults: [] });
      expect(verifiedBy(parseNote(note), verifiers())).toHaveLength(3);
      log.tree.grow(7);
    }
    expect(requests).toHaveLength(9);
  });

  it('are asked anew after a restart, and need no second round trip where a checkpoint was kept', async () => {
    const log = signedLog(10);
    const all = { quorum: 'group all all w1 w2 w3' };
    const { note } = await asking(log, all).cosign(await submit(log));
    log.tree.grow(10);
    requests = [];
    await asking(log, all).cosign(await submit(log));
    expect(requests.map((line) => line.split(' ').slice(1).join(' ')).sort()).toEqual(
      [...Array(3).fill('old 0'), ...Array(3).fill('old 10')].sort(),
    );
    log.tree.grow(10);
    requests = [];
    const restarted = asking(log, all);
    restarted.remember((await asking(log, all).cosign(await submit(log, 20))).note);
    expect(note).not.toBe('');
    requests = [];
    await restarted.cosign(await submit(log));
    expect(requests).toHaveLength(3);
  });

  it('are enough when the quorum is reached, with one that is away', async () => {
    const log = signedLog(10);
    const first = await instead({ status: 503, body: 'away' });
    const { hasQuorum, witnesses: names } = await asking(log, { first }).cosign(await submit(log));
    expect({ hasQuorum, names }).toEqual({ hasQuorum: true, names: ['w2', 'w3'] });
  });

  it('are missed: closed fails, open gives the checkpoint as it is', async () => {
    const log = signedLog(10);
    const first = await instead({ status: 404, body: 'who?' });
    const quorum = 'group all all w1 w2 w3';
    await expect(asking(log, { first, quorum }).cosign(await submit(log))).rejects.toMatchObject({
      code: 'audit.quorum_missed',
      kind: 'upstream',
      message: expect.stringContaining(
        'cosigned by w2, w3, which is no quorum: the witness w1 does not know this log (404)',
      ),
    });
    const open = asking(log, { first, quorum, onMissedQuorum: 'open' });
    const { note, hasQuorum, witnesses: names } = await open.cosign(await submit(log));
    expect({ hasQuorum, names }).toEqual({ hasQuorum: false, names: ['w2', 'w3'] });
    expect(verifiedBy(parseNote(note), verifiers())).toHaveLength(2);
  });

  it.each([
    ['a signature that does not verify', async () => `\u2014 w1.example/w ${Buffer.alloc(76).toString('base64')}\n`],
    ['nothing', async () => ''],
    ['a page', async () => '<html>'],
    [
      'the signature of another checkpoint',
      async () =>
        (await witnesses[0]?.witness.addCheckpoint(`old 0\n\n${await signedLog(5).checkpoint()}`))?.body ?? '',
    ],
  ])('are not believed with %s', async (_, body) => {
    const log = signedLog(10);
    const first = await instead({ status: 200, body: await body() });
    const outcome = await asking(log, { first, quorum: 'group all 3 w1 w2 w3', onMissedQuorum: 'open' }).cosign(
      await submit(log),
    );
    expect(outcome.witnesses).toEqual(['w2', 'w3']);
    expect(outcome.faults).toEqual([expect.stringContaining('a cosignature that does not verify')]);
    expect(evidence).toEqual([]);
  });

  it('are left alone when they ask for it', async () => {
    const log = signedLog(10);
    const first = await instead({ status: 429, body: '', headers: { 'retry-after': '120' } });
    const asked = asking(log, { first, quorum: 'group all 3 w1 w2 w3', onMissedQuorum: 'open' });
    await asked.cosign(await submit(log));
    requests = [];
    log.tree.grow(1);
    const { faults } = await asked.cosign(await submit(log));
    expect(faults).toEqual([expect.stringContaining('asked to be left alone')]);
    expect(requests).toHaveLength(2);
  });

  it('tell of a log that was put back together with its signer', async () => {
    await asking(signedLog(50)).cosign(await submit(signedLog(50)));
    await settled();
    const restored = signedLog(30);
    await expect(asking(restored).cosign(await submit(restored))).rejects.toMatchObject({
      code: 'audit.quorum_missed',
    });
    expect(evidence.length).toBeGreaterThanOrEqual(2);
    expect(evidence[0]).toMatchObject({
      code: 'audit.witness_rollback',
      kind: 'integrity',
      message: expect.stringContaining('has cosigned 50, and our signer remembers 30'),
      details: { evidence: { status: 409, answer: '50\n' }, size: 50, signed: 30 },
    });
  });

  it('tell of a fork, and its evidence is kept', async () => {
    await asking(signedLog(50)).cosign(await submit(signedLog(50)));
    await settled();
    const forked = signedLog(80, 20);
    await expect(asking(forked).cosign(await submit(forked))).rejects.toMatchObject({ code: 'audit.quorum_missed' });
    expect(evidence[0]).toMatchObject({
      code: 'audit.witness_fork',
      message: expect.stringContaining('from size 50 to 80'),
      details: { evidence: { status: 422, request: expect.stringContaining('old 50\n') } },
    });
    evidence = [];
    const same = signedLog(50, 49);
    await expect(asking(same).cosign(await submit(same))).rejects.toMatchObject({ code: 'audit.quorum_missed' });
    expect(evidence[0]).toMatchObject({
      code: 'audit.witness_fork',
      message: expect.stringContaining('with another root'),
    });
  });

  it('may have a newer checkpoint from another process of ours, which is no alarm', async () => {
    const log = signedLog(50);
    await asking(log).cosign(await submit(log));
    await settled();
    signed = 50;
    await expect(asking(log).cosign(await submit(log, 30))).rejects.toMatchObject({
      code: 'audit.quorum_missed',
      message: expect.stringContaining('a newer checkpoint than this of 30'),
    });
    expect(evidence).toEqual([]);
  });

  it('are not accused of our own damaged hashes', async () => {
    const log = signedLog(50);
    await asking(log).cosign(await submit(log));
    await settled();
    const damaged = signedLog(80);
    const nodes = () => signedLog(80, 20).tree.nodes;
    const asked = asking(damaged, { nodes });
    await expect(asked.cosign(await submit(damaged))).rejects.toMatchObject({ code: 'audit.quorum_missed' });
    expect(evidence.map(({ code }) => code)).toEqual(Array(3).fill('audit.root_mismatch'));
  });

  it('are asked in turn when checkpoints come fast', async () => {
    const log = signedLog(100);
    const asked = asking(log, { quorum: 'group all all w1 w2 w3' });
    const sizes = Array.from({ length: 30 }, (_, index) => index + 1);
    const submissions = await Promise.all(sizes.map((size) => submit(log, size)));
    const outcomes = await Promise.all(submissions.map((each) => asked.cosign(each)));
    expect(outcomes.every(({ hasQuorum }) => hasQuorum)).toBe(true);
    expect(requests).toHaveLength(90);
  });

  it('are asked once for all who wait, and not again for what they have cosigned', async () => {
    const log = signedLog(10);
    const kept: string[] = [];
    const checkpoints = new WitnessedCheckpoints({
      publisher: { publish: async () => submit(log) },
      witnesses: asking(log, { quorum: 'group all all w1 w2 w3' }),
      store: { keep: async ({ kind, size }) => void kept.push(`${kind} ${size}`) },
      clock: systemClock,
    });
    const first = checkpoints.publish(10);
    log.tree.grow(5);
    const others = await Promise.all(Array.from({ length: 40 }, (_, index) => checkpoints.publish(index % 15)));
    expect(verifiedBy(parseNote((await first).note), verifiers())).toHaveLength(3);
    for (const { note } of others) expect(verifiedBy(parseNote(note), verifiers())).toHaveLength(3);
    await checkpoints.publish();
    expect(requests).toHaveLength(3);
    expect(kept).toEqual(['witnessed 15', 'newest 15']);
    await expect(checkpoints.publish(16)).rejects.toMatchObject({ code: 'audit.size_unknown' });
  });

  it('are refused as a quorum that nobody can reach', () => {
    const vkeys = witnesses.map(({ witness }) => witness.vkeys[0]);
    const policy = parsePolicy(
      `witness a ${vkeys[0]}\nwitness b ${vkeys[1]} http://127.0.0.1:1\ngroup g all a b\nquorum g`,
    );
    expect(() => asking(signedLog(1), { policy })).toThrow(
      expect.objectContaining({ code: 'audit.policy_unreachable' }),
    );
  });
});
