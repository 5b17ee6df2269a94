/** People at the console, by an identity provider: one asks for what is dangerous, another one agrees to it. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { expect, onTestFinished, test } from 'vitest';
import type { Db } from '../../src/platform/db/port.ts';
import { en } from '../../web/src/i18n/en.ts';
import { vi } from '../../web/src/i18n/vi.ts';
import { startApp } from '../support/app.ts';
import { bookFile } from '../support/book-file.ts';
import { type Console, type Look, openConsole, seriousOf, settle } from '../support/console.ts';
import { LEDGERED_BOOK } from '../support/ledgered.ts';
import { AUDIENCE, CLIENT, startOidc } from '../support/oidc.ts';
import { freePort } from '../support/ports.ts';

/** In another tab, which a link of the page opens: the page stays as it is. */
async function signInBeside({ context, page }: Console, link: string, name: string): Promise<void> {
  const [tab] = await Promise.all([
    context.waitForEvent('page'),
    page.getByRole('link', { name: link, exact: true }).click(),
  ]);
  await tab.getByLabel('Name').fill(name);
  await tab.getByRole('button', { name: 'Log in' }).click();
  await tab.getByText(`Name of ${name}`).waitFor();
  await tab.close();
}

const REASON = 'it has answered nonsense since noon';
const KEPT = 'typed before the session was over';

export function peopleSuite(running: () => { readonly browser: Browser; readonly db: Db }): void {
  test('two people sign in with their organisation; one asks, the other approves; whose session is over loses nothing', async () => {
    const { browser, db } = running();
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const oidc = await startOidc(url, { an: { roles: ['operators'] }, binh: { roles: ['operators'] } });
    onTestFinished(() => oidc.close());
    const service = await startApp({
      ...{ db, warm: false },
      env: {
        ...{ PLUMBLINE_PORT: String(port), PLUMBLINE_PUBLIC_URL: url, RECONCILIATION_BOOK: bookFile(LEDGERED_BOOK) },
        ...{ OIDC_ISSUER: oidc.issuer, OIDC_CLIENT_ID: CLIENT.id, OIDC_CLIENT_SECRET: CLIENT.secret },
        ...{ OIDC_AUDIENCE: AUDIENCE, OIDC_ROLE_MAP: 'operators=operator' },
        AUDIT_SIGNER_FOLDER: mkdtempSync(join(tmpdir(), 'plumbline-signer-')),
      },
      compose: { onAnswerChecked: undefined, mode: 'sandbox' },
    });
    onTestFinished(() => service.close());

    const enter = async (name: string, look: Look, login: string): Promise<Console> => {
      const ui = await openConsole(browser, service.url, undefined, look);
      await ui.open('/');
      expect(ui.complaints).toEqual([]); // nobody is asked for a session before somebody signs in
      await ui.page.getByRole('link', { name: login }).click();
      await ui.page.getByLabel('Name').fill(name);
      await ui.page.getByRole('button', { name: 'Log in' }).click();
      await ui.page.getByText(`Name of ${name}`).waitFor();
      await settle(ui.page);
      ui.complaints.splice(0); // the provider is another host
      return ui;
    };

    const an = await enter('an', { language: 'vi', theme: 'light' }, vi.session.login);
    for (const source of ['coingecko', 'binance']) {
      await an.open('/rates');
      await an.page.getByRole('button', { name: `${vi.rates.control} ${source}`, exact: true }).click();
      await an.page.getByLabel(vi.rates.action).selectOption('open');
      await an.page.getByLabel(vi.common.reason).fill(REASON);
      await an.page.getByRole('button', { name: vi.rates.actions.open, exact: true }).click();
      await an.page.getByText(vi.approvals.waits).waitFor();
    }
    await an.page.getByRole('link', { name: vi.nav.approvals }).first().click();
    await an.page.getByRole('button', { name: vi.approvals.approve }).first().click();
    await an.page.getByRole('dialog').getByRole('button', { name: vi.approvals.approve }).click();
    await an.page.getByRole('dialog').getByRole('alert').waitFor(); // not by the one who asked
    expect(await seriousOf(an.page)).toEqual([]);
    await an.page.keyboard.press('Escape');

    const binh = await enter('binh', { language: 'en', theme: 'dark' }, en.session.login);
    await binh.open('/approvals');
    const card = (source: string) => binh.page.getByRole('region', { name: source });
    await card('coingecko').getByRole('button', { name: en.approvals.approve }).click();
    await binh.page.getByRole('dialog').getByRole('button', { name: en.approvals.approve }).click();
    // What is dangerous asks who it is once more; the dialog waits for it.
    await signInBeside(binh, en.session.stepUp, 'binh');
    await binh.page.getByRole('dialog').getByRole('button', { name: en.approvals.approve }).click();
    await card('coingecko').getByText(en.approvals.states.executed).waitFor();

    // A session that is over, in the middle of the reason.
    await card('binance').getByRole('button', { name: en.approvals.reject }).click();
    await binh.page.getByRole('dialog').getByLabel(en.common.reason).fill(KEPT);
    await binh.context.clearCookies();
    await binh.page.getByRole('dialog').getByRole('button', { name: en.approvals.reject }).click();
    await binh.page.getByText(en.session.again).waitFor();
    await signInBeside(binh, en.session.login, 'binh');
    await binh.page.getByRole('button', { name: en.session.returned }).click();
    expect(await binh.page.getByRole('dialog').getByLabel(en.common.reason).inputValue()).toBe(KEPT);
    await binh.page.getByRole('dialog').getByRole('button', { name: en.approvals.reject }).click();
    await card('binance').getByText(en.approvals.states.rejected).waitFor();
    expect(await seriousOf(binh.page)).toEqual([]);

    await binh.page.getByRole('button', { name: en.session.leave }).click();
    await binh.page.getByRole('link', { name: en.session.login }).waitFor();
    expect((await binh.page.request.get(`${url}/v1/me`)).status()).toBe(401);
    await an.close();
    await binh.close();
  }, 90_000);
}
