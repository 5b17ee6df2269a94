/** Verifying what the platform says it owes, trusting nothing of it but its public key. Verdicts are data. */
import {
  ENTRY,
  type Entry,
  entryAt,
  entryBytes,
  headerHash,
  heightOf,
  leafEntry,
  MAX_AMOUNT,
  MAX_SUM,
  nodeEntry,
  padEntry,
  type Run,
} from './format.ts';
import { hasherOf } from './hasher/hasher.ts';
import { GENESIS, type Header } from './header.ts';
import { isPad, type Proof, type ProofPart } from './proof.ts';
import { isSignedBy, publicKeyOf } from './signing.ts';
import { TreeBuilder } from './tree.ts';

export type Reason =
  | 'key' // no Ed25519 key
  | 'signature' // the header is not signed by that key
  | 'expected' // another date, asset, book, merchant or amount than was asked for
  | 'parts' // not each of the header's parts once
  | 'index' // no leaf has that place
  | 'height' // the path does not have the length that the number of leaves gives it
  | 'pad' // beside the last entry of a level stands something else than its pad
  | 'overflow' // a sum beyond its width
  | 'order' // published leaves do not strictly ascend
  | 'count' // more or fewer leaves than the header says
  | 'total' // sums that do not lead to the signed total
  | 'root' // hashes that do not lead to the signed root
  | 'chain' // a header that does not follow the one before it
  | 'fork'; // two headers of one place in the chain

export type Verdict =
  | { readonly ok: true; readonly header: Header; readonly owed: bigint }
  | { readonly ok: false; readonly reason: Reason; readonly message: string };

/** What the verifier knows by itself. */
export interface Expected {
  /** Ed25519, 32 bytes in base64, as the platform has published it. */
  readonly key: string;
  readonly businessDate?: string;
  readonly asset?: string;
  readonly book?: string;
  readonly merchant?: string;
  /** What all three amounts come to, in minor units. */
  readonly owed?: bigint;
  /** The header's hash, as somebody else was given it or as the public log has it. */
  readonly headerHash?: string;
}

const refused = (reason: Reason, message: string): Verdict => ({ ok: false, reason, message });

const runOf = ({ runTag, asset }: Header): Run => ({ tag: Buffer.from(runTag, 'hex'), asset });

/** The header alone: signed, and the one that was asked for. @returns undefined where nothing is wrong */
export function verifyHeader(header: Header, signature: string, expected: Expected): Verdict | undefined {
  const key = publicKeyOf(expected.key);
  if (key === undefined) return refused('key', 'the key is not the base64 of 32 bytes');
  if (!isSignedBy(header, signature, key)) return refused('signature', 'the key has not signed this header');
  for (const field of ['businessDate', 'asset', 'book'] as const) {
    const wanted = expected[field];
    if (wanted === undefined || wanted === header[field]) continue;
    return refused('expected', `the header is of ${field} ${header[field]}, not ${wanted}`);
  }
  if (expected.headerHash !== undefined && expected.headerHash !== headerHash(header)) {
    return refused('fork', 'this header is another one than the one that was published');
  }
  return undefined;
}

export function verifyProof(proof: Proof, expected: Expected): Verdict {
  const { header, merchant, parts } = proof;
  const wrong = verifyHeader(header, proof.signature, expected);
  if (wrong !== undefined) return wrong;
  if (expected.merchant !== undefined && expected.merchant !== merchant) {
    return refused('expected', `the proof is of merchant ${merchant}, not ${expected.merchant}`);
  }
  if (parts.length !== header.split || parts.some(({ part }, n) => part !== n)) {
    return refused('parts', `the balance has ${header.split} parts, each of which is to be shown once`);
  }
  let owed = 0n;
  for (const part of parts) {
    const wrongPart = verifyPart(proof, part);
    if (wrongPart !== undefined) return wrongPart;
    owed += BigInt(part.available) + BigInt(part.pending) + BigInt(part.reserved);
  }
  if (expected.owed !== undefined && expected.owed !== owed) {
    return refused('expected', `the proof is of ${owed} minor units, not ${expected.owed}`);
  }
  return { ok: true, header, owed };
}

function verifyPart({ header, merchant, salt }: Proof, proof: ProofPart): Verdict | undefined {
  const run = runOf(header);
  const { part, index, path } = proof;
  const [available, pending, reserved] = [BigInt(proof.available), BigInt(proof.pending), BigInt(proof.reserved)];
  if (index >= header.leaves) return refused('index', `there is no leaf ${index}: there are ${header.leaves}`);
  if (path.length !== heightOf(header.leaves)) {
    return refused('height', `${path.length} steps up a tree of ${heightOf(header.leaves)}`);
  }
  if ([available, pending, reserved].some((amount) => amount > MAX_AMOUNT)) {
    return refused('overflow', 'an amount is wider than 64 bits');
  }
  let at: Entry = leafEntry(run, { merchant, part, available, pending, reserved }, Buffer.from(salt, 'hex'));
  for (const [level, [hash, text]] of path.entries()) {
    const beside: Entry = { hash: Buffer.from(hash, 'hex'), sum: BigInt(text) };
    const pad = padEntry(run, level);
    const isThePad = entryBytes(pad).equals(entryBytes({ ...beside, sum: beside.sum & MAX_SUM }));
    if (isPad(header, index, level) && (!isThePad || beside.sum !== 0n)) {
      return refused('pad', `level ${level} ends here, and beside it stands something else than a pad`);
    }
    if (beside.sum + at.sum > MAX_SUM)
      return refused('overflow', `the sum at level ${level + 1} is wider than 128 bits`);
    const right = Math.floor(index / 2 ** level) % 2 === 1;
    at = nodeEntry(run, level + 1, right ? beside : at, right ? at : beside);
  }
  if (at.sum !== BigInt(header.total)) {
    return refused('total', `the sums lead to ${at.sum}, and the header says ${header.total}`);
  }
  if (Buffer.from(at.hash).toString('hex') !== header.digest) {
    return refused('root', 'the hashes lead to another root than the signed one');
  }
  return undefined;
}

/** The whole tree again from all published entries, in pieces of any length that is a multiple of 48. */
export async function verifyPublication(
  header: Header,
  signature: string,
  entries: AsyncIterable<Uint8Array>,
  expected: Expected,
): Promise<Verdict> {
  const wrong = verifyHeader(header, signature, expected);
  if (wrong !== undefined) return wrong;
  const run = runOf(header);
  const tree = new TreeBuilder(hasherOf(run), run);
  let [count, total] = [0, 0n];
  let last = Buffer.alloc(0);
  for await (const piece of entries) {
    for (let n = 0; n * ENTRY < piece.length; n += 1) {
      const { hash, sum } = entryAt(piece, n);
      if (last.length > 0 && last.compare(hash) >= 0) {
        return refused('order', `leaf ${count} does not come after the one before it`);
      }
      // A leaf holds three amounts of 64 bits.
      if (sum > 3n * MAX_AMOUNT) return refused('overflow', `the sum of leaf ${count} is wider than a leaf's`);
      last = Buffer.from(hash);
      count += 1;
      total += sum;
    }
    tree.push(piece);
  }
  if (count !== header.leaves) return refused('count', `${count} leaves, and the header says ${header.leaves}`);
  if (total.toString() !== header.total) {
    return refused('total', `the leaves add up to ${total}, and the header says ${header.total}`);
  }
  if (Buffer.from(tree.finish().hash).toString('hex') !== header.digest) {
    return refused('root', 'the leaves lead to another root than the signed one');
  }
  return { ok: true, header, owed: total };
}

/** Headers of one book and asset, oldest first, from the first one on or from `after`. */
export function verifyChain(
  headers: readonly { readonly header: Header; readonly signature: string }[],
  expected: Expected,
  after?: Header,
): Verdict | undefined {
  let before = after;
  for (const { header, signature } of headers) {
    const wrong = verifyHeader(header, signature, expected);
    if (wrong !== undefined) return wrong;
    const follows =
      before === undefined
        ? header.seq === 0 && header.prev === GENESIS
        : header.seq === before.seq + 1 && header.prev === headerHash(before);
    if (!follows || (before !== undefined && (before.book !== header.book || before.asset !== header.asset))) {
      return refused('chain', `the header ${header.seq} of ${header.businessDate} does not follow the one before it`);
    }
    before = header;
  }
  return undefined;
}

/** Two people compare what they were given. */
export function compareHeaders(a: Header, b: Header): Verdict | undefined {
  if (a.book !== b.book || a.asset !== b.asset || headerHash(a) === headerHash(b)) return undefined;
  if (a.seq !== b.seq && a.prev !== b.prev) return undefined;
  return refused('fork', `there are two headers of place ${a.seq} and ${b.seq} after one: each was shown to somebody`);
}
