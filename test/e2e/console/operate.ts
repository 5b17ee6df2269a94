/** What operators do with the archive, keys, jobs and settings. */
import { sql } from 'kysely';
import { expect } from 'vitest';
import type { Task } from './hands.ts';

const ZONE = '(Asia/Ho_Chi_Minh)';

export const archivesTable: Task = async (hands, { db }) => {
  const { ui, page, words, mine, dialog, press, fill, choose, submit, sees, isClean } = hands;
  const { archive, common } = words;
  const table = `old_${mine}`;
  const row = { name: `public.${table}` };
  await sql`CREATE TABLE ${sql.table(table)} (id bigint PRIMARY KEY, note text NOT NULL, created_at timestamptz NOT NULL)`.execute(
    db.sql,
  );
  await sql`INSERT INTO ${sql.table(table)} SELECT n, 'row ' || n, '2024-03-01'::timestamptz + n * interval '1 hour'
    FROM generate_series(1, 300) AS n`.execute(db.sql);
  await ui.open('/archive');
  await press(archive.newPolicy);
  await fill(archive.table, row.name);
  await fill(archive.ageDays, '0');
  await submit(common.save);
  await dialog.getByText('write 1 or more').first().waitFor();
  await isClean(['422']);
  await fill(archive.ageDays, '90');
  await submit(common.save);
  await page.getByRole('link', row).first().click();
  await press(archive.run);
  await page.getByRole('row', row).getByText(archive.runStates.done, { exact: true }).waitFor();
  await ui.open('/jobs'); // another page, for its lists to be asked anew
  await ui.open('/archive');
  await press(archive.verify);
  await sees(archive.sound);
  await press(archive.compare);
  await sees(archive.manifests);

  await press(archive.restore);
  await fill(archive.table, row.name);
  await fill(`${common.from} ${ZONE}`, '2024-03-01T00:00');
  await fill(`${common.to} ${ZONE}`, '2024-04-01T00:00');
  await submit(archive.quote);
  expect(await page.locator('[data-quote]').innerText()).toMatch(/USD|\$/);
  await choose(archive.tier, 'Bulk'); // that is another price
  await page.locator('[data-quote]').waitFor({ state: 'detached' });
  await submit(archive.quote);
  await page.locator('[data-quote]').waitFor();
  await isClean();
  await submit(archive.startRestore);
  const restore = page.getByRole('row', row).filter({ hasText: archive.purposes.land });
  await restore.getByText('Bulk').first().waitFor();
};

export const makesKey: Task = async (hands) => {
  const { ui, page, words, mine, dialog, press, fill, choose, submit, isClean } = hands;
  const { keys } = words;
  await ui.open('/keys');
  await press(keys.make);
  await fill(keys.name, mine);
  await choose(keys.role, 'viewer');
  await fill(keys.owner, 'an');
  await dialog.getByLabel('rates:read').check();
  await isClean();
  await submit(keys.make);
  expect(await page.locator('[data-secret]').textContent()).toMatch(/^pl_/);
  await press(keys.kept);
  expect(await page.locator('[data-secret]').count()).toBe(0);
  await press(`${keys.revoke} ${mine}`);
  await submit(keys.revoke);
  await page.getByRole('row', { name: mine }).getByText(keys.states.revoked, { exact: true }).waitFor();
};

export const readsJobsAndSettings: Task = async ({ ui, page, words, sees, isClean }) => {
  await ui.open('/jobs');
  await sees(words.jobs.kinds.reconciliation);
  await page.getByRole('button', { name: words.solvency.runNow }).waitFor();
  await ui.open('/settings');
  await page.getByLabel(words.settings.name, { exact: true }).fill('notify_');
  await page.getByRole('cell', { name: words.settings.hidden }).waitFor();
  expect(await page.getByRole('table').innerText()).not.toMatch(/[0-9a-f]{64}/);
  await isClean();
};
