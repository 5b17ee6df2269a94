import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { formatMoney } from '../../../kernel/money.ts';
import { systemClock } from '../../../platform/clock/system.ts';
import { dateOfDay } from './calendar.ts';
import { matchCommand } from './commands.ts';
import { newDictionary } from './dictionary.ts';
import { lineFile } from './line-file.ts';
import { moneyOf } from './lines.ts';
import { LinesBuilder } from './lines-builder.ts';
import { parsePolicy, policyOf } from './policy.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'plumbline-lines-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const file = (name: string, text: string | Buffer): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const DOCUMENT = { policy: 'p', version: 1, zone: 'Asia/Ho_Chi_Minh', rules: [{ id: 'r', kind: '1:1' }] };
const policy = policyOf(DOCUMENT, 'test');
const all = async (name: string) => {
  const dictionary = newDictionary();
  const builder = new LinesBuilder('external', dictionary);
  await lineFile(name, policy).readInto(builder);
  const lines = builder.build();
  return Array.from({ length: lines.size }, (_, line) => ({
    id: lines.texts.id(line),
    bookedOn: dateOfDay(lines.days[line] ?? 0),
    amount: moneyOf(lines, dictionary, line),
    reference: lines.texts.reference(line),
    counterparty: lines.texts.counterparty(line),
    batch: lines.texts.batch(line),
  }));
};
const read = (name: string, text: string | Buffer) => all(file(name, text));
const HEADER = 'id,booked_on,amount,currency,reference,counterparty\n';

describe('lines in files', () => {
  test('CSV: quotes, commas and line ends in them, a byte order mark, CRLF, no line end at the end', async () => {
    const lines = await read(
      'a.csv',
      `\ufeff${HEADER.trim()}\r\n1,2026-11-25,-12.50,VND,"a ""b"", c","Công\nty"\r\n\r\n2,2026-11-25T17:00:00Z,7,USD,x,`,
    );
    expect(lines).toMatchObject([
      { id: '1', bookedOn: '2026-11-25', reference: 'a "b", c', counterparty: 'Công\nty' },
      { id: '2', bookedOn: '2026-11-26', reference: 'x', counterparty: '' },
    ]);
    expect(lines.map(({ amount }) => formatMoney(amount))).toEqual(['-12.50', '7.00']);
  });

  test('JSON lines, amounts as text', async () => {
    const row = { id: '1', booked_on: '2026-11-25', amount: '12345678901234567890.12', currency: 'VND', batch: 'B' };
    const [line] = await read('a.jsonl', `${JSON.stringify(row)}\n\n`);
    expect(line).toMatchObject({ id: '1', batch: 'B', amount: { minor: 1234567890123456789012n } });
  });

  test.each([
    ['a.csv', `${HEADER}1,2026-11-25,"1.234,50",VND,,\n`, 'a.csv line 2: amount "1.234,50"'],
    ['a.csv', `${HEADER}1,2026-11-25,1.234,VND,,\n`, 'a.csv line 2: amount "1.234"'],
    ['a.csv', `${HEADER}1,25/11/2026,1,VND,,\n`, 'a.csv line 2: booked_on "25/11/2026"'],
    ['a.csv', `${HEADER}1,2026-11-25,1,EUR,,\n`, 'a.csv line 2: currency "EUR"'],
    ['a.csv', `${HEADER},2026-11-25,1,VND,,\n`, 'a.csv line 2: id ""'],
    ['a.csv', `${HEADER}1,2026-11-25,1,50,VND,,\n`, 'a.csv line 2: line'],
    ['a.csv', 'id,amount\n', 'a.csv: header "id,amount": there is no column booked_on'],
    ['a.csv', '', 'a.csv: header'],
    ['a.csv', `${HEADER}1,2026-11-25,1,VND,"open,\n`, 'a.csv line 2: line "1,2026-11-25,1,VND,"open,": the quote'],
    [
      'a.csv',
      `${HEADER}1,2026-11-25,1,VND,5" pipe,\n`,
      'a.csv line 2: line "1,2026-11-25,1,VND,5" pipe,": has a quote',
    ],
    ['a.csv', `${HEADER}1,2026-11-25,1,VND,"a"b,\n`, 'a.csv line 2: line "1,2026-11-25,1,VND,"a"b,": has a quote'],
    [
      'a.csv',
      `${HEADER}"1","2026-11-25","1","VND","a\nb",\n2,2026-11-31,1,VND,,`,
      'a.csv line 4: booked_on "2026-11-31"',
    ],
    ['a.csv', `${HEADER}1,2026-11-25,,VND,,\n`, 'a.csv line 2: amount ""'],
    ['a.csv', `${HEADER}1,2026-11-25,-,VND,,\n`, 'a.csv line 2: amount "-"'],
    ['a.csv', `${HEADER}1,2026-11-25,1.,VND,,\n`, 'a.csv line 2: amount "1."'],
    ['a.csv', `${HEADER}1,2026-11-25,.5,VND,,\n`, 'a.csv line 2: amount ".5"'],
    ['a.csv', `${HEADER}1,2026-11-25,007,VND,,\n`, 'a.csv line 2: amount "007"'],
    ['a.csv', `${HEADER}1,2026-11-25,1e3,VND,,\n`, 'a.csv line 2: amount "1e3"'],
    ['a.csv', `${HEADER}1,2026-11-25,+1,VND,,\n`, 'a.csv line 2: amount "+1"'],
    ['a.csv', `${HEADER}1,2026-11-25,1.001,VND,,\n`, 'a.csv line 2: amount "1.001"'],
    ['a.csv', `${HEADER}1,,1,VND,,\n`, 'a.csv line 2: booked_on ""'],
    ['a.csv', `${HEADER}1,2026-11-25,1,,,\n`, 'a.csv line 2: currency ""'],
    ['a.csv', Buffer.from(`${HEADER}1,2026-11-25,1,VND,C\xf4ng ty,\n`, 'latin1'), 'a.csv line 2: line'],
    ['a.csv', Buffer.from(HEADER, 'utf16le'), 'a.csv: header'],
    ['a.jsonl', '{"id":"1","booked_on":"2026-11-25","amount":1.5,"currency":"VND"}', 'a.jsonl line 1: amount "1.5"'],
    ['a.jsonl', 'nonsense', 'a.jsonl line 1: line'],
    ['a.xlsx', '', 'is not a .csv, .jsonl or .ndjson file'],
  ])('%s is refused with place, field and value: %#', async (name, text, message) => {
    await expect(read(name, text)).rejects.toMatchObject({
      kind: 'invalid',
      message: expect.stringContaining(message),
    });
  });

  test('a file that is not there is said to be unreadable', async () => {
    for (const name of ['none.csv', 'none.jsonl']) {
      await expect(all(join(folder, name))).rejects.toMatchObject({
        code: 'matching.file_unreadable',
      });
    }
  });
});

describe('a policy', () => {
  test('is read from YAML, and every fault is told at once', () => {
    const text =
      'policy: vcb\nversion: 1\nzone: Asia/Ho_Chi_Minh\ntolerance: { VND: "1.00" }\nrules:\n  - { id: a, kind: "1:1" }\n';
    expect(parsePolicy(text, 'vcb.yaml').rules).toMatchObject([{ id: 'a', kind: '1:1', reference: 'equal' }]);
    const wrong = {
      ...DOCUMENT,
      zone: 'Mars',
      holidays: ['2026-09-02'],
      tolerance: { EUR: '1' },
      rules: [
        { id: 'r', kind: '1:1', tolerance: { VND: '-1' } },
        { id: 'r', kind: 'n:1', key: 'batch' },
      ],
    };
    expect(() => policyOf(wrong, 'x')).toThrow(
      expect.objectContaining({
        code: 'matching.policy_invalid',
        faults: ['/zone', '/tolerance', '/rules/0/tolerance', '/rules/1/key', '/rules'].map((pointer) =>
          expect.objectContaining({ pointer }),
        ),
      }),
    );
  });
});

describe('reconcile match', () => {
  const run = async (statement: string, ledger: string) => {
    const out: { code: number; lines: readonly string[]; value: unknown } = { code: 0, lines: [], value: undefined };
    const program = new Command();
    matchCommand(
      program,
      {
        api: () => Promise.reject(new Error('not needed')),
        clock: systemClock,
        answer: (value, lines) => {
          out.value = value;
          out.lines = lines();
        },
        watch: () => Promise.resolve(),
        print: () => undefined,
        exitCode: (code) => {
          out.code = code;
        },
      },
      () => Promise.reject(new Error('not needed')),
    );
    const files = [
      file('s.csv', HEADER + statement),
      file('l.csv', HEADER + ledger),
      file('p.yaml', JSON.stringify(DOCUMENT)),
    ];
    const [s = '', l = '', p = ''] = files;
    await program.parseAsync(['node', 'x', 'match', '--statement', s, '--ledger', l, '--policy', p]);
    return out;
  };

  test('ends with 0 when every line is matched', async () => {
    const out = await run('e1,2026-11-25,1,VND,A1,\n', 'l1,2026-11-25,1,VND,A1,\n');
    expect(out).toMatchObject({ code: 0, value: { complete: true, matches: 1 } });
  });

  test('ends with 2 and prints what is left, line by line', async () => {
    const out = await run(
      'e1,2026-11-25,1,VND,A1,\ne2,2026-11-25,2,VND,A2,An\n',
      'l1,2026-11-25,1,VND,A1,\nl2,2026-11-25,1,VND,A1,\n',
    );
    expect(out.code).toBe(2);
    const text = out.lines.join('\n');
    expect(text).toMatch(/unmatched +statement +2026-11-25 +e2 +2 VND +A2 +An/);
    expect(text).toMatch(/ambiguous 1 +statement +2026-11-25 +e1/);
    expect(text).toMatch(/ambiguous 1 +ledger +2026-11-25 +l2/);
    expect(out.value).toMatchObject({
      ambiguous: [{ rule: 'r', reason: 'equally_good', external: ['e1'], ledger: ['l1', 'l2'] }],
    });
  });
});
