/** Opens the data folder that it is given, writes rows until it is killed, and says each that was acknowledged. */
import { sql } from 'kysely';
import { openPglite } from '../../src/platform/db/pglite.ts';

const [folder = ''] = process.argv.slice(2);
process.stdout.write('opening\n');
const db = await openPglite({ folder });
await sql`CREATE TABLE IF NOT EXISTS t (n int PRIMARY KEY)`.execute(db.sql);
for (let n = 1; ; n++) {
  await sql`INSERT INTO t VALUES (${n})`.execute(db.sql);
  process.stdout.write(`acknowledged ${n};\n`);
}
