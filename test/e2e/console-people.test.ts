/** People at the console, by an identity provider: one asks for what is dangerous, another one agrees to it. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { bookFile } from '../support/book-file.ts';
import { findChromium, openBrowser } from '../support/browser.ts';
import { assertBuilt, settle } from '../support/console.ts';
import { LEDGERED_BOOK } from '../support/ledgered.ts';
import { AUDIENCE, CLIENT, startOidc } from '../support/oidc.ts';
import { freePort } from '../support/ports.ts';
import { openServed, type Served } from '../support/served.ts';
import { type Hands, LOOKS, openHands } from './console/hands.ts';

/** In another tab, which a link of the page opens: the page stays as it is. */
async function signInBeside({ ui: { context }, page }: Hands, link: string, name: string): Promise<void> {
  const [tab] = await Promise.all([
    context.waitForEvent('page'),
    page.getByRole('link', { name: link, exact: true }).click(),
  ]);
  await tab.getByLabel('Name').fill(name);
  await tab.getByRole('button', { name: 'Log in' }).click();
  await tab.waitForURL(({ pathname, search }) => pathname === '/' && search === '', { waitUntil: 'commit' });
  await tab.close();
}

const REASON = 'it has answered nonsense since noon';
const KEPT = 'typed before the session was over';

async function enter({ url }: TestApp, browser: Browser, name: string, look: Hands['look']): Promise<Hands> {
  const hands = await openHands(browser, url, undefined, look);
  const { ui, page, words } = hands;
  await ui.open('/approvals');
  expect(ui.complaints).toEqual([]); // nobody is asked for a session before somebody signs in
  await page.getByRole('link', { name: words.session.login }).click();
  await page.getByLabel('Name').fill(name);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByText(`Name of ${name}`).waitFor();
  await settle(page);
  ui.complaints.splice(0); // the provider is another host
  return hands;
}

async function asksFor({ ui, words, press, fill, choose, submit, sees }: Hands, source: string): Promise<void> {
  await ui.open('/rates');
  await press(`${words.rates.control} ${source}`);
  await choose(words.rates.action, 'open');
  await fill(words.common.reason, REASON);
  await submit(words.rates.actions.open);
  await sees(words.approvals.waits);
}

const card = ({ page }: Hands, source: string) => page.getByRole('region', { name: source }).first();

/** What is dangerous asks who it is once more; the dialog waits for it. */
async function approves(hands: Hands, name: string, source: string): Promise<void> {
  const { ui, words, submit, isClean } = hands;
  const { approvals, session } = words;
  await ui.open('/approvals');
  await card(hands, source).getByRole('button', { name: approvals.approve }).click();
  await submit(approvals.approve);
  await signInBeside(hands, session.stepUp, name);
  await submit(approvals.approve);
  await card(hands, source).getByText(approvals.states.executed).waitFor();
  await isClean(['401', '403', 'asks for']);
}

/** Nobody agrees to what is one's own. */
async function failsToApprove({ page, words, dialog, press, submit, isClean }: Hands): Promise<void> {
  await page.getByRole('link', { name: words.nav.approvals }).first().click();
  await press(words.approvals.approve);
  await submit(words.approvals.approve);
  await dialog.getByRole('alert').waitFor();
  await isClean(['401', '403', '409']);
  await page.keyboard.press('Escape');
}

/** A session that is over, in the middle of the reason. */
async function rejectsLate(hands: Hands, name: string, source: string): Promise<void> {
  const { ui, words, dialog, press, fill, submit, sees } = hands;
  const { approvals, common, session } = words;
  await card(hands, source).getByRole('button', { name: approvals.reject }).click();
  await fill(common.reason, KEPT);
  await ui.context.clearCookies();
  await submit(approvals.reject);
  await sees(session.again);
  await signInBeside(hands, session.login, name);
  await press(session.returned);
  expect(await dialog.getByLabel(common.reason, { exact: true }).inputValue()).toBe(KEPT);
  await submit(approvals.reject);
  await card(hands, source).getByText(approvals.states.rejected).waitFor();
}

const chromium = findChromium();

describe.skipIf(chromium === undefined)('people at the console', () => {
  let served: Served;
  let browser: Browser;
  beforeAll(async () => {
    assertBuilt();
    [served, browser] = await Promise.all([openServed(), openBrowser(chromium ?? '')]);
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await served?.close();
  });

  const pairs = LOOKS.flatMap((look, at) => {
    const other = LOOKS[at + 1];
    return at % 2 === 0 && other !== undefined ? [[look, other] as const] : [];
  });

  test.each(pairs)(
    'two people sign in with their organisation; each asks, and the other approves; whose session is over loses nothing',
    async (look, other) => {
      const port = await freePort();
      const url = `http://127.0.0.1:${port}`;
      const oidc = await startOidc(url, { an: { roles: ['operators'] }, binh: { roles: ['operators'] } });
      onTestFinished(() => oidc.close());
      const service = await startApp({
        ...{ db: served.db, warm: false },
        env: {
          ...{ PLUMBLINE_PORT: String(port), PLUMBLINE_PUBLIC_URL: url, RECONCILIATION_BOOK: bookFile(LEDGERED_BOOK) },
          ...{ OIDC_ISSUER: oidc.issuer, OIDC_CLIENT_ID: CLIENT.id, OIDC_CLIENT_SECRET: CLIENT.secret },
          ...{ OIDC_AUDIENCE: AUDIENCE, OIDC_ROLE_MAP: 'operators=operator' },
          AUDIT_SIGNER_FOLDER: mkdtempSync(join(tmpdir(), 'plumbline-signer-')),
        },
        compose: { onAnswerChecked: undefined, mode: 'sandbox' },
      });
      onTestFinished(() => service.close());
      const [an, binh] = await Promise.all([
        enter(service, browser, 'an', other),
        enter(service, browser, 'binh', look),
      ]);
      await asksFor(an, 'coingecko');
      await asksFor(an, 'binance');
      await failsToApprove(an);
      await approves(binh, 'binh', 'coingecko');
      await rejectsLate(binh, 'binh', 'binance');
      await asksFor(binh, 'vietcombank');
      await approves(an, 'an', 'vietcombank');
      await signsOut(binh, url);
      await Promise.all([an.ui.close(), binh.ui.close()]);
    },
    120_000,
  );
});

/** Whoever signs out is signed out in the service as well. */
async function signsOut({ page, words, press }: Hands, url: string): Promise<void> {
  await press(words.session.leave);
  await page.getByRole('link', { name: words.session.login }).waitFor();
  expect((await page.request.get(`${url}/v1/me`)).status()).toBe(401);
}
