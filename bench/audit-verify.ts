/**
 * Verification of a log in a folder of tiles, in entries a second, against its floor in the same run: two
 * threads that read the bundles, hash leaves and tiles, and look at nothing.
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { cpuUsage } from 'node:process';
import { Worker } from 'node:worker_threads';
import { generateSigningKey, parseVerifierKey } from '../src/features/audit/tlog/keys.ts';
import { verifyTiles } from '../src/features/audit/verify/tiles.ts';
import { ORIGIN } from '../test/support/audit.ts';
import { writeTiles } from '../test/support/audit-tiles.ts';
import { type Bench, median } from './bench.ts';

const SIZE = 4 * 1024 * 256;
const RUNS = 5;
const BAR = 1_000_000;

/** Entries a second by the clock, and in a second of one core's time. */
interface Rates {
  readonly wall: number;
  readonly core: number;
}

export const run: Bench = async () => {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-bench-'));
  try {
    const key = generateSigningKey(ORIGIN, 'ed25519', () => 0);
    const keys = [parseVerifierKey(key.vkey)];
    await writeTiles(folder, key, { size: SIZE, padding: 40 });
    const ours = async (): Promise<void> => {
      const { ok, size } = await verifyTiles({ source: { folder }, origin: ORIGIN, keys });
      if (!ok || size !== SIZE) throw new Error('the log is not what was written');
    };
    const threads = availableParallelism();
    const share = SIZE / 256 / threads;
    const floor = async (): Promise<void> => {
      const file = new URL('./audit-verify-floor.ts', import.meta.url);
      const workers = Array.from({ length: threads }, (_, at) => {
        const first = Math.floor(at * share);
        return new Worker(file, { workerData: { folder, first, bundles: Math.floor((at + 1) * share) - first } });
      });
      await Promise.all(workers.map((worker) => once(worker, 'exit')));
    };
    const measure = async (work: () => Promise<void>): Promise<Rates> => {
      const [from, cpu] = [performance.now(), cpuUsage()];
      await work();
      const { user, system } = cpuUsage(cpu);
      return { wall: SIZE / ((performance.now() - from) / 1_000), core: SIZE / ((user + system) / 1e6) };
    };
    await measure(ours);
    const runs: { readonly floor: Rates; readonly ours: Rates }[] = [];
    for (let round = 0; round < RUNS; round += 1) runs.push({ floor: await measure(floor), ours: await measure(ours) });
    const of = (pick: (each: { readonly floor: Rates; readonly ours: Rates }) => number) => median(runs.map(pick));
    const M = (rates: readonly number[]) => rates.map((rate) => (rate / 1e6).toFixed(2)).join(' ');
    console.log(
      `  raw M entries/s, verification: ${M(runs.map((each) => each.ours.wall))}; hashing alone: ${M(runs.map((each) => each.floor.wall))}`,
    );
    console.log(
      `  a core's second of its own: ${M([of((each) => each.ours.core)])} M verified, ${M([of((each) => each.floor.core)])} M hashed; ${threads} cores, load ${loadavg()[0]?.toFixed(1)}`,
    );
    const value = of((each) => each.ours.wall);
    return [
      {
        name: 'audit-verify-tiles',
        value,
        unit: 'entries/s',
        reference: 'hashing alone',
        ratio: value / of((each) => each.floor.wall),
        bar: `>= ${BAR} entries/s`,
        pass: value >= BAR,
      },
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
};
