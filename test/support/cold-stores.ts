/** Cold stores for tests: each adapter, on a clock that is moved by hand. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Clock } from '../../src/kernel/clock.ts';
import { systemClock, systemRandom } from '../../src/platform/clock/system.ts';
import { openColdFolder } from '../../src/platform/objects/cold-folder.ts';
import type { ColdStore } from '../../src/platform/objects/cold-port.ts';
import { openS3Store, type S3StoreOptions } from '../../src/platform/objects/s3/store.ts';
import { type ColdS3, startColdS3 } from './cold-s3/server.ts';

/** What a server may leave out: such cases are skipped for it. */
export const CAPABILITIES = ['restore', 'lock', 'class', 'if-none-match', 'checksum', 'clock'] as const;
export type Capability = (typeof CAPABILITIES)[number];

export interface ColdBench {
  readonly name: string;
  readonly lacks: ReadonlySet<Capability>;
  /** A store of its own, empty; a second call with the same name opens it again. */
  open(name: string): ColdStore;
  now(): number;
  advance(ms: number): void;
  close(): Promise<void>;
}

/** Wall time by hand, the rest by the machine: a store has to be able to wait for an answer. */
export class MovableClock implements Clock {
  #ahead = 0;
  readonly #start: number;

  constructor(start: string) {
    this.#start = Date.parse(start);
  }

  now(): number {
    return this.#start + this.#ahead;
  }

  advance(ms: number): void {
    this.#ahead += ms;
  }

  monotonic(): number {
    return systemClock.monotonic();
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return systemClock.sleep(ms, signal);
  }

  after(ms: number, fn: () => void): () => void {
    return systemClock.after(ms, fn);
  }
}

const START = '2026-03-02T10:30:00Z';

export function folderBench(): ColdBench {
  const folder = mkdtempSync(path.join(tmpdir(), 'plumbline-cold-'));
  const clock = new MovableClock(START);
  return {
    name: 'folder',
    lacks: new Set(),
    open: (name) => openColdFolder({ folder: path.join(folder, name), clock, bucket: name }),
    now: () => clock.now(),
    advance: (ms) => clock.advance(ms),
    close: async () => rmSync(folder, { recursive: true }),
  };
}

export interface S3Bench extends ColdBench {
  readonly server: ColdS3;
  open(name: string, more?: Partial<S3StoreOptions>): ColdStore;
}

export async function coldS3Bench(): Promise<S3Bench> {
  const clock = new MovableClock(START);
  const server = await startColdS3({ now: () => clock.now() });
  return {
    name: 'cold-s3',
    lacks: new Set(),
    server,
    open: (bucket, more = {}) => {
      if (!server.hasBucket(bucket)) server.createBucket(bucket, { lock: true });
      const { url: endpoint, region, credentials } = server;
      return openS3Store({ bucket, endpoint, region, credentials, clock, random: systemRandom, ...more });
    },
    now: () => clock.now(),
    advance: (ms) => clock.advance(ms),
    close: () => server.close(),
  };
}

/** A bucket that is there, named by the environment; undefined where none is. */
export function outsideBench(env: Readonly<Record<string, string | undefined>>): ColdBench | undefined {
  const { PLUMBLINE_TEST_S3_ENDPOINT: endpoint, PLUMBLINE_TEST_S3_BUCKET: bucket } = env;
  if (endpoint === undefined || bucket === undefined) return undefined;
  const words = (env.PLUMBLINE_TEST_S3_LACKS ?? '').split(/[\s,]+/);
  const lacks = new Set<Capability>(CAPABILITIES.filter((each) => words.includes(each)));
  lacks.add('clock');
  const credentials = {
    accessKeyId: env.PLUMBLINE_TEST_S3_ACCESS_KEY ?? '',
    secretAccessKey: env.PLUMBLINE_TEST_S3_SECRET ?? '',
  };
  const region = env.PLUMBLINE_TEST_S3_REGION ?? 'us-east-1';
  const store = openS3Store({ bucket, endpoint, region, credentials, clock: systemClock, random: systemRandom });
  return {
    name: endpoint,
    lacks,
    open: () => store,
    now: () => Date.now(),
    advance: () => undefined,
    close: async () => undefined,
  };
}
