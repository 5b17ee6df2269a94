/**
 * The tree of a proof of liabilities, with its salts, sums and order, beside merkletreejs, which hashes rows of
 * 40 bytes to a plain tree without any of them: both from what is in their memory, each in a process of its own.
 * merkletreejs hashes with crypto-js unless it is told another function: that is the ratio. Its documentation
 * shows createHash as well; the fastest that it can be handed is the one call of crypto.hash.
 * PLUMBLINE_BENCH_ROUNDS says how often, 3 unless told.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { type Bench, median } from './bench.ts';
import { runPart } from './child.ts';

const ROUNDS = Number(process.env.PLUMBLINE_BENCH_ROUNDS ?? 3);
const FIGURES = z.object({ wallMs: z.number(), processorMs: z.number(), rssMb: z.number() });
const BAR = 0.2;

const PEERS = [
  ['default', 'merkletreejs 0.6.0 with its own hash function, crypto-js'],
  ['createHash', 'merkletreejs 0.6.0 with createHash of node:crypto'],
  ['hash', 'merkletreejs 0.6.0 with hash of node:crypto, the fastest it can be handed'],
] as const;

export const run: Bench = async () => {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-tree-'));
  const wall = new Map<string, number[]>();
  try {
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const name of ['ours', ...PEERS.map(([peer]) => peer)]) {
        const { wallMs, processorMs, rssMb } = await runPart('liability-tree-part.ts', [name, folder], FIGURES);
        wall.set(name, [...(wall.get(name) ?? []), wallMs]);
        console.log(
          `  ${name}: ${wallMs.toFixed(0)} ms, ${processorMs.toFixed(0)} ms of the processor, ${rssMb.toFixed(0)} MB; load ${loadavg()[0]?.toFixed(1)}`,
        );
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const value = median(wall.get('ours') ?? []);
  return PEERS.map(([peer, reference]) => {
    const ratio = value / median(wall.get(peer) ?? []);
    const of = { value, unit: 'ms', reference, ratio, bar: `<= ${BAR}`, pass: ratio <= BAR };
    return { name: `liability-tree-1m-${peer}`, ...of };
  });
};
