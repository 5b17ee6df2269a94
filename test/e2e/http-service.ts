/** The one service that all parts of http.test.ts ask. */
import { expect } from 'vitest';
import type { Db } from '../../src/platform/db/port.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { bookFile } from '../support/book-file.ts';
import { sharedPglite } from '../support/pglite.ts';
import { twoSided } from '../support/reconciliation.ts';

export let db: Db;
export let service: TestApp;

export async function startService(): Promise<void> {
  db = await sharedPglite('migrated');
  service = await startApp({
    db,
    env: { RECONCILIATION_BOOK: bookFile(twoSided('12345678901234567890.12', '12345678901234567890.12')) },
  });
}

export async function stopService(): Promise<void> {
  await service.close();
  await db.close();
}

/** What every problem has, and what none may have. */
export function expectProblem(response: Awaited<ReturnType<TestApp['request']>>, status: number, code: string): void {
  expect(response.body).toMatchObject({
    status,
    code,
    type: `urn:plumbline:problem:${code}`,
    title: expect.any(String),
    request_id: response.headers.get('x-request-id'),
  });
  expect(response.status).toBe(status);
  expect(response.headers.get('content-type')).toContain('application/problem+json');
  expect(response.text).not.toMatch(/at .*\.ts:\d+|node_modules|pl_[\w-]{20}/);
}
