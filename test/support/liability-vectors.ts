/** Test vectors of pol/v1, from the plain implementation: keys and salts of one run, a tree of five leaves, a header. */
import {
  headerBytes,
  headerHash,
  padEntry,
  runKeyOf,
  runTagOf,
  saltOf,
} from '../../src/features/reconciliation/proof/format.ts';
import { proofSecrets } from './liability.ts';
import { entryOf, headerOf, holding, plant, proofOf, RUN, saltHex } from './liability-forger.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

export function liabilityVectors() {
  const holdings = [1, 2, 3, 4, 5].map((n) => holding(n, BigInt(n) * 1_000n));
  const tree = plant(holdings);
  const header = headerOf(tree);
  const [first = holding(1, 0n)] = holdings;
  const runKey = runKeyOf(proofSecrets.secret, '2026-11-23', 'VND');
  return {
    secrets: {
      master: hex(proofSecrets.secret),
      businessDate: '2026-11-23',
      asset: 'VND',
      runKey: hex(runKey),
      merchant: first.merchant,
      salt: hex(saltOf(runKey, first.merchant)),
    },
    tag: {
      ...{ book: 'test', businessDate: '2026-11-23', asset: 'VND', report: first.merchant },
      runTag: hex(runTagOf('test', '2026-11-23', 'VND', first.merchant)),
    },
    runTag: hex(RUN.tag),
    leaves: holdings.map((each) => ({
      ...{ merchant: each.merchant, part: each.part, salt: saltHex(each.merchant) },
      ...{ available: `${each.available}`, pending: `${each.pending}`, reserved: `${each.reserved}` },
      hash: hex(entryOf(each).hash),
    })),
    pads: [0, 1, 2].map((level) => hex(padEntry(RUN, level).hash)),
    levels: tree.levels.map((level) => level.map(({ hash, sum }) => [hex(hash), sum.toString()])),
    key: proofSecrets.signer.publicKey,
    signedBytes: hex(headerBytes(header)),
    headerHash: headerHash(header),
    proof: proofOf(tree, first.merchant),
  };
}
