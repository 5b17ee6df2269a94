/** A process that archives until it is killed: database, folder of objects, folder of the spool, table, rows of a chunk. */
import { loadOf } from '../../src/features/archival/run/store-load.ts';
import { Throttle } from '../../src/features/archival/run/throttle.ts';
import { systemClock } from '../../src/platform/clock/system.ts';
import { openPostgres } from '../../src/platform/db/pg.ts';
import { openColdFolder } from '../../src/platform/objects/cold-folder.ts';
import { archivable, policyOf } from '../support/archival.ts';

const [url = '', folder = '', spool = '', name = '', chunk = ''] = process.argv.slice(2);

class InChunks extends Throttle {
  override get chunk(): number {
    return Number(chunk);
  }
}

const db = await openPostgres({ url });
const cold = openColdFolder({ folder, clock: systemClock });
const policy = policyOf({ storage_class: 'STANDARD', rows_per_object: 1_000 });
const table = await archivable(db, cold, name, policy, spool);
const throttle = new InChunks({
  ...{ clock: systemClock, load: loadOf(db), limits: policy.throttle, paused: () => Promise.resolve(false) },
});
process.stdout.write('archiving\n');
await db.exclusive(`archive/public.${name}`, () => table.run({ throttle }), { takeOverAfterMs: 30_000 });
process.stdout.write('done\n');
await db.close();
