/**
 * One process that reconciles one business date, for the tests that race and kill such processes.
 * Arguments: the database's URL, the business date, and at which step the process kills itself
 * (SIGKILL; 0: never). It prints the steps that it took and the report's status.
 */
import type { KyselyPlugin } from 'kysely';
import { parseBusinessDate } from '../../src/kernel/business-date.ts';
import { openPostgres } from '../../src/platform/db/pg.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { reconciliationOver, twoSided } from '../support/reconciliation.ts';

const [url = '', date = '', killAt = '0'] = process.argv.slice(2);

let steps = 0;
/** Every statement, every begin and commit, every lock is a step; death comes before the step. */
function step(): void {
  steps += 1;
  if (steps === Number(killAt)) process.kill(process.pid, 'SIGKILL');
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

const { service } = reconciliationOver({ db: mortal, book: twoSided('1', '5000') });
const { row, created } = await service.performDailyReconciliation({
  businessDate: parseBusinessDate(date),
  startedBy: `pid ${process.pid}`,
});
console.log(`steps ${steps} status ${row.status} ${created ? 'made' : 'found'}`);
await real.close();
