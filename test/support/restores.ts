/** A table that was archived to a real store whose clock is moved by hand, and what restores it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Policy } from '../../src/features/archival/policies/policy.ts';
import { RESTORE } from '../../src/features/archival/restore/request.ts';
import type { RestoreView } from '../../src/features/archival/restore/restores.ts';
import { type ArchivalDeps, ArchivalService } from '../../src/features/archival/service.ts';
import { readPrices } from '../../src/main/archival.ts';
import { REFERENCE_PRICES } from '../../src/main/package.ts';
import { systemClock, systemRandom } from '../../src/platform/clock/system.ts';
import { duckdbQuery } from '../../src/platform/cold-query/duckdb.ts';
import type { Db } from '../../src/platform/db/port.ts';
import type { ColdStore } from '../../src/platform/objects/cold-port.ts';
import { archivable, policyOf } from './archival.ts';
import type { ColdBench } from './cold-stores.ts';
import { recordingLogger } from './reconciliation.ts';

export const HOUR = 3_600_000;

export interface Restorable {
  readonly service: ArchivalService;
  readonly cold: ColdStore;
  readonly log: ReturnType<typeof recordingLogger>;
  /** Events, with what they are about. */
  readonly told: string[];
  /** Archives a table. */
  archive(table: string, policy?: Partial<Policy>): Promise<void>;
  ask(request: unknown, maxCost?: string): Promise<RestoreView>;
  /** Time passes, and the job runs. */
  later(hours: number): Promise<void>;
  remove(): void;
}

export function restorable(
  db: Db,
  bench: ColdBench,
  cold: ColdStore = bench.open('archive'),
  more: Pick<ArchivalDeps, 'permitsRequired'> = {},
): Restorable {
  const spoolFolder = mkdtempSync(join(tmpdir(), 'plumbline-restore-'));
  const log = recordingLogger();
  const told: string[] = [];
  const service = new ArchivalService({
    ...{ db, log, random: systemRandom, spoolFolder, prices: readPrices(REFERENCE_PRICES), region: 'us-east-1' },
    clock: { ...wallOnly(bench) },
    ...{ query: duckdbQuery(systemClock), cold: () => Promise.resolve(cold) },
    manifests: { manifests: async function* () {} },
    ...more,
    notices: {
      raise: async (_tx, { event, key }) => {
        told.push(`${event} ${key.split('/')[1]}`);
      },
      isOpen: async () => false,
    },
  });
  return {
    ...{ service, cold, log, told },
    archive: async (table, policy) => {
      const run = await archivable(db, cold, table, policyOf(policy));
      await run.run({ now: () => bench.now() }).finally(() => run.remove());
    },
    ask: (request, maxCost) => service.initiateRestore(RESTORE.parse(request), { by: 'test', maxCost }),
    later: async (hours) => {
      bench.advance(hours * HOUR);
      await service.restores.advance();
    },
    remove: () => rmSync(spoolFolder, { recursive: true, force: true }),
  };
}

const wallOnly = (bench: ColdBench) => ({
  now: () => bench.now(),
  monotonic: () => systemClock.monotonic(),
  sleep: (ms: number, signal?: AbortSignal) => systemClock.sleep(ms, signal),
  after: (ms: number, fn: () => void) => systemClock.after(ms, fn),
});
