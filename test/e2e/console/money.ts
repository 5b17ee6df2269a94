/** Whether the platform can pay: the history, a deficit with its evidence, a break, payouts that two people let pass. */
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import { z } from 'zod';
import { ALL_SCOPES } from '../../../src/features/access/scopes.ts';
import type { Running, Task } from './hands.ts';

/** As people of each language write them; a minus is a minus, and no hyphen. */
const SUMS = {
  owed: { en: '₫90,000,000', vi: '90.000.000 ₫' },
  taken: { en: '\u2212₫40,000,000', vi: '\u221240.000.000 ₫' },
} as const;

export const readsHistory: Task = async ({ ui, page, look, words, isClean }, { reports }) => {
  await ui.open('/solvency');
  await page.getByRole('button', { name: words.chart.nearer }).first().press('Enter');
  await page.getByRole('button', { name: words.chart.asTable }).first().press('Enter');
  const table = page.getByRole('table', { name: words.solvency.sides });
  expect(await table.getByRole('row').count()).toBe(reports.length + 1);
  expect(await table.getByText(SUMS.owed[look.language]).count()).toBeGreaterThan(0);
  await isClean();
};

/** What asks for a report so soon after another one is given that one. Milliseconds. */
const SHARED_MS = 60_000;
const NEWEST = z.looseObject({ data: z.array(z.looseObject({ started_at: z.string() })) });

async function untilNoReportIsShared({ service }: Running): Promise<void> {
  const { body } = await service.request('/v1/reconciliations?kind=intraday&limit=1');
  const [newest] = NEWEST.parse(body).data;
  if (newest !== undefined) await delay(Math.max(0, Date.parse(newest.started_at) + SHARED_MS - Date.now()));
}

/** Each time more is gone, so that what was accepted before opens again. */
export const findsDeficit: Task = async (hands, running) => {
  const { platform, service } = running;
  const { ui, page, look, words, mine, dialog, press, fill, submit, sees, isClean } = hands;
  const { solvency, overview, session, common } = words;
  await untilNoReportIsShared(running);
  await ui.open('/solvency');
  await platform.take('pool', '-40000000');
  await press(solvency.runNow);
  await page.waitForURL(/\/solvency\/runs\//);
  await sees(solvency.statuses.deficit);
  await ui.open('/');
  await page.locator('[data-answer=no]').waitFor();
  expect(await page.locator('.verdict .first').textContent()).toContain('\u2212');
  await isClean();
  await page.getByRole('link', { name: overview.evidence }).click();
  await page.getByRole('link', { name: 'Pool' }).click();
  await sees(solvency.noEntry);
  await sees(SUMS.taken[look.language]);

  await ui.open('/solvency/breaks');
  await page.getByRole('link', { name: 'pool' }).click();
  await press(solvency.accept);
  await fill(common.reason, `the bank has confirmed it, ${mine}`);
  await submit(solvency.accept);
  await sees(`the bank has confirmed it, ${mine}`);

  await ui.open('/solvency/payouts');
  await press(solvency.askOverride);
  await fill(common.reason, 'the bank pays it back today');
  await submit(solvency.dialogs.ask.submit);
  await press(solvency.approve);
  await submit(solvency.dialogs.approve.submit);
  await dialog.getByRole('alert').waitFor(); // not by the one who asked
  await isClean(['403', '409']);
  await page.keyboard.press('Escape');
  const entersWith = async (key: string): Promise<void> => {
    await press(session.leave);
    await page.getByLabel(session.keyLabel, { exact: true }).fill(key);
    await press(session.enter);
  };
  await entersWith(service.app.access.createLocalKey('second', ALL_SCOPES));
  await press(solvency.approve);
  await submit(solvency.dialogs.approve.submit);
  await sees(solvency.payout.overridden);
  await press(solvency.endOverride);
  await fill(common.reason, 'the bank has paid it back');
  await submit(solvency.dialogs.end.submit);
  await sees(solvency.payout.halted);
  await entersWith(service.key(...ALL_SCOPES));
  await sees(solvency.payout.halted);
  await isClean();
};
