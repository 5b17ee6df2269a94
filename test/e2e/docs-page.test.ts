import { expect, test } from 'vitest';
import { startApp } from '../support/app.ts';
import { findChromium, openBrowser } from '../support/browser.ts';
import { sharedPglite } from '../support/pglite.ts';

const chromium = findChromium();

test.skipIf(chromium === undefined)(
  'the API can be browsed: every operation, no error, no other host',
  async () => {
    const db = await sharedPglite('migrated');
    const service = await startApp({ db });
    const browser = await openBrowser(chromium ?? '');
    try {
      const page = await browser.newPage();
      const complaints: string[] = [];
      page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
      page.on('pageerror', (error) => complaints.push(error.message));
      page.on('request', (request) => {
        const { protocol } = new URL(request.url());
        if (protocol.startsWith('http') && !request.url().startsWith(service.url))
          complaints.push(`asks for ${request.url()}`);
      });
      await page.goto(`${service.url}/docs`);
      await page.locator('.opblock-tag').first().waitFor();
      let shown = 0;
      for (const tag of await page.locator('.opblock-tag-section').all()) {
        await tag.locator('.opblock-tag').click();
        await tag.locator('.opblock').first().waitFor();
        shown += await tag.locator('.opblock').count();
        await tag.locator('.opblock-tag').click();
      }
      const { paths } = service.app.server.swagger();
      expect(shown).toBe(Object.values(paths ?? {}).flatMap((methods) => Object.keys(methods ?? {})).length);
      await page.locator('.opblock-tag', { hasText: /^rates/ }).click();
      await page.getByRole('link', { name: '/v1/rates/{base}/{quote}', exact: true }).click();
      await page.getByText('RFC 9457 problem').first().waitFor();
      expect(complaints).toEqual([]);
    } finally {
      await browser.close();
      await service.close();
      await db.close();
    }
  },
  60_000,
);
