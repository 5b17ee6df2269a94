import { expect, test } from 'vitest';
import { reportCsv, safeCell } from './csv.ts';
import { REPORT_DOCUMENT } from './document.ts';

test.each([
  ['=HYPERLINK("http://x")', '\'=HYPERLINK("http://x")'],
  ['+1+1', "'+1+1"],
  ['-cmd', "'-cmd"],
  ['@SUM(A1)', "'@SUM(A1)"],
  [' =1', "' =1"],
  ['\t=1', "'\t=1"],
  ['＝1', "'＝1"],
  ['-100.25', '-100.25'],
  ['Bank, "main"', 'Bank, "main"'],
])('%j goes into a spreadsheet as %j', (text, cell) => {
  expect(safeCell(text)).toBe(cell);
});

test('an attempt without a verdict has empty cells, not zeros, and says why', () => {
  const document = REPORT_DOCUMENT.parse({
    ...{ id: 'r', book: 'test', business_date: '2026-03-01', attempt: 2, supersedes: null, status: 'error' },
    ...{ total_assets_vnd: null, total_liabilities_vnd: null, difference_vnd: null, tolerance_vnd: '1000.00' },
    ...{ error_message: '=2+2: "no answer",\nat all', report_hash: null, report: null },
    ...{ started_at: '2026-03-02T00:05:00Z', reconciled_at: '2026-03-02T00:05:01Z' },
  });
  const lines = reportCsv(document).split('\r\n');
  expect(lines[1]).toBe('2026-03-01,r,2,error,total,total_assets,,,,VND,,,,,,,,,,');
  expect(reportCsv(document)).toContain('"\'=2+2: ""no answer"",\nat all"\r\n');
  expect(reportCsv(document, { bom: true }).startsWith('\ufeffbusiness_date,')).toBe(true);
});
