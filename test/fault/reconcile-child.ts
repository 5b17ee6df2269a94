/**
 * One process that reconciles one business date, for the tests that race and kill such processes.
 * Arguments: the database's URL, the business date, at which step the process kills itself (0: never),
 * by which signal (SIGKILL unless told; SIGSTOP: it stands still), after which silence a run is taken
 * over (milliseconds), and how far its clock is ahead (milliseconds). It prints the steps that it took
 * and the report's status, or why there is none.
 */
import type { KyselyPlugin } from 'kysely';
import { parseBusinessDate } from '../../src/kernel/business-date.ts';
import { isPlumblineError } from '../../src/kernel/errors.ts';
import { systemClock } from '../../src/platform/clock/system.ts';
import { openPostgres } from '../../src/platform/db/pg.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { reconciliationOver, twoSided } from '../support/reconciliation.ts';

const [url = '', date = '', killAt = '0', signal = 'SIGKILL', takeOverAfterMs = '120000', ahead = '0'] =
  process.argv.slice(2);

let steps = 0;
/** Every statement, every begin and commit, every lock is a step; death comes before the step. */
function step(): void {
  steps += 1;
  if (steps === Number(killAt)) process.kill(process.pid, signal);
}

const countStatements: KyselyPlugin = {
  transformQuery: ({ node }) => {
    step();
    return node;
  },
  transformResult: async ({ result }) => result,
};

const real = await openPostgres({ url, poolSize: 2 });
const mortal: Db = {
  ...real,
  sql: real.sql.withPlugin(countStatements),
  inOrder: real.inOrder.withPlugin(countStatements),
  exclusive: async (name, work, options) => {
    step();
    const result = await real.exclusive(
      name,
      async () => {
        step();
        return work();
      },
      options,
    );
    step();
    return result;
  },
  transaction: async (mode, work) => {
    step();
    const result = await real.transaction(mode, async (tx) => {
      const inside = await work(tx.withPlugin(countStatements));
      step(); // everything is written, nothing is committed
      return inside;
    });
    step();
    return result;
  },
};

const { service } = reconciliationOver({
  db: mortal,
  book: twoSided('1', '5000'),
  clock: { ...systemClock, now: () => systemClock.now() + Number(ahead) },
  worker: `pid ${process.pid}`,
  takeOverAfterMs: Number(takeOverAfterMs),
});
try {
  const { row, created } = await service.performDailyReconciliation({
    businessDate: parseBusinessDate(date),
    startedBy: 'schedule',
  });
  console.log(`steps ${steps} status ${row.status} ${created ? 'made' : 'found'}`);
} catch (error) {
  if (!isPlumblineError(error)) throw error;
  console.log(`steps ${steps} refused ${error.code}`);
}
await real.close();
