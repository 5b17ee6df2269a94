/**
 * A process that reports a deficit and dies before it can tell anybody (SIGKILL), for the tests of the
 * payout halt. Argument: the database's URL.
 */
import { NotificationService } from '../../src/features/notifications/service.ts';
import { systemClock, systemRandom } from '../../src/platform/clock/system.ts';
import { openPostgres } from '../../src/platform/db/pg.ts';
import { payoutsOver, reconciliationOver, twoSided } from '../support/reconciliation.ts';

const [url = ''] = process.argv.slice(2);
const db = await openPostgres({ url, poolSize: 2 });
const halts = payoutsOver(db, { webhook: true });
const notifications = new NotificationService({ db, clock: systemClock, random: systemRandom });
const { service } = reconciliationOver({
  ...{ db, halts, book: twoSided('1', '5000') },
  // After the commit, and before anything else.
  notices: {
    raise: (tx, notice) => notifications.raise(tx, notice),
    told: async () => {
      process.kill(process.pid, 'SIGKILL');
    },
  },
});
await service.performDailyReconciliation({ startedBy: 'child' });
