/** One contestant of liability-tree.ts in a process of its own: name, folder for what does not fit into memory. */
import { createHash, hash, randomBytes } from 'node:crypto';
import { MerkleTree } from 'merkletreejs';
import { Leaves } from '../src/features/reconciliation/proof/build.ts';
import { DEFAULT_CURRENCIES } from '../src/kernel/money.ts';
import { copyOf, merchantOf } from '../test/support/liability.ts';
import { bePart } from './child.ts';

const ROWS = 1_000_000;
const [name = '', folder = ''] = process.argv.slice(2);

async function measure(work: () => unknown): Promise<void> {
  const [from, cpu] = [performance.now(), process.cpuUsage()];
  await work();
  const { user, system } = process.cpuUsage(cpu);
  const wallMs = performance.now() - from;
  bePart({ wallMs, processorMs: (user + system) / 1_000, rssMb: process.resourceUsage().maxRSS / 1024 });
}

/** The bytes of a binary COPY, as a database sends them. */
async function copied(): Promise<readonly Uint8Array[]> {
  const [head, end, some] = [19, 2, 1_000];
  const pieces: Uint8Array[] = [];
  for (let first = 0; first < ROWS; first += some) {
    const balances = Array.from({ length: some }, (_, n) => ({
      merchant: merchantOf(first + n),
      available: BigInt(first + n) * 7_919n,
      pending: BigInt((first + n) % 977),
      reserved: BigInt((first + n) % 13),
    }));
    for await (const piece of copyOf(balances, Number.POSITIVE_INFINITY)) {
      pieces.push(piece.slice(first === 0 ? 0 : head, first + some === ROWS ? piece.length : -end));
    }
  }
  return pieces;
}

async function ours(): Promise<void> {
  const pieces = await copied();
  const run = { tag: Buffer.alloc(8, 1), asset: 'VND' };
  const currency = DEFAULT_CURRENCIES.get('VND');
  await measure(async () => {
    const leaves = new Leaves({ run, runKey: Buffer.alloc(32, 2), currency, split: 1, scratch: folder });
    await leaves.read(
      (async function* () {
        yield* pieces;
      })(),
    );
    for await (const _ of leaves.file(() => undefined));
    await leaves.close();
    if (leaves.count !== ROWS) throw new Error(`the tree has ${leaves.count} leaves`);
  });
}

async function peer(hashing?: (bytes: Buffer) => Buffer): Promise<void> {
  const data = randomBytes(40 * ROWS);
  const rows = Array.from({ length: ROWS }, (_, n) => data.subarray(40 * n, 40 * n + 40));
  await measure(() => new MerkleTree(rows, hashing, { hashLeaves: true }).getRoot());
}

const CONTESTANTS: Readonly<Record<string, () => Promise<void>>> = {
  ours,
  default: () => peer(),
  createHash: () => peer((bytes) => createHash('sha256').update(bytes).digest()),
  // By way of text of one byte a character, which is faster than a Buffer made by the native side.
  hash: () => peer((bytes) => Buffer.from(hash('sha256', bytes, 'binary'), 'latin1')),
};
await CONTESTANTS[name]?.();
