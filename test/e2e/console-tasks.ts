/**
 * What operators do with incidents, notifications, the archive and jobs in the console: half of it in English and
 * dark, the other half in Vietnamese and light, with the words of its own dictionaries.
 */
import { sql } from 'kysely';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ALL_SCOPES } from '../../src/features/access/scopes.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { en } from '../../web/src/i18n/en.ts';
import { vi } from '../../web/src/i18n/vi.ts';
import type { TestApp } from '../support/app.ts';
import { type Console, openConsole, seriousOf } from '../support/console.ts';
import { startReceiver } from '../support/webhook-receiver.ts';

export interface Running {
  readonly browser: Browser;
  readonly service: TestApp;
  readonly db: Db;
  /** In English, dark. */
  readonly ui: Console;
}

type Words = typeof en;

/** What a task needs of a page, in one look. */
interface Hands {
  readonly ui: Console;
  readonly page: Page;
  readonly words: Words;
  press(name: string): Promise<void>;
  /** In the dialog that is open. */
  fill(label: string, text: string): Promise<void>;
  choose(label: string, value: string): Promise<void>;
  submit(name: string): Promise<void>;
  sees(text: string): Promise<void>;
}

function handsOf(ui: Console, words: Words): Hands {
  const { page } = ui;
  const dialog = page.getByRole('dialog');
  return {
    ...{ ui, page, words },
    press: (name) => page.getByRole('button', { name, exact: true }).first().click(),
    fill: (label, text) => dialog.getByLabel(label, { exact: true }).fill(text),
    choose: async (label, value) => {
      await dialog.getByLabel(label, { exact: true }).selectOption(value);
    },
    submit: (name) => dialog.getByRole('button', { name, exact: true }).click(),
    sees: (text) => page.getByText(text).first().waitFor(),
  };
}

export function taskSuite(running: () => Running): void {
  let inEnglish: Hands;
  let inVietnamese: Hands;
  beforeAll(async () => {
    const { browser, service, ui } = running();
    const look = { language: 'vi', theme: 'light' } as const;
    inEnglish = handsOf(ui, en);
    inVietnamese = handsOf(await openConsole(browser, service.url, service.key(...ALL_SCOPES), look), vi);
  });
  afterAll(() => inVietnamese?.ui.close());

  /** @param wrong statuses of what is refused on purpose */
  const expectClean = async ({ ui }: Hands, wrong: readonly string[] = []): Promise<void> => {
    expect(await seriousOf(ui.page)).toEqual([]);
    expect(ui.complaints.splice(0).filter((each) => !wrong.some((status) => each.includes(status)))).toEqual([]);
  };

  test('a record that somebody tampers with is an incident within seconds, which is taken care of', async () => {
    const { ui, page, words, press, fill, submit, sees } = inEnglish;
    await ui.open('/sandbox');
    await press(words.sandbox.tamper);
    await page.locator('dd a[href*="/audit/entries/"]').first().waitFor();
    await ui.open('/');
    await page.locator('[data-log=damaged] a').click();
    await press(words.incidents.acknowledge);
    await fill(words.incidents.text, 'we hold it against the copy');
    await submit(words.incidents.acknowledge);
    await sees('we hold it against the copy');
    await expectClean(inEnglish);

    const { incidents, common } = vi;
    await inVietnamese.ui.open('/incidents');
    await inVietnamese.page.getByRole('link', { name: 'audit.refused' }).first().click();
    await inVietnamese.press(incidents.resolve);
    await inVietnamese.fill(common.reason, 'the sandbox was told to');
    await inVietnamese.submit(incidents.resolve);
    await inVietnamese.sees(incidents.statuses.resolved);
    await inVietnamese.ui.open('/incidents');
    await inVietnamese.press(incidents.silence);
    await inVietnamese.fill(incidents.event, 'rates.depeg');
    await inVietnamese.fill(common.reason, 'we know of it');
    await inVietnamese.submit(incidents.silence);
    await inVietnamese.page.getByRole('button', { name: `${incidents.end} rates.depeg` }).click();
    await inVietnamese.sees(incidents.noSilences);
    await expectClean(inVietnamese);
  }, 60_000);

  test('an endpoint is made, tested, changed and switched off; what is said is looked at in both languages', async () => {
    const receiver = await startReceiver();
    const { ui, page, words, press, fill, choose, submit, sees } = inEnglish;
    await ui.open('/notifications');
    await press(words.notifications.newEndpoint);
    await fill(words.notifications.team, 'finance');
    await choose(words.notifications.channel, 'webhook');
    await fill(words.notifications.address, receiver.url);
    await fill(words.notifications.label, 'books');
    await submit(words.notifications.newEndpoint);
    await press(words.notifications.test);
    await sees(words.notifications.statuses.delivered);
    expect(receiver.received).toHaveLength(1);
    await receiver.close();
    await ui.open('/notifications/templates');
    await page.locator('[data-preview=vi]').getByText('Sự kiện: solvency.deficit').waitFor();
    await page.locator('[data-preview=en]').getByText('Event: solvency.deficit').waitFor();
    await press(`${words.notifications.write} ${words.notifications.languages.en}`);
    await fill(words.notifications.body, 'Look: {{ mesage }}');
    await page.getByRole('dialog').getByText('undefined variable: mesage').first().waitFor();
    await fill(words.notifications.body, 'Look: {{ message }}');
    await page.getByRole('dialog').getByText('Look: An example').waitFor();
    await submit(words.notifications.putInForce);
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await expectClean(inEnglish, ['422']);

    const { notifications } = vi;
    const hands = inVietnamese;
    await hands.ui.open('/notifications');
    await hands.page.getByRole('link', { name: 'finance books' }).click();
    await hands.press(notifications.change);
    await hands.fill(notifications.events, 'solvency.* payouts.*');
    await hands.fill(notifications.quietFrom, '25:00');
    await hands.submit(notifications.change);
    await hands.page.getByRole('dialog').getByRole('alert').waitFor();
    await hands.fill(notifications.quietFrom, '22:00');
    await hands.fill(notifications.quietUntil, '06:00');
    await hands.submit(notifications.change);
    await hands.sees('22:00 – 06:00');
    await hands.press(notifications.acts.disable.title);
    await hands.fill(vi.common.reason, 'moved to another team');
    await hands.submit(notifications.acts.disable.title);
    await hands.sees('moved to another team');
    await hands.ui.open('/notifications/templates');
    await hands.page.locator('[data-preview=en]').getByText('Look: An example').waitFor(); // it is in force
    await expectClean(hands, ['400', '422']);
  }, 60_000);

  test('a table is archived, its archive verified, and rows asked back for a price that is shown first', async () => {
    const { db } = running();
    await sql`CREATE TABLE old_rows (id bigint PRIMARY KEY, note text NOT NULL, created_at timestamptz NOT NULL)`.execute(
      db.sql,
    );
    await sql`INSERT INTO old_rows SELECT n, 'row ' || n, '2024-03-01'::timestamptz + n * interval '1 hour'
      FROM generate_series(1, 300) AS n`.execute(db.sql);
    const { ui, page, words, press, fill, submit, sees } = inEnglish;
    const row = { name: 'public.old_rows' };
    await ui.open('/archive');
    await press(words.archive.newPolicy);
    await fill(words.archive.table, row.name);
    await fill(words.archive.ageDays, '0');
    await submit(words.common.save);
    await page.getByRole('dialog').getByText('write 1 or more').first().waitFor();
    await fill(words.archive.ageDays, '90');
    await submit(words.common.save);
    await page.getByRole('link', row).first().click();
    await press(words.archive.run);
    await page.getByRole('row', row).getByText(words.archive.runStates.done, { exact: true }).waitFor();
    await ui.open('/'); // another page, for its lists to be asked anew
    await ui.open('/archive');
    await press(words.archive.verify);
    await sees(words.archive.sound);
    await expectClean(inEnglish, ['422']);

    const { archive, common } = vi;
    const hands = inVietnamese;
    await hands.ui.open('/archive');
    await hands.press(archive.compare);
    await hands.sees(archive.manifests);
    await hands.press(archive.restore);
    await hands.fill(archive.table, row.name);
    const zone = '(Asia/Ho_Chi_Minh)';
    await hands.fill(`${common.from} ${zone}`, '2024-03-01T00:00');
    await hands.fill(`${common.to} ${zone}`, '2024-04-01T00:00');
    await hands.submit(archive.quote);
    expect(await hands.page.locator('[data-quote]').innerText()).toMatch(/USD|\$/);
    await hands.choose(archive.tier, 'Bulk'); // that is another price
    await hands.page.locator('[data-quote]').waitFor({ state: 'detached' });
    await hands.submit(archive.quote);
    await hands.submit(archive.startRestore);
    const restore = hands.page.getByRole('row', row).filter({ hasText: archive.purposes.land });
    await restore.getByText('Bulk').first().waitFor();
    await expectClean(hands);
  }, 60_000);

  test('jobs say when they run next; settings say what they are, and no secret', async () => {
    const { ui, page, words, sees } = inEnglish;
    await ui.open('/jobs');
    await sees(words.jobs.kinds.reconciliation);
    await page.getByRole('button', { name: words.solvency.runNow }).waitFor();
    await expectClean(inEnglish);
    await inVietnamese.ui.open('/settings');
    await inVietnamese.page.getByLabel(vi.settings.name, { exact: true }).fill('notify_');
    await inVietnamese.page.getByRole('cell', { name: vi.settings.hidden }).waitFor();
    expect(await inVietnamese.page.getByRole('table').innerText()).not.toMatch(/[0-9a-f]{64}/);
    await expectClean(inVietnamese);
  }, 30_000);

  /** Where, what opens the form, and a field of it. Pages whose one field is a search are no different. */
  const FORMS = [
    ['/notifications', en.notifications.newEndpoint, en.notifications.label],
    ['/notifications/templates', `${en.notifications.write} ${en.notifications.languages.en}`, en.notifications.body],
    ['/archive', en.archive.restore, en.archive.table],
    ['/rates', en.rates.setManual, en.common.reason],
  ] as const;

  test('whatever form a session ends in, nothing typed is lost', async () => {
    const { browser, service } = running();
    const key = service.key(...ALL_SCOPES);
    const { page, open, close } = await openConsole(browser, service.url, key, { language: 'en', theme: 'light' });
    await page.clock.install();
    for (const [address, opens, label] of FORMS) {
      await open(address);
      await page.getByRole('button', { name: opens, exact: true }).first().click();
      const field = page.getByRole('dialog').getByLabel(label, { exact: true });
      await field.fill('typed before the session ended');
      // As a key that was revoked meanwhile.
      await page.route('**/v1/**', (route) =>
        route.continue({ headers: { ...route.request().headers(), authorization: 'Bearer pl_revoked_meanwhile' } }),
      );
      await page.clock.fastForward(20_000);
      if (address === '/notifications/templates') await field.press('End');
      await page.getByText(en.session.again).waitFor();
      await page.unroute('**/v1/**');
      await page.getByLabel(en.session.keyLabel, { exact: true }).fill(key);
      await page.getByRole('button', { name: en.session.enter, exact: true }).click();
      expect(await field.inputValue(), address).toBe('typed before the session ended');
      await page.getByRole('button', { name: en.common.cancel }).click();
    }
    await close();
  }, 90_000);
}
