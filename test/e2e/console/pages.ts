/** Every page in every look, on a desk and on a phone: its title, no complaint, nothing serious by axe, nothing cut off. */
import { expect, test } from 'vitest';
import { z } from 'zod';
import { titleOf } from '../../../web/src/pages/incidents/title.ts';
import { type Look, seriousOf, settle } from '../../support/console.ts';
import { type Hands, type Running, WORDS, type Words } from './hands.ts';

type PageOf = readonly [address: string, title: (words: Words) => string];

const DESK = { width: 1280, height: 900 };
const PHONE = { width: 360, height: 740 };
const ALL = process.env.PLUMBLINE_TEST_LOOKS === 'all';
const LANGUAGES = ['vi', 'en'] as const;
const THEMES = ['light', 'dark'] as const;

/** One of each list, where there is one: the tests of tasks have made it. */
const ONE = z.looseObject({
  data: z.tuple(
    [z.looseObject({ id: z.string(), event: z.string().exactOptional(), label: z.string().exactOptional() })],
    z.unknown(),
  ),
});

async function pagesOf({ service, reports }: Running): Promise<readonly PageOf[]> {
  const first = async (list: string) => ONE.parse((await service.request(list)).body).data[0];
  const [report] = reports.slice(-1);
  const [incident, notification, endpoint, oneBreak, quote] = await Promise.all([
    first('/v1/incidents'),
    first('/v1/notifications'),
    first('/v1/notification-endpoints'),
    first('/v1/reconciliation-breaks'),
    service
      .request('/v1/rates/USDT/VND')
      .then(({ body }) => z.looseObject({ quote_id: z.string() }).parse(body).quote_id),
  ]);
  return [
    ['/', ({ overview }) => overview.title],
    ['/solvency', ({ solvency }) => solvency.title],
    [`/solvency/runs/${report}`, ({ solvency }) => solvency.report],
    [`/solvency/runs/${report}/compare`, ({ solvency }) => solvency.compareTitle],
    [`/solvency/runs/${report}/lines/pool`, ({ solvency }) => solvency.movements],
    ['/solvency/breaks', ({ solvency }) => solvency.breaks],
    [`/solvency/breaks/${oneBreak.id}`, ({ solvency }) => solvency.oneBreak],
    ['/solvency/payouts', ({ solvency }) => solvency.payouts],
    ['/solvency/proofs', ({ proof }) => proof.listTitle],
    ['/proof', ({ proof }) => proof.title],
    ['/rates', ({ rates }) => rates.rate],
    [`/rates/quotes/${quote}`, ({ rates }) => rates.quote],
    ['/audit', ({ audit }) => audit.title],
    ['/audit/entries/0', ({ audit }) => audit.atEntry('0')],
    ['/audit/verify', ({ audit }) => audit.verifyTitle],
    [`/audit/records/reconciliation_logs/${report}`, ({ audit }) => audit.record],
    ['/incidents', ({ incidents }) => incidents.title],
    [`/incidents/${incident.id}`, (words) => titleOf(incident.event ?? '', words)],
    ['/notifications', ({ notifications }) => notifications.title],
    [`/notifications/${notification.id}`, (words) => titleOf(notification.event ?? '', words)],
    [`/notifications/endpoints/${endpoint.id}`, () => endpoint.label ?? ''],
    ['/notifications/templates', ({ notifications }) => notifications.templates],
    ['/approvals', ({ approvals }) => approvals.title],
    ['/archive', ({ archive }) => archive.title],
    ['/keys', ({ keys }) => keys.title],
    ['/jobs', ({ jobs }) => jobs.title],
    ['/settings', ({ settings }) => settings.title],
    ['/service', ({ service: it }) => it.title],
    ['/sandbox', ({ sandbox }) => sandbox.title],
    ['/nowhere', ({ missing }) => missing.title],
  ];
}

type State = Look & { readonly size: typeof DESK };

/** Each language, each theme and each width; all combinations of them where all looks are wanted. */
const statesOf = (at: number): readonly State[] =>
  ALL
    ? LANGUAGES.flatMap((language) =>
        THEMES.flatMap((theme) => [DESK, PHONE].map((size) => ({ language, theme, size }))),
      )
    : [
        { language: 'vi', theme: 'light', size: at % 2 === 0 ? DESK : PHONE },
        { language: 'en', theme: 'dark', size: at % 2 === 0 ? PHONE : DESK },
      ];

/** It is opened once; its language, theme and width change while it stands there. */
async function look({ ui, page }: Hands, [address, title]: PageOf, states: readonly State[]): Promise<void> {
  await ui.open(address);
  for (const { language, theme, size } of states) {
    const where = `${address} ${language} ${theme} ${size.width}`;
    await page.setViewportSize(DESK); // where the languages are in sight
    await page.getByRole('button', { name: language.toUpperCase(), exact: true }).click();
    await page.emulateMedia({ colorScheme: theme });
    await page.setViewportSize(size);
    await page.locator('h1', { hasText: title(WORDS[language]) }).waitFor();
    await settle(page);
    // A chart takes the new width in the frame after.
    await expect
      .poll(() => page.evaluate(() => document.documentElement.scrollWidth), { message: where })
      .toBeLessThanOrEqual(size.width);
    // What stands around the pages is the same on each.
    expect(await seriousOf(page, address === '/' || size === DESK ? 'document' : 'main'), where).toEqual([]);
    expect(ui.complaints.splice(0), where).toEqual([]);
  }
  await page.setViewportSize(DESK);
}

export function pagesSuite(running: () => Running): void {
  test('each page in both languages and themes, on a desk and on a phone', async () => {
    const pages = await pagesOf(running());
    const hands = await running().hands({ language: 'vi', theme: 'light' });
    hands.ui.complaints.splice(0); // of what the tasks before were refused on purpose
    for (const [at, each] of pages.entries()) await look(hands, each, statesOf(at));
    await hands.press('VI');
    await hands.page.emulateMedia({ colorScheme: 'light' });
  }, 240_000);
}
