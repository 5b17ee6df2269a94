/** A service with a log, for tests that speak HTTP with it. */
import { expect } from 'vitest';
import { verifyInclusion } from '../../src/features/audit/tlog/proofs.ts';
import type { Environment } from '../../src/platform/config/setting.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { startApp, type TestApp } from './app.ts';
import { testSigner } from './audit-client.ts';

export const ORIGIN = 'localhost/log';
export const signer = testSigner(ORIGIN);

/** A process that is given another database does not sign its log by itself. */
const UNSIGNED = { DATABASE_URL: 'postgres://nobody@localhost/nothing' };

export interface Leaf {
  readonly index: number;
  readonly seq: number;
  readonly record_id: string;
  readonly leaf_hash: string;
  readonly previous_hash: string;
  readonly data_hash: string;
  readonly receipt: string | null;
}
export interface ProofJson {
  readonly size: number;
  readonly root: string;
  readonly hashes: readonly string[];
}

export async function withService(
  db: Db,
  work: (service: TestApp) => Promise<void>,
  env: Environment = {},
): Promise<void> {
  const service = await startApp({ db, env: { ...UNSIGNED, ...env }, warm: false });
  try {
    expect((await service.post('/v1/audit/streams', { name: 'payments' })).status).toBe(201);
    await work(service);
  } finally {
    await service.close();
  }
}

export const payment = (id: string, record: unknown = { amount: '1000.50' }, op = 'insert') => ({
  ...{ stream: 'payments', record_id: id, op, actor: 'user 7', record },
});
export const many = (count: number) => ({
  entries: Array.from({ length: count }, (_, n) => payment(`payment ${n}`, { n })),
});

export async function append(
  service: TestApp,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<readonly Leaf[]> {
  const answer = await service.post('/v1/audit/entries', body, headers);
  expect(answer.status, answer.text).toBe(201);
  const { data } = answer.body as { data?: readonly Leaf[] };
  return data ?? [answer.body as Leaf];
}

export const sizeOf = async (service: TestApp): Promise<number> =>
  ((await service.request('/v1/audit/log')).body as { size: number }).size;

/** Until nothing of what the service itself says waits any more. */
export async function settled(service: TestApp): Promise<void> {
  while (((await service.request('/v1/audit/log')).body as { waiting: number }).waiting > 0)
    await service.app.audit.drain();
}

export const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex');
export const holds = (leaf: string, index: number, { size, root, hashes }: ProofJson): boolean =>
  verifyInclusion(bytes(leaf), index, size, bytes(root), hashes.map(bytes));
