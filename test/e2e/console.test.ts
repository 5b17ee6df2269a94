/** The console in a browser, against the running service: each page's main task, as a person does it, in each look. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { apiTypes } from '../../scripts/openapi-types.ts';
import { findChromium } from '../support/browser.ts';
import { assertBuilt, gzippedBytes, type Look, seriousOf, settle } from '../support/console.ts';
import { auditSuite, findsEntry, verifiesLog, verifiesProof } from './console/audit.ts';
import { LOOKS, nameOf, type Running, type Task } from './console/hands.ts';
import { findsDeficit, readsHistory } from './console/money.ts';
import { archivesTable, makesKey, readsJobsAndSettings } from './console/operate.ts';
import { pagesSuite } from './console/pages.ts';
import { controlsRates } from './console/rates.ts';
import { startRunning } from './console/service.ts';
import { sessionSuite } from './console/session.ts';
import { handlesIncident, tellsEndpoint, writesTemplate } from './console/told.ts';

const chromium = findChromium();
const FIRST_PAGE_BYTES = 90 * 1024;

const DEFICIT = 'money that is gone: no; its evidence is two clicks away; two people let payouts pass';

const TASKS: readonly (readonly [what: string, task: Task])[] = [
  ['a rate says who fails; a breaker and a rate by hand are set, recorded and ended', controlsRates],
  ['the secret of a key is shown once; a key is revoked', makesKey],
  ['a proof is verified; half of one is none', verifiesProof],
  ['entries are found, verified here, and a link to a record that is not there says so', findsEntry],
  ['the whole log is verified in a worker', verifiesLog],
  ['an endpoint is made, tested, changed and switched off', tellsEndpoint],
  ['what is said is looked at in both languages, written anew and in force', writesTemplate],
  ['a table is archived, its archive verified, and rows asked back for a price that is shown first', archivesTable],
  ['jobs say when they run next; settings say what they are, and no secret', readsJobsAndSettings],
  ['a record that somebody tampers with is an incident within seconds, which is taken care of', handlesIncident],
];

type Step = readonly [what: string, task: Task, look: Look];
const DEFICITS = LOOKS.map((look): Step => [DEFICIT, findsDeficit, look]);

/** Reports are shared for a while: of what makes one, the first comes first, and the others at the very end. */
const STEPS: readonly Step[] = [
  ...LOOKS.map((look) => ['charts can be read as tables, and zoomed by keys', readsHistory, look] as const),
  ...DEFICITS.slice(0, 1),
  ...TASKS.flatMap(([what, task]) => LOOKS.map((look) => [what, task, look] as const)),
];

let running: Running & { close(): Promise<void> };

describe.skipIf(chromium === undefined)('the console', () => {
  beforeAll(async () => {
    assertBuilt();
    running = await startRunning(chromium ?? '');
  }, 120_000);
  afterAll(() => running?.close());

  test('its types are those of the OpenAPI document', () => {
    expect(readFileSync('web/src/api-types.ts', 'utf8')).toContain(
      apiTypes(JSON.parse(JSON.stringify(running.service.app.server.swagger()))).slice(0, 200),
    );
  });

  test('a link signs in, leaves the address at once, and the first page is small', async () => {
    const { ui, page } = await running.hands({ language: 'en', theme: 'dark' });
    expect(page.url()).toBe(`${running.service.url}/#/`);
    expect(await page.locator('[data-answer]').getAttribute('data-answer')).toBe('yes');
    await page.locator('.u-legend').first().waitFor();
    expect(await seriousOf(page)).toEqual([]);
    expect(ui.complaints).toEqual([]);
    expect(gzippedBytes(ui.scripts)).toBeLessThan(FIRST_PAGE_BYTES);
    const { headers } = await running.service.request('/');
    expect(headers.get('content-security-policy')).toMatch(/^default-src 'self'; (?!.*unsafe)/);
  });

  test('the words and the theme change at a press, and stay', async () => {
    const { ui, page, press, sees } = await running.hands({ language: 'en', theme: 'dark' });
    await ui.open('/proof');
    await press('VI');
    await sees('Số dư của tôi');
    await press('EN');
    await press('Theme: system');
    await press('Theme: light');
    expect(await page.locator('html').getAttribute('data-theme')).toBe('dark');
    await page.reload();
    await settle(page);
    expect(await page.locator('html').getAttribute('data-theme')).toBe('dark');
    await sees('Was my balance counted?');
    await press('Theme: dark');
    expect(await page.locator('html').getAttribute('data-theme')).toBe('system');
  });

  sessionSuite(() => running);
  auditSuite(() => running);
  const does = ([what, task, look]: Step) =>
    test(`${what}: ${nameOf(look)}`, async () => task(await running.hands(look), running), 120_000);
  STEPS.forEach(does);
  pagesSuite(() => running);
  DEFICITS.slice(1).forEach(does);
});
