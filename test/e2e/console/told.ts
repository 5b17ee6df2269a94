/** Who is told: an incident that is taken care of, an endpoint and what is said to it. */
import { expect } from 'vitest';
import { startReceiver } from '../../support/webhook-receiver.ts';
import type { Task } from './hands.ts';

/** Another record each time. */
export const handlesIncident: Task = async (hands) => {
  const { ui, page, words, mine, press, fill, submit, sees, isClean } = hands;
  const { incidents, sandbox, common } = words;
  await ui.open('/sandbox');
  await press(sandbox.tamper);
  await page.locator('dd a[href*="/audit/entries/"]').first().waitFor();
  await ui.open('/');
  await page.locator('[data-log=damaged] a').click(); // within seconds
  await press(incidents.acknowledge);
  await fill(incidents.text, `we hold it against the copy, ${mine}`);
  await submit(incidents.acknowledge);
  await sees(`we hold it against the copy, ${mine}`);
  await press(incidents.resolve);
  await fill(common.reason, 'the sandbox was told to');
  await isClean();
  await submit(incidents.resolve);
  await page.getByRole('button', { name: incidents.resolve, exact: true }).waitFor({ state: 'detached' });
  await sees(incidents.statuses.resolved, true);
  await ui.open('/incidents');
  await press(incidents.silence);
  await fill(incidents.event, 'rates.depeg');
  await fill(common.reason, 'we know of it');
  await submit(incidents.silence);
  await press(`${incidents.end} rates.depeg`);
  await sees(incidents.noSilences);
};

export const tellsEndpoint: Task = async (hands) => {
  const { ui, page, words, mine, dialog, press, fill, choose, submit, sees, isClean } = hands;
  const { notifications, common } = words;
  const receiver = await startReceiver();
  await ui.open('/notifications');
  await press(notifications.newEndpoint);
  await fill(notifications.team, 'finance');
  await choose(notifications.channel, 'webhook');
  await fill(notifications.address, receiver.url);
  await fill(notifications.label, mine);
  await submit(notifications.newEndpoint);
  await press(notifications.test);
  await sees(notifications.statuses.delivered);
  expect(receiver.received).toHaveLength(1);
  await receiver.close();
  await isClean();

  await ui.open('/notifications');
  await page.getByRole('link', { name: `finance ${mine}` }).click();
  await press(notifications.change);
  await fill(notifications.events, 'solvency.* payouts.*');
  await fill(notifications.quietFrom, '25:00');
  await submit(notifications.change);
  await dialog.getByRole('alert').waitFor();
  await isClean(['400', '422']);
  await fill(notifications.quietFrom, '22:00');
  await fill(notifications.quietUntil, '06:00');
  await submit(notifications.change);
  await sees('22:00 – 06:00');
  await press(notifications.acts.disable.title);
  await fill(common.reason, `moved to another team, ${mine}`);
  await submit(notifications.acts.disable.title);
  await sees(`moved to another team, ${mine}`);
};

/** Of an event that is one's own, in the language of the look. */
export const writesTemplate: Task = async (hands) => {
  const { ui, page, look, words, mine, dialog, press, fill, submit, isClean } = hands;
  const { notifications } = words;
  const example = { vi: 'Sự kiện', en: 'Event' } as const;
  await ui.open('/notifications/templates');
  for (const language of ['vi', 'en'] as const) {
    await page.locator(`[data-preview=${language}]`).getByText(`${example[language]}: solvency.deficit`).waitFor();
  }
  await page.getByLabel(notifications.event, { exact: true }).fill(`payment.${mine}`);
  await press(`${notifications.write} ${notifications.languages[look.language]}`);
  await fill(notifications.body, 'Look: {{ mesage }}');
  await dialog.getByText('undefined variable: mesage').first().waitFor();
  await fill(notifications.body, `Look, ${mine}: {{ message }}`);
  await dialog.getByText(`Look, ${mine}: An example`).waitFor();
  await isClean(['422']);
  await submit(notifications.putInForce);
  await page.getByRole('row', { name: `payment.${mine}` }).waitFor();
  await page.locator(`[data-preview=${look.language}]`).getByText(`Look, ${mine}: An example`).waitFor(); // it is in force
};
