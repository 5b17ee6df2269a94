/** The service that the console's tests look at: a platform with four days of reports, and providers that can be broken. */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { z } from 'zod';
import { ALL_SCOPES } from '../../../src/features/access/scopes.ts';
import { addDays } from '../../../src/kernel/business-date.ts';
import { sandboxMonitor } from '../../../src/main/sandbox-monitor.ts';
import { systemClock } from '../../../src/platform/clock/system.ts';
import { sandboxRoutes } from '../../../src/sandbox/routes.ts';
import { createSandbox } from '../../../src/sandbox/sandbox.ts';
import { createTampering } from '../../../src/sandbox/tampering.ts';
import { startApp, type TestApp } from '../../support/app.ts';
import { bookFile } from '../../support/book-file.ts';
import { openBrowser } from '../../support/browser.ts';
import { LEDGERED_BOOK, openPlatform } from '../../support/ledgered.ts';
import { openServed } from '../../support/served.ts';
import { type Hands, nameOf, openHands, type Running } from './hands.ts';

/** What is made by itself beside an embedded database. */
const secrets = () => ({
  NOTIFY_SECRET: randomBytes(32).toString('hex'),
  RECONCILIATION_PROOF_SECRET: randomBytes(32).toString('hex'),
  RECONCILIATION_SIGNING_KEY: String(
    generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }),
  ),
});

export async function startRunning(chromium: string): Promise<Running & { close(): Promise<void> }> {
  const served = await openServed();
  const opening = openBrowser(chromium);
  const service: TestApp = await startApp({
    db: served.db,
    env: {
      ...{ RECONCILIATION_BOOK: bookFile(LEDGERED_BOOK), NOTIFY_WEBHOOK_NETWORKS: '127.0.0.0/8' },
      ...(served.url === undefined ? {} : { DATABASE_URL: served.url, ...secrets() }),
      RECONCILIATION_INTRADAY_SCHEDULE: 'off',
      AUDIT_SIGNER_FOLDER: mkdtempSync(join(tmpdir(), 'plumbline-signer-')),
    },
    compose: {
      // Other tests hold answers against their schemas; here each page asks for dozens.
      onAnswerChecked: undefined,
      mode: 'sandbox',
      routes: (parts) => [
        sandboxRoutes(
          createSandbox({ ...parts, clock: systemClock }),
          {
            setFault: (...fault) => service.providers.setFault(...fault),
            faults: () => service.providers.faults(),
            setDepeg: (percent) => service.providers.setDepeg(percent),
            depeg: () => service.providers.depeg(),
          },
          createTampering(parts),
        ),
      ],
    },
  });
  const platform = await openPlatform(served.db);
  const today = service.app.reconciliation.today();
  const reports: string[] = [];
  for (const day of [-4, -3, -2, -1]) {
    const date = addDays(today, day);
    await platform.move({ debit: 'pool', credit: 'merchants', amount: '22500000', at: `${date}T05:00:00Z` });
    const { body } = await service.post('/v1/reconciliations', { business_date: date });
    reports.push(z.looseObject({ id: z.string() }).parse(body).id);
  }
  await service.app.startWorker();
  const monitor = sandboxMonitor(service.app);
  monitor.start();
  const browser: Browser = await opening;
  const open = new Map<string, Promise<Hands>>();
  return {
    ...{ browser, service, platform, reports, db: served.db },
    hands: (look) => {
      const there = open.get(nameOf(look));
      if (there !== undefined) return there;
      const made = openHands(browser, service.url, service.key(...ALL_SCOPES), look);
      open.set(nameOf(look), made);
      return made;
    },
    close: async () => {
      await browser.close();
      await monitor.stop();
      await service.close();
      await served.close();
    },
  };
}
