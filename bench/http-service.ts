/** The service over simulated providers, on the PostgreSQL of its argument, or embedded. */
import { openPostgres } from '../src/platform/db/pg.ts';
import { openPglite } from '../src/platform/db/pglite.ts';
import { startApp } from '../test/support/app.ts';
import { applyMigrations } from '../test/support/migrations.ts';
import { bePart } from './child.ts';

const [postgresUrl] = process.argv.slice(2);
const db = await (postgresUrl === undefined ? openPglite() : openPostgres({ url: postgresUrl }));
await applyMigrations(db);
const service = await startApp({
  db,
  env: { PLUMBLINE_RATE_LIMIT: '1000000' },
  compose: { onAnswerChecked: undefined }, // as in production
});
bePart({ url: service.url, adminKey: service.key('keys:admin') }, async () => {
  await service.close();
  await db.close();
});
