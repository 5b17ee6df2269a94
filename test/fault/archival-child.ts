/** A process that archives until it is killed: database, folder of objects, folder of the spool. */
import { systemClock } from '../../src/platform/clock/system.ts';
import { openPostgres } from '../../src/platform/db/pg.ts';
import { openColdFolder } from '../../src/platform/objects/cold-folder.ts';
import { archivable, policyOf } from '../support/archival.ts';

const [url = '', folder = '', spool = ''] = process.argv.slice(2);
const db = await openPostgres({ url });
const cold = openColdFolder({ folder, clock: systemClock });
const policy = policyOf({ storage_class: 'STANDARD', rows_per_object: 2_000 });
const table = await archivable(db, cold, 'audit_logs', policy, spool);
process.stdout.write('archiving\n');
await db.exclusive('archive/public.audit_logs', () => table.run(), { takeOverAfterMs: 30_000 });
process.stdout.write('done\n');
await db.close();
