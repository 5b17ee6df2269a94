/**
 * A worker that sends notifications to a port of loopback until it is killed, for the tests that kill it.
 * Arguments: the database's URL, the port.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '../../src/platform/clock/system.ts';
import { openPostgres } from '../../src/platform/db/pg.ts';
import { createHttpClient } from '../../src/platform/http-client/undici.ts';
import { failoverOf, notifyWorld } from '../support/notifications.ts';

const [url = '', port = ''] = process.argv.slice(2);
const db = await openPostgres({ url, poolSize: 4 });
const http = createHttpClient({ clock: systemClock });
const world = notifyWorld(db);
world.channel.behave = async ({ messageId }) => {
  await http.send({
    url: `http://127.0.0.1:${port}`,
    method: 'POST',
    body: JSON.stringify({ id: messageId }),
    timeoutMs: 5_000,
  });
  return { kind: 'delivered' };
};
const deliverer = world.deliverer({
  ...{ clock: systemClock, failover: failoverOf(systemClock), worker: `child:${process.pid}` },
  sizes: { batch: 50, parallel: 4, leaseMs: 2_000 },
});
console.log('sending');
for (;;) {
  await deliverer.run();
  await delay(20);
}
