/**
 * The service with its default settings, web and worker in one process, on the PostgreSQL of its first argument;
 * pages go to the SMTP server of the second and to webhooks on loopback.
 */
import { ALL_SCOPES } from '../src/features/access/scopes.ts';
import { openPostgres } from '../src/platform/db/pg.ts';
import { startApp } from '../test/support/app.ts';
import { bookFile } from '../test/support/book-file.ts';
import { bookText } from '../test/support/reconciliation.ts';
import { bePart } from './child.ts';

const [url = '', smtp = ''] = process.argv.slice(2);
const db = await openPostgres({ url });
const service = await startApp({
  db,
  warm: false,
  env: {
    DATABASE_URL: url,
    RECONCILIATION_BOOK: bookFile(
      bookText(
        [{ id: 'pool', sql: 'SELECT amount FROM bench_pool' }],
        [{ id: 'owed', sql: 'SELECT 5000::numeric AS amount' }],
      ),
    ),
    ...{ NOTIFY_SECRET: 'ab'.repeat(32), NOTIFY_WEBHOOK_NETWORKS: '127.0.0.0/8' },
    ...{ NOTIFY_SMTP_URL: smtp, NOTIFY_MAIL_FROM: 'Plumbline <alerts@example.com>' },
  },
  compose: { onAnswerChecked: undefined }, // as in production
});
await service.app.startWorker();
bePart({ url: service.url, key: service.key(...ALL_SCOPES) }, async () => {
  await service.close();
  await db.close();
});
