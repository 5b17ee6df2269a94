/**
 * Published attacks on proofs of liabilities and of reserves, played by a platform that has the real key
 * and signs whatever serves it. Each is refused by our verifiers, with a reason; what two packages from
 * npm accept of the same is stated at the end.
 *
 * Where they are described: Maxwell's tree and its flaw: Hu, Zhang, Guo, "But Why Does It Work? / Broken
 * Proofs of Solvency in Blockchain Custodial Wallets and Exchanges" (2022); Chalkias et al., "Broken Proofs of
 * Solvency" and "Distributed Auditing Proofs of Liabilities" (2020); Ji, Chalkias, "Generalized Proof of Liabilities"
 * (2021); krakenfx/krakendb#3 (one leaf for many); thenetworkfirm#5 (negative ghosts); olalonde/proof-of-liabilities#11
 * (separators); CVE-2012-2459 (duplicated leaves); RFC 6962, 2.1 (leaves taken for nodes).
 */
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { MerkleTree } from 'merkletreejs';
import { describe, expect, it } from 'vitest';
import {
  type Entry,
  entryBytes,
  nodeEntry,
  padEntry,
  prefix,
  TYPE,
} from '../../src/features/reconciliation/proof/format.ts';
import type { Header } from '../../src/features/reconciliation/proof/header.ts';
import { type Proof, parseProof } from '../../src/features/reconciliation/proof/proof.ts';
import { pemSigner } from '../../src/features/reconciliation/proof/signing.ts';
import {
  compareHeaders,
  type Expected,
  verifyChain,
  verifyProof,
  verifyPublication,
} from '../../src/features/reconciliation/proof/verify.ts';
import { isPlumblineError } from '../../src/kernel/errors.ts';
import { start } from '../support/child.ts';
import { keyOf, merchantOf, proofSecrets } from '../support/liability.ts';
import {
  entryOf,
  headerOf,
  holding,
  nextOf,
  plant,
  proofOf,
  RUN,
  rootOf,
  saltHex,
  signed,
} from '../support/liability-forger.ts';

const KEY = proofSecrets.signer.publicKey;
const honest = [1, 2, 3, 4, 5].map((n) => holding(n, BigInt(n) * 1_000n));
const tree = plant(honest);
/** The victim, whose leaf is not the last: its path has a sibling on each side. */
const victim = merchantOf(2);
const proof = proofOf(tree, victim);
const header = headerOf(tree);

type Json = Record<string, unknown>;
/** A proof as it arrives: a text, which need not be one of ours. */
const changed = (change: Json, of: Proof = proof): string => JSON.stringify({ ...of, ...change });
const part = (change: Json, of: Proof = proof): string => changed({ parts: [{ ...of.parts[0], ...change }] }, of);
const resigned = (change: Partial<Header>, of: Proof = proof): Proof => ({
  ...of,
  ...signed({ ...of.header, ...change }),
});
const path = (of: Proof = proof): [string, string][] => [...(of.parts[0]?.path ?? [])];
const step = (n: number, hash?: string, sum?: string): [string, string][] =>
  path().map(([h, s], at) => (at === n ? [hash ?? h, sum ?? s] : [h, s]));

/** Two merchants, whom one root of 70 or so is to satisfy. */
const pair = [holding(1, 65n), holding(2, 25n)];

/** Each merchant is shown the other as owed nothing: the parent claims the larger of the two. */
function larger(): readonly string[] {
  const lie = plant(pair, (level, left, right) => {
    const one = left.sum > right.sum ? left : { ...left, sum: 0n };
    const other = left.sum > right.sum ? { ...right, sum: 0n } : right;
    return nodeEntry(RUN, level, one, other);
  });
  return pair.map(({ merchant }) => {
    const given = proofOf(lie, merchant);
    const own = 5n + (pair.find((each) => each.merchant === merchant)?.available ?? 0n);
    const rest = (rootOf(lie).sum - own).toString();
    return part({ path: [[given.parts[0]?.path[0]?.[0], rest]] }, given);
  });
}

/** Maxwell's own node: the total and the children's hashes, not their sums. */
function maxwell(): readonly string[] {
  const lie = plant(pair, (level, left, right) => ({
    hash: createHash('sha256')
      .update(prefix(TYPE.node, level, RUN))
      .update(left.hash)
      .update(right.hash)
      .digest(),
    sum: left.sum > right.sum ? left.sum : right.sum,
  }));
  return pair.map(({ merchant }, n) => {
    const given = proofOf(lie, merchant);
    return part({ path: [[given.parts[0]?.path[0]?.[0], n === 0 ? '0' : '40']] }, given);
  });
}

const ghost = (sum: bigint): Entry => ({ hash: Buffer.alloc(32, 0xee), sum });
/** A tree with something in it that is owed by somebody: the parent takes it away. */
function haunted(sum: string): string {
  const [mine = holding(2, 0n)] = pair;
  const own = entryOf(mine);
  const wrapped = (own.sum + BigInt(sum)) & (2n ** 128n - 1n);
  const root = nodeEntry(RUN, 1, own, ghost(BigInt(sum) & (2n ** 128n - 1n)));
  const lie = headerOf(plant(pair), { total: wrapped.toString(), digest: Buffer.from(root.hash).toString('hex') });
  return part(
    { index: 0, path: [[Buffer.alloc(32, 0xee).toString('hex'), sum]] },
    { ...proofOf(plant(pair), mine.merchant), ...signed(lie) },
  );
}

/** An odd tree, the last of whose leaves has no neighbour but a pad. */
const odd = plant(honest.slice(0, 3));
const lonely = odd.holdings[2] ?? holding(3, 0n);
function inPlaceOfPad(beside: Entry): string {
  const given = proofOf(odd, lonely.merchant);
  const [low = padEntry(RUN, 1)] = odd.levels[1] ?? [];
  const root = nodeEntry(RUN, 2, low, nodeEntry(RUN, 1, entryOf(lonely), beside));
  const lie = resigned({ total: root.sum.toString(), digest: Buffer.from(root.hash).toString('hex') }, given);
  return part(
    { path: [[Buffer.from(beside.hash).toString('hex'), beside.sum.toString()], ...path(given).slice(1)] },
    lie,
  );
}

const splitTree = plant([
  ...[0, 1].map((n) => holding(2, 500n, { part: n })),
  holding(1, 9n),
  holding(1, 9n, { part: 1 }),
]);
const splitProof = proofOf(splitTree, victim, headerOf(splitTree, { split: 2 }));
const [firstPart, secondPart] = splitProof.parts;

const inner = tree.levels[1]?.[0] ?? padEntry(RUN, 1);
/** Hashes cut to 64 bits, as some have published them: a second balance for one is found in 2^32 steps. */
const cut = (hash: Uint8Array): Buffer => Buffer.concat([Buffer.from(hash).subarray(0, 8), Buffer.alloc(24)]);
const cutTree = plant(honest, (level, left, right) => {
  const node = nodeEntry(RUN, level, left, right);
  return { ...node, hash: cut(node.hash) };
});

const other = pemSigner(keyOf(8), 'another key');

/** What the victim gets, by attack. Of several texts, one for each victim, one refusal is enough. */
const ATTACKS: Readonly<Record<string, string | readonly string[]>> = {
  'the larger of two sums is the parent’s': larger(),
  'sums that no hash covers (Maxwell 2014)': maxwell(),
  'a ghost that owes: a sibling below zero': haunted('-65'),
  'a ghost that owes, written as 2^128 - 65': haunted((2n ** 128n - 65n).toString()),
  'a sum of more than 128 bits': haunted((2n ** 128n).toString()),
  'an amount of one’s own below zero': part({ available: '-1', pending: '3' }),
  'an amount of more than 64 bits': part({ available: (2n ** 64n).toString() }),
  'one leaf for two merchants of equal balances': changed({ merchant: merchantOf(3) }),
  'one leaf for two, each with a salt of their own': changed({ merchant: merchantOf(3), salt: saltHex(merchantOf(3)) }),
  'a path without its lowest step': part({ path: path().slice(1) }),
  'a path without its highest step': part({ path: path().slice(0, -1) }),
  'a path without its steps, to a root that is signed': part(
    { path: [] },
    resigned({ digest: Buffer.from(entryOf(honest[1] ?? holding(2, 0n)).hash).toString('hex'), total: '2005' }),
  ),
  'a path with a step more': part({ path: [...path(), ['00'.repeat(32), '0']] }),
  'another index': part({ index: (proof.parts[0]?.index ?? 0) ^ 1 }),
  'an index beyond the leaves': part({ index: 8 + (proof.parts[0]?.index ?? 0) }),
  'an index below zero': part({ index: -1 }),
  'an index between two': part({ index: 0.5 }),
  'steps in another order': part({ path: path().reverse() }),
  'a sibling’s sum made smaller': part({ path: step(1, undefined, '1') }),
  'a sibling’s hash exchanged': part({ path: step(0, '12'.repeat(32)) }),
  'yesterday’s path under today’s header': changed({}, { ...proof, ...signed({ ...header, runTag: '06'.repeat(8) }) }),
  'a tree of another currency': changed({}, resigned({ asset: 'USDT' })),
  'a lower total, signed again': changed({}, resigned({ total: '4' })),
  'fewer leaves, signed again': changed({}, resigned({ leaves: 4 })),
  'twice the leaves, signed again': changed({}, resigned({ leaves: 10 })),
  'no leaves at all, signed again': changed({}, resigned({ leaves: 0 })),
  'another root, signed again': changed({}, resigned({ digest: '00'.repeat(32) })),
  'a header that another key has signed': changed({ signature: other.sign(header) }),
  'a total changed after the signature': changed({ header: { ...header, total: '4' } }),
  'a day changed after the signature': changed({ header: { ...header, businessDate: '2026-11-24' } }),
  'a header with a field that nobody signed': changed({ header: { ...header, note: 'audited' } }),
  'a total given twice': JSON.stringify(proof).replace(
    '"total":',
    '"total":"15025","digest":"00","total":"4","v":"pol/v1","was":',
  ),
  'a header of another format': changed({ header: { ...header, v: 'pol/v0' } }),
  'no signature': changed({ signature: '' }),
  'a pad with a sum': inPlaceOfPad({ ...padEntry(RUN, 0), sum: 5n }),
  'a leaf in the place of a pad, counted nowhere': inPlaceOfPad(entryOf(holding(77, 1n))),
  'a pad of another level': inPlaceOfPad(padEntry(RUN, 1)),
  'a node shown as a leaf': part(
    { path: path().slice(1) },
    resigned({ leaves: 3, digest: Buffer.from(rootOf(tree).hash).toString('hex') }),
  ),
  'a leaf that hashes as a node does': part(
    { index: 0, path: [] },
    resigned({ leaves: 1, total: inner.sum.toString(), digest: Buffer.from(inner.hash).toString('hex') }),
  ),
  'digits moved from one amount to the next': part({ available: '200', pending: '02' }),
  'an amount moved from one column to another': part({ available: '2002', pending: '0' }),
  'a number with leading zeros': part({ pending: '02' }),
  'a number in hexadecimal': part({ available: '0x7d0' }),
  'a number with an exponent': part({ available: '2e3' }),
  'a number with a space': part({ available: ' 2000' }),
  'a number as a float': part({ available: 2000 }),
  'a sum with a fraction': part({ path: step(0, undefined, `${path()[0]?.[1]}.0`) }),
  'hashes of 64 bits': part({ path: path().map(([hash, sum]): [string, string] => [hash.slice(0, 16), sum]) }),
  'nodes of which 64 bits count': changed({}, proofOf(cutTree, victim)),
  'hashes in capitals, a second text for one proof': part({
    path: path().map(([hash, sum]): [string, string] => [hash.toUpperCase(), sum]),
  }),
  'another salt': changed({ salt: '00'.repeat(32) }),
  'a part of a balance withheld': changed({ parts: [firstPart] }, splitProof),
  'a part of a balance shown twice': changed({ parts: [firstPart, firstPart] }, splitProof),
  'a part shown as another part': changed({ parts: [firstPart, { ...firstPart, part: 1 }] }, splitProof),
  'parts in another order': changed({ parts: [secondPart, firstPart] }, splitProof),
  'no part at all': changed({ parts: [] }, splitProof),
};

/** The reason of a refusal; undefined where it is taken. */
function refusal(text: string, expected: Expected = { key: KEY }): string | undefined {
  try {
    const verdict = verifyProof(parseProof(text), expected);
    return verdict.ok ? undefined : verdict.reason;
  } catch (error) {
    if (isPlumblineError(error) && error.code === 'proof.malformed') return 'malformed';
    throw error;
  }
}

const textsOf = (attack: string | readonly string[]): readonly string[] =>
  typeof attack === 'string' ? [attack] : attack;

describe('what a lying platform shows a merchant', () => {
  it('is held against proofs that are right', () => {
    for (const { merchant } of honest) expect(refusal(JSON.stringify(proofOf(tree, merchant)))).toBeUndefined();
    expect(refusal(JSON.stringify(proofOf(odd, lonely.merchant)))).toBeUndefined();
    expect(refusal(JSON.stringify(splitProof))).toBeUndefined();
    // The order of a document's fields says nothing.
    expect(
      refusal(JSON.stringify({ ...proof, header: Object.fromEntries(Object.entries(header).reverse()) })),
    ).toBeUndefined();
  });

  it.each(Object.entries(ATTACKS))('%s', (_, attack) => {
    expect(
      textsOf(attack)
        .map((text) => refusal(text))
        .some((reason) => reason !== undefined),
    ).toBe(true);
  });

  it('is refused by the verifier that stands alone', async () => {
    const { verifyLiability }: { verifyLiability: (proof: unknown, key: string) => Promise<unknown> } = await import(
      pathToFileURL(resolve('docs/verify/verify-liability.mjs')).href
    );
    await expect(verifyLiability(proof, KEY)).resolves.toMatchObject({ ok: true });
    for (const [name, attack] of Object.entries(ATTACKS)) {
      const verdicts = await Promise.allSettled(textsOf(attack).map((text) => verifyLiability(JSON.parse(text), KEY)));
      expect([name, verdicts.some(({ status }) => status === 'rejected')]).toEqual([name, true]);
    }
  });

  it('is refused by the one in Python', async () => {
    const corpus = { key: KEY, right: JSON.stringify(proof), attacks: Object.values(ATTACKS).map(textsOf) };
    const program = `
import json, sys
sys.path.insert(0, ${JSON.stringify(resolve('docs/verify'))})
import verify_liability as v
corpus = json.loads(sys.argv[1])
def taken(text):
    try:
        return v.verify_liability(json.loads(text), corpus["key"])["ok"]
    except (v.Refused, KeyError, TypeError, ValueError):
        return False
print(json.dumps([taken(corpus["right"]), [all(taken(text) for text in texts) for texts in corpus["attacks"]]]))`;
    const { output, code } = await start('python3', ['-c', program, JSON.stringify(corpus)]).exited;
    expect([code, JSON.parse(output)]).toEqual([0, [true, Object.keys(ATTACKS).map(() => false)]]);
  });
});

describe('what a merchant knows by itself', () => {
  const text = JSON.stringify(proof);
  it.each<readonly [string, Partial<Expected>, string]>([
    ['the day: yesterday’s proof is not today’s', { businessDate: '2026-11-24' }, 'expected'],
    ['the currency', { asset: 'USDT' }, 'expected'],
    ['the book', { book: 'other' }, 'expected'],
    ['who it is', { merchant: merchantOf(3) }, 'expected'],
    ['its balance', { owed: 2_006n }, 'expected'],
    ['the header that others were given: a split view', { headerHash: '00'.repeat(32) }, 'fork'],
    ['the key', { key: other.publicKey }, 'signature'],
    ['what a key looks like', { key: 'AAAA' }, 'key'],
  ])('%s', (_, more, reason) => {
    expect(refusal(text, { key: KEY, ...more })).toBe(reason);
  });
});

describe('what a lying platform publishes', () => {
  const leaves = tree.levels[0] ?? [];
  const judge = async (entries: readonly Entry[], of: Header = header) => {
    const { signature } = signed(of);
    const pieces = (async function* () {
      yield Buffer.concat(entries.map(entryBytes));
    })();
    const verdict = await verifyPublication(of, signature, pieces, { key: KEY });
    return verdict.ok ? undefined : verdict.reason;
  };
  const swapped = leaves.map((_, n) => leaves[n < 2 ? 1 - n : n] ?? padEntry(RUN, 0));
  const first = leaves[0] ?? padEntry(RUN, 0);

  it('is held against a publication that is right', async () => expect(await judge(leaves)).toBeUndefined());

  it.each<readonly [string, readonly Entry[], Partial<Header>, string]>([
    ['a leaf withheld', leaves.slice(1), {}, 'count'],
    ['a leaf withheld, the count signed again', leaves.slice(1), { leaves: 4 }, 'total'],
    [
      'a leaf withheld, count and total signed again',
      leaves.slice(1),
      { leaves: 4, total: (rootOf(tree).sum - first.sum).toString() },
      'root',
    ],
    ['a leaf twice (CVE-2012-2459)', [...leaves, leaves[4] ?? first], { leaves: 6 }, 'order'],
    ['leaves in another order', swapped, {}, 'order'],
    ['a smaller sum', leaves.map((each, n) => (n === 1 ? { ...each, sum: 1n } : each)), {}, 'total'],
    [
      'two sums exchanged',
      leaves.map((each, n) => (n < 2 ? { ...each, sum: leaves[1 - n]?.sum ?? 0n } : each)),
      {},
      'root',
    ],
    [
      'a ghost of 2^128 - 95',
      [...leaves.slice(0, 4), { hash: Buffer.alloc(32, 0xff), sum: 2n ** 128n - 95n }],
      {},
      'overflow',
    ],
    ['nothing, for a total that is signed', [], {}, 'count'],
  ])('%s', async (_, entries, more, reason) => {
    expect(await judge(entries, { ...header, ...more })).toBe(reason);
  });
});

describe('what a lying platform does with the days', () => {
  const day1 = nextOf(header);
  const day2 = nextOf(day1);
  const chain = (headers: readonly Header[]) => verifyChain(headers.map(signed), { key: KEY });

  it('is held against days that are right', () => {
    expect(chain([header, day1, day2])).toBeUndefined();
    expect(compareHeaders(day1, day2)).toBeUndefined();
  });

  it.each<readonly [string, readonly Header[]]>([
    ['a day left out', [header, day2]],
    [
      'a day after another than the one before it: a fork of a stale header',
      [header, day1, nextOf(header, { seq: 2 })],
    ],
    ['a first day that is none', [day1, day2]],
    ['a day twice', [header, day1, day1]],
    ['another book’s day', [header, nextOf(header, { book: 'other' })]],
  ])('%s', (_, headers) => {
    expect(chain(headers)).toMatchObject({ reason: 'chain' });
  });

  it('two headers of one day, one for each merchant', () => {
    expect(compareHeaders(day1, nextOf(header, { total: '4' }))).toMatchObject({ reason: 'fork' });
    expect(compareHeaders(day1, nextOf(header, { seq: 5 }))).toMatchObject({ reason: 'fork' });
  });
});

interface Lproof {
  readonly Tree: { fromArray(nodes: readonly unknown[]): unknown };
  verifyTree(tree: unknown, root: { readonly hash: string; readonly sum: string }): unknown;
}

describe('the same attacks on packages of npm', () => {
  const sha = (text: string | Buffer): string => createHash('sha256').update(text).digest('hex');
  const takes = (work: () => unknown): boolean => {
    try {
      return work() !== false;
    } catch {
      return false;
    }
  };

  it('lproof 0.0.17 takes five of six', async () => {
    const require = createRequire(import.meta.url);
    const lproof: Lproof = { ...require('lproof'), Tree: require('lproof/lib/tree') };
    const leaf = (user: string, sum: string) => sha(`${user}|${sum}|n`);
    const own = (user: string, sum: string) => ({ user, sum, nonce: 'n' });
    const root = (sum: string, left: string, right: string) => ({ sum, hash: sha(`${sum}|${left}|${right}`) });
    const shown = (left: unknown, right: unknown) => lproof.Tree.fromArray([null, left, right]);
    const [a, b] = [leaf('a', '70'), leaf('b', '30')];
    const total = root('70', a, b);
    const verify = (shownTree: unknown, of = total) => takes(() => lproof.verifyTree(shownTree, of));
    const taken = {
      honest: verify(shown(own('a', '70'), { sum: '30', hash: b }), root('100', a, b)),
      // 70 and 30 are owed, and the root of 70 satisfies both.
      'the larger of two sums':
        verify(shown(own('a', '70'), { sum: '0', hash: b })) && verify(shown({ sum: '40', hash: a }, own('b', '30'))),
      'a lower total for one': verify(shown(own('a', '70'), { sum: '5', hash: b }), root('75', a, b)),
      'a sibling below zero': verify(shown(own('a', '70'), { sum: '-65', hash: b }), root('5', a, b)),
      'a node for a leaf': verify(lproof.Tree.fromArray([own('a', '70')]), { sum: '70', hash: a }),
      // Nothing in the root says which day or which currency it is of.
      'yesterday’s tree': verify(shown(own('a', '70'), { sum: '30', hash: b }), root('100', a, b)),
      'separators in a name': leaf('a|7', '0') === sha('a|7|0|n') && leaf('a', '7|0') === leaf('a|7', '0'),
    };
    expect(taken).toEqual({
      honest: true,
      'the larger of two sums': true,
      'a lower total for one': true,
      'a sibling below zero': false,
      'a node for a leaf': true,
      'yesterday’s tree': true,
      'separators in a name': true,
    });
  });

  it('merkletreejs 0.6.0 has no sums, and takes a node for a leaf and a leaf twice', () => {
    const hash = (data: Buffer): Buffer => Buffer.from(sha(data), 'hex');
    const leaves = (tree.levels[0] ?? []).slice(0, 4).map((entry) => Buffer.from(entry.hash));
    const made = new MerkleTree(leaves, hash);
    const root = made.getRoot();
    const [first = Buffer.alloc(0), second = Buffer.alloc(0)] = leaves;
    const whole = made.getProof(first);
    const node = hash(Buffer.concat([first, second]));
    const twice = (count: number) =>
      new MerkleTree([...leaves.slice(0, 3), ...leaves.slice(2, 2 + count)], hash, { duplicateOdd: true }).getHexRoot();
    expect({
      honest: made.verify(whole, first, root),
      'a node for a leaf': made.verify(whole.slice(1), node, root),
      'a leaf twice (CVE-2012-2459)': twice(0) === twice(1),
      // It knows no amounts: with any balance behind it, a leaf's hash is in the tree.
      'a balance that nobody hashed': made.verify(whole, first, root),
      'a sibling exchanged': made.verify(
        [{ position: 'right', data: Buffer.alloc(32) }, ...whole.slice(1)],
        first,
        root,
      ),
    }).toEqual({
      honest: true,
      'a node for a leaf': true,
      'a leaf twice (CVE-2012-2459)': true,
      'a balance that nobody hashed': true,
      'a sibling exchanged': false,
    });
  });
});
