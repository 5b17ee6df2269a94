/** One worker of the bench of notifications. Arguments: what, the database's URL, which worker, how many there are in all. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { PgBoss } from 'pg-boss';
import { systemClock } from '../src/platform/clock/system.ts';
import { openPostgres } from '../src/platform/db/pg.ts';
import { failoverOf, notifyWorld } from '../test/support/notifications.ts';
import { bePart } from './child.ts';
import { JOBS } from './notifications-queues.ts';

const [what = '', url = '', nth = '', count = '0'] = process.argv.slice(2);
const BATCH = 100;
/** A tenth, and a half, of what is this one's of four. */
const [early, half] = [Number(count) / 40, Number(count) / 8];
let done = 0;
let earlyMb = 0;
let earlyRssMb = 0;
let halfRssMb = 0;
setFlagsFromString('--expose-gc');
const collect: unknown = runInNewContext('gc');
const heapMb = (): number => {
  if (typeof collect === 'function') collect();
  return process.memoryUsage().heapUsed / 2 ** 20;
};
const rssMb = (): number => process.memoryUsage().rss / 2 ** 20;
const note = (): void => {
  if (halfRssMb === 0 && done >= half) halfRssMb = rssMb();
  if (earlyMb > 0 || done < early) return;
  earlyMb = heapMb();
  earlyRssMb = rssMb();
};

const began = performance.now();
if (what === 'pg-boss') {
  const boss = new PgBoss({ connectionString: url, supervise: false, schedule: false, max: 2 });
  boss.on('error', (error) => console.error(error));
  await boss.start();
  for (;;) {
    const jobs = await boss.fetch(JOBS, { batchSize: BATCH });
    if (jobs.length === 0) break;
    await boss.complete(
      JOBS,
      jobs.map(({ id }) => id),
    );
    done += jobs.length;
    note();
  }
  await boss.stop({ graceful: false });
} else {
  const db = await openPostgres({ url, poolSize: 2 });
  const world = notifyWorld(db);
  world.channel.behave = () => {
    world.channel.sent.length = 0;
    done += 1;
    note();
    return { kind: 'delivered' };
  };
  const deliverer = world.deliverer({
    ...{ clock: systemClock, failover: failoverOf(systemClock), worker: `bench:${nth}` },
    sizes: { batch: BATCH, parallel: BATCH, leaseMs: 180_000 },
  });
  await deliverer.run(undefined, 'others'); // as the loop of a worker that pages do not share
  await db.close();
}
const answer = {
  done,
  ms: performance.now() - began,
  earlyMb,
  lateMb: heapMb(),
  earlyRssMb,
  halfRssMb,
  lateRssMb: rssMb(),
};
bePart(answer);
