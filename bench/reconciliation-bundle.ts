/**
 * Verification of a year of evidence, 365 reports by the reference book, in seconds, against its floor in
 * the same run: parsing the same file and hashing its bytes once.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { formatBundle } from '../src/features/reconciliation/evidence/bundle.ts';
import { verifyBundle } from '../src/features/reconciliation/evidence/verify.ts';
import { bundleOfDays, newSigner } from '../test/support/evidence.ts';
import { type Bench, median } from './bench.ts';

const DAYS = 365;
const RUNS = 5;
/** Seconds. */
const BAR = 10;

export const run: Bench = async () => {
  const signer = newSigner();
  const text = formatBundle(bundleOfDays(DAYS, signer, readFileSync('books/reference.yaml', 'utf8')));
  const seconds = (work: () => void): number => {
    const from = performance.now();
    work();
    return (performance.now() - from) / 1_000;
  };
  const ours = median(
    Array.from({ length: RUNS }, () =>
      seconds(() => {
        const { ok, reports } = verifyBundle(text, signer);
        if (!ok || reports !== DAYS) throw new Error('the bundle does not hold');
      }),
    ),
  );
  const floor = median(
    Array.from({ length: RUNS }, () =>
      seconds(() => {
        JSON.parse(text);
        createHash('sha256').update(text).digest();
      }),
    ),
  );
  console.log(
    `reconciliation bundle: ${DAYS} reports, ${(text.length / 2 ** 20).toFixed(1)} MiB, floor ${floor.toFixed(3)} s`,
  );
  return [
    {
      ...{ name: 'reconciliation-bundle-year', value: ours, unit: 's' },
      ...{ reference: `${BAR} s`, ratio: ours / BAR, bar: '<= 1', pass: ours <= BAR },
    },
  ];
};
