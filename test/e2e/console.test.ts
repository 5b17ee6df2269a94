/** The console in a browser, against the running service: each page's main task, as a person does it. */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { apiTypes } from '../../scripts/openapi-types.ts';
import { ALL_SCOPES } from '../../src/features/access/scopes.ts';
import { addDays } from '../../src/kernel/business-date.ts';
import { sandboxMonitor } from '../../src/main/sandbox-monitor.ts';
import { systemClock } from '../../src/platform/clock/system.ts';
import { sandboxRoutes } from '../../src/sandbox/routes.ts';
import { createSandbox } from '../../src/sandbox/sandbox.ts';
import { createTampering } from '../../src/sandbox/tampering.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { bookFile } from '../support/book-file.ts';
import { findChromium, openBrowser } from '../support/browser.ts';
import { assertBuilt, type Console, gzippedBytes, openConsole, seriousOf, settle } from '../support/console.ts';
import { LEDGERED_BOOK, openPlatform, type Platform } from '../support/ledgered.ts';
import { openServed, type Served } from '../support/served.ts';
import { peopleSuite } from './console-people.ts';
import { taskSuite } from './console-tasks.ts';

const chromium = findChromium();
const VECTORS = z
  .looseObject({ key: z.string(), proof: z.looseObject({ merchant: z.string() }) })
  .parse(JSON.parse(readFileSync('docs/verify/liability-vectors.json', 'utf8')));
const FIRST_PAGE_BYTES = 90 * 1024;

let served: Served;
let service: TestApp;
let platform: Platform;
let browser: Browser;
let ui: Console;
let reports: readonly string[];
let monitor: ReturnType<typeof sandboxMonitor>;

/** What is made by itself beside an embedded database. */
const secrets = () => ({
  NOTIFY_SECRET: randomBytes(32).toString('hex'),
  RECONCILIATION_PROOF_SECRET: randomBytes(32).toString('hex'),
  RECONCILIATION_SIGNING_KEY: String(
    generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }),
  ),
});

/** A service whose platform has two days of reports, and whose providers can be broken. */
async function start({
  db: on,
  url,
}: Served): Promise<{ service: TestApp; platform: Platform; reports: readonly string[] }> {
  const app = await startApp({
    db: on,
    env: {
      ...{ RECONCILIATION_BOOK: bookFile(LEDGERED_BOOK), NOTIFY_WEBHOOK_NETWORKS: '127.0.0.0/8' },
      ...(url === undefined ? {} : { DATABASE_URL: url, ...secrets() }),
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
            setFault: (...fault) => app.providers.setFault(...fault),
            faults: () => app.providers.faults(),
            setDepeg: (percent) => app.providers.setDepeg(percent),
            depeg: () => app.providers.depeg(),
          },
          createTampering(parts),
        ),
      ],
    },
  });
  const held = await openPlatform(on);
  const today = app.app.reconciliation.today();
  const made: string[] = [];
  for (const day of [-2, -1]) {
    await held.move({ debit: 'pool', credit: 'merchants', amount: '45000000', at: `${addDays(today, day)}T05:00:00Z` });
    const { body } = await app.post('/v1/reconciliations', { business_date: addDays(today, day) });
    made.push(z.looseObject({ id: z.string() }).parse(body).id);
  }
  return { service: app, platform: held, reports: made };
}

describe.skipIf(chromium === undefined)('the console', () => {
  beforeAll(async () => {
    assertBuilt();
    served = await openServed();
    ({ service, platform, reports } = await start(served));
    await service.app.startWorker();
    monitor = sandboxMonitor(service.app);
    monitor.start();
    browser = await openBrowser(chromium ?? '');
    ui = await openConsole(browser, service.url, service.key(...ALL_SCOPES), { language: 'en', theme: 'dark' });
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await monitor?.stop();
    await service?.close();
    await served?.close();
  });

  const page = (): Page => ui.page;
  const press = (name: string | RegExp) => page().getByRole('button', { name }).first().click();
  const dialog = () => page().getByRole('dialog');

  test('its types are those of the OpenAPI document', () => {
    expect(readFileSync('web/src/api-types.ts', 'utf8')).toContain(
      apiTypes(JSON.parse(JSON.stringify(service.app.server.swagger()))).slice(0, 200),
    );
  });

  test('a link signs in, leaves the address at once, and the first page is small', async () => {
    expect(page().url()).toBe(`${service.url}/#/`);
    expect(await page().locator('[data-answer]').getAttribute('data-answer')).toBe('yes');
    await page().locator('.u-legend').first().waitFor();
    await expectClean();
    expect(gzippedBytes(ui.scripts)).toBeLessThan(FIRST_PAGE_BYTES);
    const { headers } = await service.request('/');
    expect(headers.get('content-security-policy')).toMatch(/^default-src 'self'; (?!.*unsafe)/);
  });

  test('whoever has no key is told how to get in, and what is no key is not sent', async () => {
    const visitor = await openConsole(browser, service.url, undefined, { language: 'vi', theme: 'light' });
    await visitor.open('/');
    await visitor.page.getByLabel('Khóa API').fill('password');
    await visitor.page.getByRole('button', { name: 'Đăng nhập' }).click();
    await visitor.page.getByText('Đây không phải khóa API').waitFor();
    expect(await seriousOf(visitor.page)).toEqual([]);
    await visitor.page.getByLabel('Khóa API').fill(service.key('rates:read'));
    await visitor.page.getByRole('button', { name: 'Đăng nhập' }).click();
    await visitor.page.getByText('Khóa của bạn không được xem phần này').first().waitFor();
    expect(await visitor.page.getByText('VND/USDT').first().isVisible()).toBe(true);
    await visitor.close();
  });

  const PAGES: readonly (readonly [address: () => string, title: string])[] = [
    [() => '/', 'Tổng quan'],
    [() => '/solvency', 'Khả năng chi trả'],
    [() => `/solvency/runs/${reports[1]}`, 'Báo cáo'],
    [() => `/solvency/runs/${reports[1]}/compare`, 'So sánh hai báo cáo'],
    [() => `/solvency/runs/${reports[1]}/lines/pool`, 'Biến động'],
    [() => '/solvency/breaks', 'Sai lệch'],
    [() => '/solvency/payouts', 'Chi tiền'],
    [() => '/solvency/proofs', 'Bằng chứng nợ'],
    [() => '/proof', 'Số dư của tôi'],
    [() => '/rates', 'Tỷ giá'],
    [() => '/audit', 'Nhật ký kiểm toán'],
    [() => '/audit/entries/0', 'Mục 0'],
    [() => '/audit/verify', 'Kiểm chứng nhật ký'],
    [() => `/audit/records/reconciliation_logs/${reports[1]}`, 'Bản ghi'],
    [() => '/keys', 'Khóa API'],
    [() => '/jobs', 'Công việc'],
    [() => '/settings', 'Thiết lập'],
    [() => '/notifications/templates', 'Mẫu lời báo'],
    [() => '/service', 'Tình trạng'],
    [() => '/sandbox', 'Thử làm hỏng'],
    [() => '/nowhere', 'Không có trang này'],
  ];

  /** Of parts that a service may lack. */
  const OPTIONAL: readonly (readonly [address: () => string, title: string, path: string])[] = [
    [() => '/incidents', 'Sự cố', '/v1/incidents'],
    [() => '/notifications', 'Thông báo', '/v1/notifications'],
    [() => '/approvals', 'Phê duyệt', '/v1/approvals'],
    [() => '/archive', 'Lưu trữ', '/v1/archive/runs'],
  ];
  const has = (path: string): boolean => service.app.server.swagger().paths?.[path] !== undefined;

  /** Of the page that is shown: in English and dark, for the tests of tasks come by all of them. */
  const expectClean = async (): Promise<void> => {
    expect(await seriousOf(page())).toEqual([]);
    expect(ui.complaints.splice(0)).toEqual([]);
  };

  test('each page in Vietnamese, light, and on a phone: no complaint, nothing serious by axe', async () => {
    const vi = await openConsole(browser, service.url, service.key(...ALL_SCOPES), { language: 'vi', theme: 'light' });
    for (const [address, title] of [...PAGES, ...OPTIONAL.filter(([, , path]) => has(path))]) {
      await vi.open(address());
      expect(await vi.page.locator('h1').textContent(), address()).toContain(title);
      expect(await vi.page.locator('[role=alert]').allTextContents(), address()).toEqual([]);
      expect(await seriousOf(vi.page), address()).toEqual([]);
      expect(vi.complaints.splice(0), address()).toEqual([]);
    }
    await vi.page.setViewportSize({ width: 360, height: 740 });
    for (const address of ['/', '/solvency', '/rates']) {
      await vi.open(address);
      expect(await vi.page.evaluate(() => document.documentElement.scrollWidth), address).toBeLessThanOrEqual(360);
    }
    await vi.close();
  }, 120_000);

  test('pages without a task, in English, dark', async () => {
    for (const [address, title] of [
      [`/solvency/runs/${reports[1]}/compare`, 'Two reports compared'],
      ['/solvency/proofs', 'Proofs of liabilities'],
      ['/service', 'Health of the service'],
      ['/nowhere', 'There is no such page'],
    ] as const) {
      await ui.open(address);
      expect(await page().locator('h1').textContent()).toBe(title);
      await expectClean();
    }
  });

  test('the words and the theme change at a press, and stay', async () => {
    await ui.open('/');
    await press('VI');
    await page().getByText('Có trả được những gì đang nợ không?').first().waitFor();
    await press('EN');
    await press('Theme: system');
    await press('Theme: light');
    expect(await page().locator('html').getAttribute('data-theme')).toBe('dark');
    await page().reload();
    await settle(page());
    expect(await page().locator('html').getAttribute('data-theme')).toBe('dark');
    await page().getByText('Can we pay what we owe?').first().waitFor();
  });

  test('charts can be read as tables, and zoomed by keys', async () => {
    await ui.open('/solvency');
    await page().getByRole('button', { name: 'Zoom in' }).first().press('Enter');
    await page().getByRole('button', { name: 'As a table' }).first().press('Enter');
    const table = page().getByRole('table', { name: 'Assets and liabilities' });
    expect(await table.getByRole('row').count()).toBe(3);
    expect(await table.getByText('₫90,000,000').count()).toBeGreaterThan(0);
    await expectClean();
  });

  test('a rate says who fails; a breaker and a rate by hand are set, recorded and ended', async () => {
    await ui.open('/sandbox');
    await press('Kill CoinGecko');
    await page().getByText('dead', { exact: true }).waitFor();
    await expectClean();
    await ui.open('/rates');
    await page().getByRole('button', { name: 'Control coingecko' }).click();
    await dialog().getByLabel('Action').selectOption('open');
    await dialog().getByLabel('Reason').fill('it answers nonsense');
    await dialog().getByRole('button', { name: 'Force open' }).click();
    await page().getByText('Forced open').first().waitFor();
    await page().getByText('it answers nonsense').waitFor();

    await press('Set a rate by hand');
    await dialog().getByLabel('Rate (VND/USDT)').fill('25935.5');
    await dialog().getByLabel('Until').fill(localTime(3_600_000));
    await dialog().getByLabel('Reason').fill('maintenance of the sources');
    await dialog().getByRole('button', { name: 'Set a rate by hand' }).click();
    await page().getByText('By hand', { exact: true }).first().waitFor();
    await press('End it');
    await dialog().getByLabel('Reason').fill('the sources are back');
    await dialog().getByRole('button', { name: 'End it' }).click();
    await page().getByText('No rate is served by hand').waitFor();
    await expectClean();

    await ui.open('/sandbox');
    await service.post('/v1/sandbox/faults', { provider: 'coingecko', fault: { kind: 'none' } });
    await page().getByText('dead', { exact: true }).waitFor({ state: 'detached' });
    await page().getByRole('link', { name: 'Rates and sources' }).first().click();
    await page().getByRole('button', { name: 'Control coingecko' }).click();
    await dialog().getByLabel('Reason').fill('mended');
    await dialog().getByRole('button', { name: 'Reset' }).click();
    await page().getByText('Forced open', { exact: true }).waitFor({ state: 'detached' });
  }, 60_000);

  test('keys: the secret is shown once; a revoked one ends a session in the middle of a form, and nothing is lost', async () => {
    await ui.open('/keys');
    await press('Create a key');
    await dialog().getByLabel('Name').fill('dashboard');
    await dialog().getByLabel('Role').selectOption('admin');
    await dialog().getByLabel('Owner').fill('an');
    for (const scope of ALL_SCOPES) await dialog().getByLabel(scope).check();
    await dialog().getByRole('button', { name: 'Create a key' }).click();
    const secret = await page().locator('[data-secret]').textContent();
    expect(secret).toMatch(/^pl_/);
    await press('I have kept it');
    expect(await page().locator('[data-secret]').count()).toBe(0);

    const other = await openConsole(browser, service.url, secret ?? '', { language: 'en', theme: 'light' });
    await other.open('/keys');
    await other.page.getByRole('button', { name: 'Create a key' }).click();
    await other.page.getByRole('dialog').getByLabel('Name').fill('typed before the session ended');
    await other.page.getByRole('dialog').getByLabel('audit:read').check();
    await page().getByRole('button', { name: 'Revoke dashboard' }).click();
    await dialog().getByRole('button', { name: 'Revoke' }).click();
    await page().getByText('Revoked').first().waitFor();
    await expectClean();
    await other.page.getByRole('dialog').getByRole('button', { name: 'Create a key' }).click();
    await other.page.getByText('Sign in again').waitFor();
    await other.page.getByLabel('API key', { exact: true }).fill(service.key(...ALL_SCOPES));
    await other.page.getByRole('button', { name: 'Sign in', exact: true }).click();
    const form = other.page.getByRole('dialog');
    expect(await form.getByLabel('Name').inputValue()).toBe('typed before the session ended');
    await form.getByRole('button', { name: 'Create a key' }).click();
    await other.page.locator('[data-secret]').waitFor();
    await other.close();
  }, 60_000);

  test('a merchant verifies a proof without a network; a spoilt, a halved and a wrong one are told apart', async () => {
    const merchant = await openConsole(browser, service.url, undefined, { language: 'en', theme: 'light' });
    await merchant.open('/proof');
    await merchant.context.setOffline(true);
    const proof = JSON.stringify(VECTORS.proof);
    const verdictOf = async (text: string, key = VECTORS.key, id = VECTORS.proof.merchant) => {
      await merchant.page.getByLabel('The proof', { exact: true }).fill(text);
      await merchant.page.getByLabel('The platform’s key').fill(key);
      await merchant.page.getByLabel('Your merchant id').fill(id);
      await merchant.page.getByRole('button', { name: 'Verify' }).click();
      return merchant.page.locator('[data-proof]').getAttribute('data-proof');
    };
    expect(await verdictOf(proof)).toBe('holds');
    expect(await seriousOf(merchant.page)).toEqual([]);
    await merchant.page.getByText('₫10').first().waitFor();
    expect(await verdictOf(proof.slice(0, proof.length / 2))).toBe('malformed');
    expect(await verdictOf(proof.replace('"available":"1000"', '"available":"9000"'))).toBe('refuted');
    expect(await verdictOf(proof, VECTORS.key, '00000000-0000-4000-8000-000000000009')).toBe('refuted');
    expect(await verdictOf(proof, 'AAAA')).toBe('refuted');
    expect(merchant.complaints).toEqual([]);
    await merchant.close();
  });

  test('entries are found, verified here, and a link to a record that is not there says so', async () => {
    await ui.open('/audit');
    await page().getByLabel('Stream').selectOption('reconciliation_logs');
    await press('Search');
    await page().getByRole('cell', { name: 'update' }).first().waitFor();
    await page().getByRole('row').nth(1).getByRole('link').nth(1).click();
    await page().locator('ins').first().waitFor();
    await expectClean();
    await press('Verify now');
    await page().locator('[data-verified=holds]').waitFor();
    await ui.open('/audit/records/reconciliation_logs/00000000-0000-4000-8000-000000000009');
    await page().getByText('The log has nothing about this record').waitFor();
  });

  test('the whole log is verified in a worker; one that is not what it was is called a fork', async () => {
    await ui.open('/audit/verify');
    await press('Verify now');
    await page().locator('[data-verified=holds]').waitFor();
    await expectClean();
    const kept = await page().evaluate(() => {
      const [name = ''] = Object.keys(localStorage).filter((each) => each.startsWith('plumbline.verified'));
      const before = localStorage.getItem(name) ?? '';
      localStorage.setItem(name, before.replace(/"root":"../, '"root":"ff'));
      return { name, before };
    });
    await page().reload();
    await press('Verify now');
    await page().locator('[data-verified=broken]').waitFor();
    await page().getByText('its past was changed').waitFor();
    await page().evaluate(({ name, before }) => localStorage.setItem(name, before), kept);
    await page().getByLabel('Key of the log').fill('localhost/log+00000000+AAAA');
    await press('Verify now');
    await page().getByText('The key has not signed the checkpoint').waitFor();
    await page().evaluate(() => {
      for (const name of Object.keys(localStorage))
        if (name.startsWith('plumbline.vkey')) localStorage.removeItem(name);
    });
  });

  test('money that is gone: no, in one second of looking; its evidence is two clicks away; two people let payouts pass', async () => {
    await ui.open('/solvency');
    await platform.take('pool', '-40000000');
    await press('Reconcile now');
    await page().getByText('Report of').first().waitFor();
    await page().getByText('Deficit').first().waitFor();
    await ui.open('/');
    await page().locator('[data-answer=no]').waitFor();
    await expectClean();
    expect(await page().locator('.verdict .first').textContent()).toContain('\u2212₫');
    await page().getByRole('link', { name: 'Report and evidence' }).click();
    await page().getByRole('link', { name: 'Pool' }).waitFor();
    await expectClean();
    await page().getByRole('link', { name: 'Pool' }).click();
    await page().getByText('No entry explains').waitFor();
    await page().getByText('\u2212₫40,000,000').first().waitFor();
    await expectClean();

    await ui.open('/solvency/breaks');
    await page().getByRole('link', { name: 'pool' }).click();
    await press('Accept');
    await dialog().getByLabel('Reason').fill('the bank has confirmed it');
    await dialog().getByRole('button', { name: 'Accept' }).click();
    await page().getByText('the bank has confirmed it').first().waitFor();
    await expectClean();

    await ui.open('/solvency/payouts');
    await press('Ask for an override');
    await dialog().getByLabel('Reason').fill('the bank pays it back today');
    await dialog().getByRole('button', { name: 'Ask for it' }).click();
    await press('Approve');
    await dialog().getByRole('button', { name: 'Let payouts pass' }).click();
    await dialog().getByRole('alert').waitFor(); // not by the one who asked
    expect(await seriousOf(page())).toEqual([]);
    ui.complaints.splice(0);
    const key = service.app.access.createLocalKey('second', ALL_SCOPES);
    const second = await openConsole(browser, service.url, key, { language: 'en', theme: 'light' });
    await second.open('/solvency/payouts');
    await second.page.getByRole('button', { name: 'Approve' }).click();
    await second.page.getByRole('dialog').getByRole('button', { name: 'Let payouts pass' }).click();
    await second.page.getByText('Payouts pass in spite of a halt').first().waitFor();
    await second.close();
  }, 60_000);

  taskSuite(() => ({ browser, service, db: served.db, ui }));
  peopleSuite(() => ({ browser, db: served.db }));
});

/** Of a field that takes a time of day in Viet Nam. */
const localTime = (fromNowMs: number): string =>
  new Date(Date.now() + fromNowMs + 7 * 3_600_000).toISOString().slice(0, 16);
