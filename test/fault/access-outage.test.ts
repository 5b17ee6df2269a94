/** What callers may do while the database that knows their keys is away; over real HTTP. */
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { openPostgres } from '../../src/platform/db/pg.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { applyMigrations } from '../support/migrations.ts';
import { findPostgres, type PostgresServer, startPostgres } from '../support/postgres.ts';

describe.skipIf(inject('postgres18') === '')('while the database is away', () => {
  let server: PostgresServer;
  let db: Db;
  let service: TestApp;

  beforeAll(async () => {
    server = await startPostgres((await findPostgres(18)) ?? '');
    db = await openPostgres({ url: server.url });
    await applyMigrations(db);
    service = await startApp({ db });
  });
  afterAll(async () => {
    await service.close();
    await db.close();
    await server.stop();
  });

  test('a key that was used just now still reads, does not act, and a new one does nothing', async () => {
    const create = async (name: string) => {
      const { body } = await service.post('/v1/keys', { name, scopes: ['rates:read', 'reconciliation:run'] });
      return { authorization: `Bearer ${(body as { secret: string }).secret}` };
    };
    const [known, unused] = [await create('known'), await create('unused')];
    expect((await service.request('/v1/rates/USDT/VND', { headers: known })).status).toBe(200);

    await server.halt();
    // Past its two seconds, so that the database would be asked.
    await new Promise((resolve) => setTimeout(resolve, 2_100));
    expect((await service.request('/v1/rates/USDT/VND', { headers: known })).status).toBe(200);
    expect(await service.post('/v1/reconciliations', {}, known)).toMatchObject({
      status: 503,
      body: { code: 'db.unavailable' },
    });
    expect(await service.request('/v1/rates/USDT/VND', { headers: unused })).toMatchObject({
      status: 503,
      body: { code: 'db.unavailable' },
    });
    expect((await service.request('/v1/reconciliations', { headers: known })).status).toBe(403);

    await server.resume();
    const next = await create('next'); // the server of the tests forgets what it wrote last
    expect((await service.request('/v1/rates/USDT/VND', { headers: next })).status).toBe(200);
  });
});
