/** The audit log and the merchants' page: what is found, and what is verified in the browser. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { seriousOf } from '../../support/console.ts';
import type { Hands, Running, Task } from './hands.ts';

const VECTORS = z
  .looseObject({ key: z.string(), proof: z.looseObject({ merchant: z.string() }) })
  .parse(JSON.parse(readFileSync('docs/verify/liability-vectors.json', 'utf8')));
const PROOF = JSON.stringify(VECTORS.proof);

export const findsEntry: Task = async ({ ui, page, words, press, sees, isClean }) => {
  const { audit } = words;
  await ui.open('/audit');
  await page.getByLabel(audit.stream, { exact: true }).selectOption('reconciliation_logs');
  await press(audit.search);
  await page.getByRole('cell', { name: 'update' }).first().waitFor();
  await page.getByRole('row').nth(1).getByRole('link').nth(1).click();
  await page.locator('ins').first().waitFor();
  await press(audit.verifyNow);
  await page.locator('[data-verified=holds]').waitFor();
  await isClean();
  await ui.open('/audit/records/reconciliation_logs/00000000-0000-4000-8000-000000000009');
  await sees(audit.noHistory);
};

export const verifiesLog: Task = async ({ ui, page, words, press, isClean }) => {
  await ui.open('/audit/verify');
  await press(words.audit.verifyNow);
  await page.locator('[data-verified=holds]').waitFor();
  await isClean();
};

async function verdictOf(
  { page, words, press }: Hands,
  text: string,
  key = VECTORS.key,
  merchant = VECTORS.proof.merchant,
): Promise<string | null> {
  const { proof } = words;
  await page.getByLabel(proof.paste, { exact: true }).fill(text);
  await page.getByLabel(proof.key, { exact: true }).fill(key);
  await page.getByLabel(proof.merchant, { exact: true }).fill(merchant);
  await press(proof.verify);
  return page.locator('[data-proof]').getAttribute('data-proof');
}

const SUM = { en: '₫10', vi: '10 ₫' } as const;

export const verifiesProof: Task = async (hands) => {
  const { ui, look, sees, isClean } = hands;
  await ui.open('/proof');
  expect(await verdictOf(hands, PROOF.slice(0, PROOF.length / 2))).toBe('malformed');
  expect(await verdictOf(hands, PROOF)).toBe('holds');
  await sees(SUM[look.language]);
  await isClean();
};

/** Once the page is there, it needs no network; a spoilt proof and a wrong one are told apart from one that holds. */
export async function verifiesAlone(merchant: Hands): Promise<void> {
  const { context, complaints } = merchant.ui;
  await context.setOffline(true);
  expect(await verdictOf(merchant, PROOF)).toBe('holds');
  expect(await seriousOf(merchant.page)).toEqual([]);
  expect(await verdictOf(merchant, PROOF.replace('"available":"1000"', '"available":"9000"'))).toBe('refuted');
  expect(await verdictOf(merchant, PROOF, VECTORS.key, '00000000-0000-4000-8000-000000000009')).toBe('refuted');
  expect(await verdictOf(merchant, PROOF, 'AAAA')).toBe('refuted');
  expect(complaints).toEqual([]);
  await context.setOffline(false);
}

export function auditSuite(running: () => Running): void {
  test('a log that is not what it was is called a fork; another key has not signed it', async () => {
    const { ui, page, words, press, sees } = await running().hands({ language: 'en', theme: 'dark' });
    await ui.open('/audit/verify');
    await press(words.audit.verifyNow);
    await page.locator('[data-verified=holds]').waitFor();
    const kept = await page.evaluate(() => {
      const [name = ''] = Object.keys(localStorage).filter((each) => each.startsWith('plumbline.verified'));
      const before = localStorage.getItem(name) ?? '';
      localStorage.setItem(name, before.replace(/"root":"../, '"root":"ff'));
      return { name, before };
    });
    await page.reload();
    await press(words.audit.verifyNow);
    await page.locator('[data-verified=broken]').waitFor();
    await sees(words.audit.faults.fork);
    await page.evaluate(({ name, before }) => localStorage.setItem(name, before), kept);
    await page.getByLabel(words.audit.vkey).fill('localhost/log+00000000+AAAA');
    await press(words.audit.verifyNow);
    await sees(words.audit.faults.signature);
    await page.evaluate(() => {
      for (const name of Object.keys(localStorage))
        if (name.startsWith('plumbline.vkey')) localStorage.removeItem(name);
    });
  });
}
