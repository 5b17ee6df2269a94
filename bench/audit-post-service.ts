/** The service over the PostgreSQL of its argument, with a stream to append to and a key that may. */
import { z } from 'zod';
import { openPostgres } from '../src/platform/db/pg.ts';
import { startApp } from '../test/support/app.ts';
import { applyMigrations } from '../test/support/migrations.ts';
import { bePart } from './child.ts';

const [postgresUrl = ''] = process.argv.slice(2);
const db = await openPostgres({ url: postgresUrl });
await applyMigrations(db);
const service = await startApp({
  db,
  env: { PLUMBLINE_RATE_LIMIT: '1000000', DATABASE_URL: postgresUrl },
  compose: { onAnswerChecked: undefined }, // as in production
  warm: false,
});
await service.post('/v1/audit/streams', { name: 'payments' });
const created = await service.post('/v1/keys', { name: 'bench', scopes: ['audit:append'] });
const { secret } = z.object({ secret: z.string() }).parse(created.body);
bePart({ url: service.url, key: secret }, async () => {
  await service.close();
  await db.close();
});
