/** A theft as operations meets it: what the command line and the API say of it. */
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addDays } from '../../src/kernel/business-date.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { bookFile } from '../support/book-file.ts';
import { LEDGERED_BOOK, openPlatform } from '../support/ledgered.ts';
import { sharedPglite } from '../support/pglite.ts';
import { plumbline } from '../support/program.ts';

let db: Db;
let service: TestApp;
let bank: { id: string };
let yesterday: string;

beforeAll(async () => {
  db = await sharedPglite('migrated');
  service = await startApp({ db, env: { RECONCILIATION_BOOK: bookFile(LEDGERED_BOOK) } });
  const platform = await openPlatform(db);
  const today = service.app.reconciliation.today();
  yesterday = addDays(today, -1);
  const at = `${yesterday}T05:00:00Z`;
  await platform.move({ debit: 'operating', credit: 'fees', amount: '90000', at: `${addDays(today, -9)}T05:00:00Z` });
  await service.post('/v1/reconciliations', { business_date: addDays(today, -2) });
  await platform.move({ debit: 'operating', credit: 'fees', amount: '500', at });
  await platform.move({ debit: 'rent', credit: 'operating', amount: '200', at });
  await platform.take('operating', '-70000');
  await service.post('/v1/reconciliations', { business_date: yesterday });
  const { data } = (await service.request('/v1/reconciliation-breaks')).body as { data: { id: string; key: string }[] };
  bank = data.find(({ key }) => key === 'native/bank') ?? { id: 'none' };
});
afterAll(async () => {
  await service.close();
  await db.close();
});

const run = (...args: string[]) =>
  plumbline(args, {
    PLUMBLINE_URL: service.url,
    PLUMBLINE_API_KEY: service.key('reconciliation:read', 'reconciliation:accept'),
  });

test('breaks name the account and their age; the drill-down shows what no entry explains', async () => {
  const listed = await run('reconcile', 'breaks');
  expect(listed.stderr).toBe('');
  expect(listed.stdout).toMatch(
    new RegExp(`${yesterday} +\\d+ +open +native/bank +operating +-70000\\.00 VND +${bank.id}`),
  );
  const drilled = await run('reconcile', 'drill', yesterday, 'bank', '--limit', '1');
  expect(drilled.stdout).toMatch(/Bank, account operating, in VND/);
  expect(drilled.stdout).toMatch(/observed +90000\.00 +20300\.00 +-69700\.00/);
  expect(drilled.stdout).toMatch(/2 entries +300\.00/);
  expect(drilled.stdout).toMatch(/no entry explains +-70000\.00/);
  const cursor = /--cursor (\S+)/.exec(drilled.stdout)?.[1] ?? '';
  const rest = await run('--json', 'reconcile', 'drill', yesterday, 'bank', '--cursor', cursor);
  expect(JSON.parse(rest.stdout)).toMatchObject({
    data: [{ amount: expect.stringMatching(/^(500|-200)\./) }],
    next: null,
  });
  const compared = await run('reconcile', 'compare', yesterday);
  expect(compared.stdout).toMatch(/bank +-69700\.00 VND +90000\.00 +20300\.00 +-69700\.00/);
  expect(compared.stdout).toContain('break opened: native/bank, -70000.00 VND');
});

test('accepting takes a scope, a reason and a time to come', async () => {
  const path = `/v1/reconciliation-breaks/${bank.id}/accept`;
  const reader = { authorization: `Bearer ${service.key('reconciliation:read', 'reconciliation:run')}` };
  expect((await service.post(path, { reason: 'x' }, reader)).status).toBe(403);
  expect((await service.post(path, {})).body).toMatchObject({ status: 422 });
  expect((await service.post(path, { reason: 'x', until: '2001-01-01T00:00:00Z' })).body).toMatchObject({
    ...{ status: 422, code: 'breaks.until_past', errors: [{ pointer: '/until' }] },
  });
  expect((await service.post(path, { reason: 'x', up_to: '-1' })).body).toMatchObject({ code: 'breaks.up_to_less' });
  const accepted = await run('reconcile', 'breaks', 'accept', bank.id, '--reason', 'known to the police');
  expect(accepted.stdout).toMatch(/accepted +native\/bank .* known to the police/);
  expect((await run('reconcile', 'breaks', 'list', '--state', 'accepted')).stdout).toContain(bank.id);
  const shown = await run('reconcile', 'breaks', 'show', bank.id);
  expect(shown.stdout).toMatch(/opened +-70000\.00 +report /);
  expect(shown.stdout).toMatch(/accepted +-70000\.00 .* known to the police/);
  const { rows } = await sql`SELECT actor FROM reconciliation_break_events WHERE event = 'accepted'`.execute(db.sql);
  expect(rows).toEqual([{ actor: expect.stringMatching(/\w/) }]);
});

test('pages run from the newest to the oldest, and a strange cursor is refused', async () => {
  type Page = { data: { id: string }[]; next: string | null };
  const first = (await service.request('/v1/reconciliation-breaks?limit=1')).body as Page;
  const second = (await service.request(`/v1/reconciliation-breaks?limit=1&cursor=${first.next}`)).body as Page;
  expect([first.data.length, second.data.length, second.next]).toEqual([1, 1, null]);
  expect(second.data[0]?.id).not.toBe(first.data[0]?.id);
  expect((await service.request('/v1/reconciliation-breaks?cursor=x')).body).toMatchObject({
    code: 'page.cursor_malformed',
  });
  const reports = (await service.request('/v1/reconciliations?limit=1')).body as Page;
  const movements = `/v1/reconciliations/${reports.data[0]?.id}/lines/bank/movements`;
  expect((await service.request(`${movements}?cursor=x`)).body).toMatchObject({ code: 'page.cursor_malformed' });
  expect((await service.request(movements.replace('bank', 'boat'))).body).toMatchObject({
    ...{ status: 404, code: 'reconciliation.line_unknown' },
  });
});
