/** Rewrites migrations/schema.sql from the migrations, on the embedded engine. */
import { writeFile } from 'node:fs/promises';
import { loadMigrations, migrate } from '../src/platform/db/migrate.ts';
import { openPglite } from '../src/platform/db/pglite.ts';
import { readSchemaText } from './schema-text.ts';

const db = await openPglite();
await migrate(db, await loadMigrations());
await writeFile(new URL('../migrations/schema.sql', import.meta.url), await readSchemaText(db.sql));
await db.close();
