import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { inProcessApi } from '../../src/apps/cli/api.ts';
import { reconcileCommands } from '../../src/features/reconciliation/commands.ts';
import { verifyBundle } from '../../src/features/reconciliation/evidence/verify.ts';
import { publicKeyOf } from '../../src/features/reconciliation/signing.ts';
import { systemRandom } from '../../src/platform/clock/system.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { bookFile } from '../support/book-file.ts';
import { evidenceBook } from '../support/evidence.ts';
import { pdfText } from '../support/pdf-text.ts';
import { sharedPglite } from '../support/pglite.ts';
import { plumbline } from '../support/program.ts';
import { runHere } from '../support/run-here.ts';

const REPORT = z.looseObject({
  id: z.string(),
  business_date: z.string(),
  report_hash: z.string(),
  ...{ total_assets_vnd: z.string(), total_liabilities_vnd: z.string(), difference_vnd: z.string() },
  report: z.looseObject({
    lines: z.array(z.looseObject({ id: z.string(), amount: z.string(), value_vnd: z.string() })),
    truth: z.looseObject({
      ...{ net_low_vnd: z.string(), net_vnd: z.string(), unexplained_vnd: z.string() },
      breaks: z.array(z.looseObject({ amount: z.string() })),
    }),
  }),
});

describe('a report for people and for auditors', () => {
  let app: TestApp;
  let report: z.output<typeof REPORT>;
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-reports-'));
  beforeAll(async () => {
    const db = await sharedPglite('migrated');
    app = await startApp({ db, env: { RECONCILIATION_BOOK: bookFile(evidenceBook()) } });
    const { body } = await app.post('/v1/reconciliations', { business_date: '2026-03-01' });
    report = REPORT.parse(body);
  });
  afterAll(async () => {
    await app.close();
    rmSync(folder, { recursive: true });
  });
  const cli = (...args: readonly string[]) =>
    runHere(reconcileCommands, inProcessApi(app.app.server, app.key('reconciliation:read'), systemRandom), args);
  const pdf = async (lang: string): Promise<Buffer> => {
    const response = await fetch(`${app.url}/v1/reconciliations/${report.id}/report.pdf?lang=${lang}`, {
      headers: { authorization: `Bearer ${app.key('reconciliation:read')}` },
    });
    expect(response.headers.get('content-type')).toBe('application/pdf');
    return Buffer.from(await response.arrayBuffer());
  };

  test.each([
    ['en', ',', '.', ['Solvency report', 'SURPLUS', 'Observed assets less liabilities', 'Ví nóng TRON']],
    [
      'vi',
      '.',
      ',',
      ['Báo cáo khả năng thanh toán', 'THẶNG DƯ', 'Ngày nghiệp vụ', 'Chưa giải thích được', 'Ví nóng TRON'],
    ],
  ])('the PDF in %s has the figures of the API, to the last digit', async (lang, group, point, words) => {
    const bytes = await pdf(lang);
    const text = pdfText(bytes);
    // Numbers as this language writes them, back in the API's form; shortest, for zeros at the end say nothing.
    const plain = (figure: string): string => figure.replaceAll(group, '').replace(point, '.');
    const shortest = (figure: string): string => figure.replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '');
    const shown = new Set([...text.matchAll(/-?\d[\d.,]*\d/g)].map(([figure]) => shortest(plain(figure))));
    const { truth, lines } = report.report;
    const figures = [
      ...[report.total_assets_vnd, report.total_liabilities_vnd, report.difference_vnd],
      ...[truth.net_low_vnd, truth.net_vnd, truth.unexplained_vnd],
      ...lines.flatMap(({ amount, value_vnd }) => [amount, value_vnd]),
      ...truth.breaks.map(({ amount }) => amount),
    ];
    expect(figures.filter((figure) => !shown.has(shortest(figure)))).toEqual([]);
    for (const word of [...words, report.business_date, report.id, report.report_hash]) {
      expect(text.replaceAll('\n', ' '), word).toContain(word);
    }
    expect(text).not.toContain('\ufffd');
    expect((await pdf(lang)).equals(bytes)).toBe(true);
  });

  test('the CSV has every line with its exact amounts', async () => {
    const { text, headers } = await app.request(`/v1/reconciliations/${report.id}/report.csv`);
    expect(headers.get('content-disposition')).toBe('attachment; filename="reconciliation-test-2026-03-01-1.csv"');
    expect(text.startsWith('business_date,')).toBe(true);
    const rows = z.array(z.record(z.string(), z.string())).parse(parse(text, { columns: true }));
    expect(rows.filter(({ section }) => section === 'line')).toMatchObject(
      report.report.lines.map(({ id, amount, value_vnd }) => ({ id, amount, value_vnd })),
    );
    expect(rows.find(({ id }) => id === 'difference')?.value_vnd).toBe(report.difference_vnd);
    expect(rows.find(({ section, id }) => section === 'total' && id === 'unexplained')?.value_vnd).toBe(
      report.report.truth.unexplained_vnd,
    );
    const marked = await fetch(`${app.url}/v1/reconciliations/${report.id}/report.csv?bom=true`, {
      headers: { authorization: `Bearer ${app.key('reconciliation:read')}` },
    });
    expect(
      Buffer.from(await marked.arrayBuffer())
        .subarray(0, 3)
        .toString('hex'),
    ).toBe('efbbbf');
  });

  test('the bundle over HTTP verifies with the key that the service names', async () => {
    const key = z
      .object({ pem: z.string() })
      .loose()
      .parse((await app.request('/v1/reconciliations/signing-key')).body);
    const { text, status } = await app.request(`/v1/reconciliations/${report.id}/bundle.json`);
    expect(status).toBe(200);
    expect(verifyBundle(text, publicKeyOf(key.pem, 'the key'))).toMatchObject({ ok: true, reports: 1 });
    expect(app.answers).toContain('GET /v1/reconciliations/:id/bundle.json 200');
    const year = await app.request('/v1/reconciliations/bundle?year=2026');
    expect(verifyBundle(year.text)).toMatchObject({ ok: true, from: '2026-03-01', to: '2026-03-01' });
  });

  test('what cannot be given is refused with what to do', async () => {
    const code = async (path: string) => z.looseObject({ code: z.string() }).parse((await app.request(path)).body).code;
    expect(await code('/v1/reconciliations/bundle')).toBe('reconciliation.bundle_of_what');
    expect(await code('/v1/reconciliations/bundle?year=1999')).toBe('reconciliation.no_report');
    expect(await code(`/v1/reconciliations/${report.id}/report.pdf?lang=fr`)).toBe('request.invalid');
    const unknown = '00000000-0000-7000-8000-000000000000';
    expect(await code(`/v1/reconciliations/${unknown}/report.pdf`)).toBe('reconciliation.unknown');
  });

  test('on the command line: export, bundle, and verify offline', async () => {
    const files = Object.fromEntries(
      ['report.pdf', 'report.csv', 'bundle.json', 'key.pem', 'bad.json'].map((name) => [name, join(folder, name)]),
    );
    const file = (name: string): string => files[name] ?? '';
    const done = [
      await cli('reconcile', 'export', '2026-03-01', '--lang', 'en', '-o', file('report.pdf')),
      await cli('reconcile', 'export', report.id, '--format', 'csv', '-o', file('report.csv')),
      await cli('reconcile', 'bundle', '2026-03-01', '-o', file('bundle.json')),
    ];
    expect(done.map(({ status, stderr }) => [status, stderr])).toEqual(done.map(() => [0, '']));
    expect(readFileSync(file('report.pdf')).equals(await pdf('en'))).toBe(true);
    const key = await cli('reconcile', 'key');
    writeFileSync(file('key.pem'), key.stdout);
    // Verification knows nothing of the service.
    const sound = await plumbline(['reconcile', 'verify', file('bundle.json'), '--key', file('key.pem')]);
    expect(sound).toMatchObject({ status: 0, stdout: expect.stringContaining('sound: 1 report of book test') });
    const text = readFileSync(file('bundle.json'), 'utf8');
    writeFileSync(file('bad.json'), text.replace('"amount":"70000000.50"', '"amount":"70000000.51"'));
    const bad = await cli('reconcile', 'verify', file('bad.json'));
    expect(bad).toMatchObject({ status: 2, stdout: expect.stringMatching(/DOES NOT HOLD\n {2}report 2026-03-01: /) });
    const again = await cli('reconcile', 'bundle', '2026', '-o', file('bundle.json'));
    expect(again).toMatchObject({ status: 4, stderr: expect.stringContaining('usage.file_unwritable') });
    expect(await cli('reconcile', 'bundle', 'today', '-o', file('x'))).toMatchObject({ status: 4 });
    expect(
      statSync(join(app.app.config.values.PLUMBLINE_DATA, 'reconciliation', 'reconciliation-key.pem')).mode & 0o777,
    ).toBe(0o600);
  });
});
