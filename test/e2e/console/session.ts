/** Getting in, and a session that ends in the middle of something. */
import { expect, test } from 'vitest';
import { z } from 'zod';
import { ALL_SCOPES } from '../../../src/features/access/scopes.ts';
import { en } from '../../../web/src/i18n/en.ts';
import { seriousOf } from '../../support/console.ts';
import { verifiesAlone } from './audit.ts';
import { openHands, type Running } from './hands.ts';

/** Where, what opens the form, and a field of it. Pages whose one field is a search are no different. */
const FORMS = [
  ['/notifications', en.notifications.newEndpoint, en.notifications.label],
  ['/notifications/templates', `${en.notifications.write} ${en.notifications.languages.en}`, en.notifications.body],
  ['/archive', en.archive.restore, en.archive.table],
  ['/rates', en.rates.setManual, en.common.reason],
] as const;

const MADE = z.looseObject({ id: z.string(), secret: z.string() });
const TYPED = 'typed before the session ended';

export function sessionSuite(running: () => Running): void {
  test('whoever has no key is told how to get in, and what is no key is not sent; a proof is verified without both', async () => {
    const { browser, service } = running();
    const hands = await openHands(browser, service.url, undefined, { language: 'vi', theme: 'light' });
    const { ui, page, words, press, sees } = hands;
    const { session, problem } = words;
    await ui.open('/proof');
    await verifiesAlone(hands);
    await ui.open('/');
    await page.getByLabel(session.keyLabel).fill('password');
    await press(session.enter);
    await sees(session.keyWrong);
    expect(await seriousOf(page)).toEqual([]);
    await page.getByLabel(session.keyLabel).fill(service.key('rates:read'));
    await press(session.enter);
    await sees(problem.forbidden);
    expect(await page.getByText('VND/USDT').first().isVisible()).toBe(true);
    await ui.close();
  });

  test('whatever form a session ends in, nothing typed is lost', async () => {
    const { browser, service } = running();
    const key = service.key(...ALL_SCOPES);
    const hands = await openHands(browser, service.url, key, { language: 'en', theme: 'light' });
    const { ui, page, dialog, press, submit, sees } = hands;
    const entersAgain = async (): Promise<void> => {
      await sees(en.session.again);
      await page.getByLabel(en.session.keyLabel, { exact: true }).fill(key);
      await press(en.session.enter);
    };
    await page.clock.install();
    for (const [address, opens, label] of FORMS) {
      await ui.open(address);
      await press(opens);
      const field = dialog.getByLabel(label, { exact: true });
      await field.fill(TYPED);
      // As a key that was revoked meanwhile.
      await page.route('**/v1/**', (route) =>
        route.continue({ headers: { ...route.request().headers(), authorization: 'Bearer pl_revoked_meanwhile' } }),
      );
      await page.clock.fastForward(20_000);
      if (address === '/notifications/templates') await field.press('End');
      await sees(en.session.again);
      await page.unroute('**/v1/**');
      await entersAgain();
      expect(await field.inputValue(), address).toBe(TYPED);
      await press(en.common.cancel);
    }

    // A key that is revoked, and what it was about to send.
    const made = await service.post('/v1/keys', { name: 'dashboard', role: 'admin', owner: 'an', scopes: ALL_SCOPES });
    const { id, secret } = MADE.parse(made.body);
    await press(en.session.leave);
    await page.getByLabel(en.session.keyLabel, { exact: true }).fill(secret);
    await press(en.session.enter);
    await ui.open('/keys');
    await press(en.keys.make);
    await dialog.getByLabel(en.keys.name, { exact: true }).fill(TYPED);
    await dialog.getByLabel('audit:read').check();
    expect((await service.post(`/v1/keys/${id}/revoke`, {})).status).toBe(200);
    await submit(en.keys.make);
    await entersAgain();
    expect(await dialog.getByLabel(en.keys.name, { exact: true }).inputValue()).toBe(TYPED);
    await submit(en.keys.make);
    await page.locator('[data-secret]').waitFor();
    await ui.close();
  }, 90_000);
}
