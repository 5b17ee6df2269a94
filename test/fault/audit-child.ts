/**
 * One process that appends to the log, drains what business transactions say and signs, for the tests
 * that kill such processes. Arguments: the database's URL, the signer's folder, and a name. It prints
 * `leaf ID INDEX` for what was acknowledged and `signed SIZE ROOT` for what was published.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import { AuditLog } from '../../src/features/audit/service.ts';
import { folderKeys } from '../../src/features/audit/signer/keys.ts';
import { checkpointStore, logReader } from '../../src/features/audit/signer/published-log.ts';
import { Publisher } from '../../src/features/audit/signer/publisher.ts';
import { openSigner } from '../../src/features/audit/signer/signer.ts';
import { parseCheckpoint } from '../../src/features/audit/tlog/checkpoint.ts';
import { parseNote } from '../../src/features/audit/tlog/note.ts';
import { systemClock, systemRandom } from '../../src/platform/clock/system.ts';
import { openPostgres } from '../../src/platform/db/pg.ts';
import { openStateFolder } from '../../src/platform/files/folder.ts';

const [url = '', folder = '', name = ''] = process.argv.slice(2);
const WRITERS = 16;
const ORIGIN = 'example.org/kills';

const clock = systemClock;
const db = await openPostgres({ url, poolSize: 8 });
const log = new AuditLog({ db, clock, random: systemRandom, origin: ORIGIN, zone: 'UTC' });
const files = openStateFolder({ folder, clock });
const signer = await openSigner({ files, ring: folderKeys(files, clock), origin: ORIGIN, clock });
const publisher = new Publisher({
  ...{ db, signer, clock, log: logReader(db), store: checkpointStore(db) },
  onRefused: (refusal) => {
    console.log(`refused ${refusal.code} ${refusal.message}`);
    process.exit(3);
  },
});

async function write(writer: number): Promise<void> {
  for (let at = 0; ; at += 1) {
    const recordId = `${name}-${writer}-${at}`;
    const { leaf } = await log.append({
      stream: 'direct',
      recordId,
      op: 'insert',
      actor: name,
      content: { record: { at } },
      key: recordId,
    });
    console.log(`leaf ${recordId} ${leaf.index}`);
    await delay(2);
  }
}

async function trade(): Promise<void> {
  for (let at = 0; ; at += 1) {
    await sql`INSERT INTO business VALUES (${`${name}-t-${at}`}, ${at})`.execute(db.sql);
    console.log(`traded ${name}-t-${at}`);
    await delay(3);
  }
}

async function drain(): Promise<void> {
  for (;;) {
    await log.drain();
    await delay(5);
  }
}

async function publish(): Promise<void> {
  for (;;) {
    const { note } = await publisher.publish();
    const { size, root } = parseCheckpoint(parseNote(note).text);
    console.log(`signed ${size} ${root.toString('hex')}`);
    await delay(5);
  }
}

await Promise.all([...Array.from({ length: WRITERS }, (_, writer) => write(writer)), trade(), drain(), publish()]);
