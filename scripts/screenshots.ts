/**
 * `node scripts/screenshots.ts [FOLDER [NAME...]]`: pictures of every page of the console, of the sandbox as it is
 * with two weeks of reports, and after a theft. Into docs/screenshots unless told.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Browser } from 'playwright-core';
import { z } from 'zod';
import { inProcessApi } from '../src/apps/cli/api.ts';
import { ALL_SCOPES } from '../src/features/access/scopes.ts';
import { addDays, businessDateAt } from '../src/kernel/business-date.ts';
import { compose } from '../src/main/compose.ts';
import { consoleLink } from '../src/main/console.ts';
import { sandboxRates } from '../src/main/sandbox-settings.ts';
import { systemClock } from '../src/platform/clock/system.ts';
import type { ApiClient } from '../src/platform/command-line/port.ts';
import { loadConfig } from '../src/platform/config/config.ts';
import { startProviders } from '../src/sandbox/providers/providers.ts';
import { sandboxRoutes } from '../src/sandbox/routes.ts';
import { ZONE } from '../src/sandbox/rules.ts';
import { createSandbox, type Sandbox } from '../src/sandbox/sandbox.ts';
import { createTampering } from '../src/sandbox/tampering.ts';
import { findChromium, openBrowser } from '../test/support/browser.ts';
import { settle } from '../test/support/console.ts';

const DAYS = 14;
/** Until the first jobs have run. Milliseconds. */
const JOBS_MS = 25_000;
const [folder = 'docs/screenshots', ...wanted] = process.argv.slice(2);
const REPORT = z.looseObject({ id: z.string() });
const LIST = z.looseObject({ data: z.array(REPORT) });
const RUNS = z.looseObject({ data: z.array(z.looseObject({ state: z.string() })) });

interface Shot {
  readonly name: string;
  readonly address: string;
  readonly language?: 'vi' | 'en';
  readonly theme?: 'light' | 'dark';
  readonly width?: number;
  readonly height?: number;
  /** The button that is pressed before. */
  readonly press?: string;
}

const chromium = findChromium();
if (chromium === undefined) throw new Error('install Chromium: apt-get install chromium');
const data = mkdtempSync(join(tmpdir(), 'plumbline-screenshots-'));
const config = loadConfig({
  ...{ PLUMBLINE_DATA: data, PLUMBLINE_PORT: '0', LOG_LEVEL: 'fatal' },
  RECONCILIATION_INTRADAY_SCHEDULE: 'off', // the embedded database would work on that while pages wait
});
const date = businessDateAt(systemClock.now(), ZONE);
const providers = await startProviders({ clock: systemClock, date: () => date });
let sandbox: Sandbox | undefined;
const app = await compose({
  ...{ config, mode: 'sandbox', logFd: 2, migrate: true, book: { name: 'sandbox', schema: 'sandbox' } },
  rates: sandboxRates(config, providers),
  routes: (parts) => {
    sandbox = createSandbox(parts);
    return [sandboxRoutes(sandbox, providers, createTampering(parts))];
  },
});
const browser = await openBrowser(chromium);
try {
  mkdirSync(folder, { recursive: true });
  await sandbox?.fill({ date });
  await app.rates.warm();
  const url = await app.listen();
  const key = app.access.createLocalKey('operator', ALL_SCOPES);
  const api = inProcessApi(app.server, key, app.random);
  const reconcile = async (body: { business_date?: string; again?: boolean }) =>
    REPORT.parse(await api.call('POST', '/v1/reconciliations', body)).id;
  for (let day = -DAYS; day < 0; day += 1) await reconcile({ business_date: addDays(date, day) });
  const report = await reconcile({});
  const endpoint = await api.call('POST', '/v1/notification-endpoints', {
    ...{ team: 'on-call', channel: 'webhook', address: 'https://hooks.example.com/on-call', label: 'On call' },
  });
  await api.call('POST', '/v1/keys', { name: 'backend of the gateway', role: 'service', scopes: ['rates:read'] });
  await archiveOldLogs(api);
  await app.startWorker();
  await delay(JOBS_MS);
  const take = async (shot: Shot): Promise<void> => {
    if (wanted.length === 0 || wanted.includes(shot.name)) await shoot(browser, consoleLink(url, key), shot);
  };

  await take({ name: 'overview', address: '/', language: 'en', height: 1320 });
  await take({ name: 'overview-vi', address: '/', language: 'vi', theme: 'dark', height: 1900 });
  await take({ name: 'overview-phone', address: '/', width: 390, height: 844 });
  await take({ name: 'solvency', address: '/solvency' });
  await take({ name: 'report', address: `/solvency/runs/${report}`, height: 1200 });
  await take({ name: 'compare', address: `/solvency/runs/${report}/compare` });
  await take({ name: 'proofs', address: '/solvency/proofs' });
  await take({ name: 'proof', address: '/proof', language: 'vi' });
  await take({ name: 'rates', address: '/rates', height: 1200 });
  await take({ name: 'audit', address: '/audit' });
  await take({ name: 'audit-verify', address: '/audit/verify', press: 'Verify now', theme: 'dark' });
  await take({ name: 'audit-record', address: `/audit/records/reconciliation_logs/${report}` });
  await take({ name: 'keys', address: '/keys' });
  await take({ name: 'service', address: '/service' });
  await take({ name: 'settings', address: '/settings', height: 1000 });
  await take({ name: 'archive', address: '/archive', height: 1400 });
  await take({ name: 'jobs', address: '/jobs', language: 'vi' });
  await take({ name: 'notification-endpoint', address: `/notifications/endpoints/${REPORT.parse(endpoint).id}` });
  await take({ name: 'notification-templates', address: '/notifications/templates' });
  await take({ name: 'sandbox', address: '/sandbox' });
  await sandbox?.steal({ from: 'bank', account: 'vnd_pool', amount: '20000000000.00' });
  await reconcile({ again: true });
  await take({ name: 'deficit', address: '/', language: 'vi', height: 760 });
  await take({ name: 'breaks', address: '/solvency/breaks' });
  await take({ name: 'payouts', address: '/solvency/payouts', language: 'vi' });
  await take({ name: 'incidents', address: '/incidents' });
  await take({ name: 'notifications', address: '/notifications', language: 'vi' });
  const [incident] = LIST.parse(await api.call('GET', '/v1/incidents')).data;
  if (incident !== undefined) await take({ name: 'incident', address: `/incidents/${incident.id}`, theme: 'dark' });
  // Only a person asks for what another one approves.
  const person = app.access.createLocalKey('person:an', ALL_SCOPES, 'operator');
  await inProcessApi(app.server, person, app.random).call('POST', '/v1/approvals', {
    action: 'rates.breaker.force',
    payload: { source: 'coingecko', action: 'open' },
    reason: 'it has answered nonsense since noon',
  });
  await take({ name: 'approvals', address: '/approvals' });
} finally {
  await browser.close();
  await app.close();
  await providers.close();
  rmSync(data, { recursive: true, force: true });
}

/** A month of the gateway's own logs, and asking a part of it back. */
async function archiveOldLogs(api: ApiClient): Promise<void> {
  const table = 'sandbox.audit_logs';
  const policy = { column: 'created_at', age_days: 365, throttle: { busy_percent: 100 } };
  await api.call('POST', '/v1/archive/policies', { table, policy });
  await api.call('POST', '/v1/archive/runs', { table });
  for (let state = 'running'; state === 'running'; ) {
    await delay(500);
    state = RUNS.parse(await api.call('GET', '/v1/archive/runs')).data[0]?.state ?? 'none';
  }
  const what = { kind: 'batch', batch: 1 };
  await api.call('POST', '/v1/archive/restores', { table, what, purpose: 'land', tier: 'Bulk' });
}

async function shoot(on: Browser, link: string, shot: Shot): Promise<void> {
  const { name, address, language = 'en', theme = 'light', width = 1360, height = 900, press } = shot;
  const context = await on.newContext({
    ...{ colorScheme: theme, locale: language === 'vi' ? 'vi-VN' : 'en-US', viewport: { width, height } },
    ...{ timezoneId: 'Asia/Ho_Chi_Minh', reducedMotion: 'reduce' },
  });
  const page = await context.newPage();
  await page.goto(link);
  await page.locator('.verdict').first().waitFor();
  await page.goto(`${new URL(link).origin}/#${address}`);
  await settle(page);
  if (press !== undefined) {
    await page.getByRole('button', { name: press }).click();
    await page.locator('[data-verified]').waitFor();
  }
  await page.waitForFunction(() =>
    [...document.querySelectorAll('.plot')].every((each) => each.querySelector('canvas')),
  );
  await page.waitForTimeout(700); // they are drawn in the frames after
  await page.screenshot({ path: join(folder, `${name}.png`) });
  await context.close();
  console.log(`${name}.png`);
}
