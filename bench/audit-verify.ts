/**
 * Verification of a log in a folder of tiles, in entries a second, against its floor in the same run: as many
 * threads that read the bundles, hash leaves and tiles as verification does, and look at nothing. Beside it
 * stands the same with a call of `crypto.hash` for each hash, which verification is no longer bound by.
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

/** Enough that the start of the threads, which read their TypeScript first, is a small part of it. */
const SIZE = 16 * 1024 * 256;
const RUNS = 3;
const BAR = 1_000_000;

/** Entries a second by the clock, and in a second of one core's time. */
interface Rates {
  readonly wall: number;
  readonly core: number;
}

interface Round {
  readonly lanes: Rates;
  readonly alone: Rates;
  readonly ours: Rates;
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
    const floor = async (how: 'lanes' | 'alone'): Promise<void> => {
      const file = new URL('./audit-verify-floor.ts', import.meta.url);
      const workers = Array.from({ length: threads }, (_, at) => {
        const first = Math.floor(at * share);
        return new Worker(file, { workerData: { folder, first, bundles: Math.floor((at + 1) * share) - first, how } });
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
    const runs: Round[] = [];
    for (let round = 0; round < RUNS; round += 1) {
      const lanes = await measure(() => floor('lanes'));
      runs.push({ lanes, alone: await measure(() => floor('alone')), ours: await measure(ours) });
    }
    const of = (pick: (each: Round) => number) => median(runs.map(pick));
    const M = (rates: readonly number[]) => rates.map((rate) => (rate / 1e6).toFixed(2)).join(' ');
    console.log(
      `  raw M entries/s, verification: ${M(runs.map((each) => each.ours.wall))}; hashing alone, in lanes: ${M(runs.map((each) => each.lanes.wall))}; by a call each: ${M(runs.map((each) => each.alone.wall))}`,
    );
    console.log(
      `  a core's second of its own: ${M([of((each) => each.ours.core)])} M verified, ${M([of((each) => each.lanes.core)])} M hashed in lanes, ${M([of((each) => each.alone.core)])} M by a call each; ${threads} cores, load ${loadavg()[0]?.toFixed(1)}`,
    );
    const value = of((each) => each.ours.wall);
    return [
      {
        name: 'audit-verify-tiles',
        value,
        unit: 'entries/s',
        reference: 'hashing alone, in lanes',
        ratio: value / of((each) => each.lanes.wall),
        bar: `>= ${BAR} entries/s`,
        pass: value >= BAR,
      },
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
};
