import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { bookFile } from '../support/book-file.ts';
import { type Child, start, stop } from '../support/child.ts';
import { madeDataFolder } from '../support/pglite.ts';
import { environment, PROGRAM, plumblineSync as plumbline } from '../support/program.ts';
import { bookText, twoSided } from '../support/reconciliation.ts';
import { openServed, type Served } from '../support/served.ts';

const folders: string[] = [];
const newFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-program-'));
  folders.push(folder);
  return folder;
};
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

describe('npm start', () => {
  const folder = newFolder();
  const env = { PLUMBLINE_DATA: folder, PLUMBLINE_PORT: '0' };
  const children: Child[] = [];
  afterAll(() => Promise.all(children.map((child) => stop(child)))); // also where an expectation failed
  const startSandbox = (): Child => {
    const child = start(process.execPath, [PROGRAM, 'sandbox', 'start'], { env: environment(env) });
    children.push(child);
    return child;
  };
  const reconcile = (...args: string[]) => plumbline(['reconcile', 'run', '--again', ...args], env);

  test('shows rate, books, address, key and what to try; resumes; is alone on its folder', async () => {
    const first = startSandbox();
    await first.said('Ctrl-C ends it.', 60_000);
    const shown = first.output();
    expect(shown).toMatch(/every provider is well +25934\.21778743 +coingecko +fresh/);
    expect(shown).toMatch(
      /CoinGecko hangs: one byte a second +259\d\d\.\d+ +[a-z -]+\(coingecko timeout\) +fresh, corroborated/,
    );
    expect(shown).toMatch(/its circuit breaker is open.*\(coingecko skipped-open\)/);
    expect(shown).toMatch(/CoinGecko lies by 3 %.*\(coingecko rejected\)/);
    expect(shown).toMatch(/USDT falls by 4 %.* 24896\.84907593 /);
    expect(shown).toMatch(/every provider is dead.*last known good.*stale, 18\d\d s old/);
    expect(shown).toMatch(/USDT\/VND {2}25934\.21778743/);
    expect(shown).toMatch(/source {2}coingecko/);
    expect(shown).toMatch(/Hot wallet TRON +[\d,.]+ USDT +25934\.21778743 +[\d,.]+/);
    expect(shown).toMatch(/Difference +[\d,]+\.\d\d\n/);
    expect(shown).toContain('VERDICT  SURPLUS');
    expect(shown).toMatch(/address +http:\/\/127\.0\.0\.1:\d+/);
    expect(shown).toMatch(/key +pl_/);

    const second = plumbline(['sandbox', 'start'], env);
    expect(second).toMatchObject({ status: 7, stdout: '' });
    expect(second.stderr.trimEnd().split('\n')).toEqual([expect.stringContaining(`${folder} is in use by process`)]);

    // The commands that it names, against the running service.
    expect(plumbline(['sandbox', 'steal', 'bank', '20000000000'], env).stdout).toContain(
      'STOLEN from vnd_pool: 20000000000 VND',
    );
    const deficit = reconcile();
    expect(deficit.status).toBe(2);
    expect(deficit.stdout).toContain('VERDICT  DEFICIT');
    await first.said('"code":"reconciliation.deficit"');
    expect(plumbline(['sandbox', 'outage', 'treasury_wallets'], env).status).toBe(0);
    const unknown = reconcile('--json');
    expect(unknown.status).toBe(3);
    expect(JSON.parse(unknown.stdout)).toMatchObject({ status: 'error', total_assets_vnd: null, difference_vnd: null });
    expect(plumbline(['sandbox', 'depeg', '96'], env).stdout).toContain('USDT OFF ITS PEG: worth 96 %');
    expect(plumbline(['sandbox', 'depeg', 'twice'], env).status).toBe(4);
    const mended = plumbline(['sandbox', 'mend'], env);
    expect(mended.status).toBe(0);
    expect(mended.stdout).not.toContain('PEG');
    expect(reconcile().status).toBe(0);
    expect(plumbline(['sandbox', 'steal', 'tron', '1e9'], env)).toMatchObject({
      status: 4,
      stderr: expect.stringContaining('plain decimal'),
    });
    expect(plumbline(['sandbox', 'fault', 'coingecko', 'dead'], env).stdout).toContain('provider coingecko: dead');

    first.process.kill('SIGINT');
    expect(await first.exited).toMatchObject({ code: 0, signal: null });
    expect(first.output()).toContain('Everything is kept');

    const third = startSandbox();
    await third.said('Ctrl-C ends it.', 60_000);
    expect(third.output()).toContain('Resumed the sandbox');
    const attempts = JSON.parse(plumbline(['reconcile', 'list', '--json'], env).stdout) as { started_by: string }[];
    expect(attempts.filter(({ started_by }) => started_by !== 'schedule')).toHaveLength(4);
    await stop(third, 'SIGTERM');
    expect(await third.exited).toMatchObject({ code: 0 });
  }, 180_000);
});

describe('config check', () => {
  test('nine faults are nine lines, without a secret', () => {
    const { status, stdout, stderr } = plumbline(['config', 'check'], {
      DATABASE_URL: 'mysql://root:hunter2@db/x',
      REDIS_URL: 'localhost',
      PLUMBLINE_PORT: '80a',
      LOG_LEVEL: 'loud',
      RECONCILIATION_TOLERANCE: '1,000',
      RECONCILIATION_TOLERENCE: '1000',
      RECONCILIATION_SCHEDULE: 'daily',
      COINGECKO_API_URL: 'ftp://x',
      RECONCILIATION_BOOK: '/no/such/book.yaml',
    });
    expect(status).toBe(4);
    expect(stdout.trimEnd().split('\n')).toHaveLength(9);
    expect(stdout + stderr).not.toContain('hunter2');
  });

  test('each line of the book that is wrong is named, with what is wrong', async () => {
    const lines = [
      { id: 'fails', sql: 'SELECT amount FROM nowhere' },
      { id: 'two_rows', sql: 'SELECT 1::numeric AS amount UNION ALL SELECT 2' },
      { id: 'null_amount', sql: 'SELECT NULL::numeric AS amount' },
      { id: 'wrong_currency', sql: "SELECT 1::numeric AS amount, 'USD' AS currency" },
      { id: 'writes', sql: 'DELETE FROM plumbline_migrations RETURNING 1::numeric AS amount' },
    ];
    const env = {
      PLUMBLINE_DATA: await madeDataFolder(),
      RECONCILIATION_BOOK: bookFile(bookText(lines, [{ id: 'owed', sql: 'SELECT -1 AS amount' }])),
    };
    expect(plumbline(['migrate'], env)).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('applied  000001_reconciliation.sql'),
    });
    const { status, stdout } = plumbline(['config', 'check'], env);
    expect(status).toBe(4);
    expect(stdout.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/line fails: the query failed: .*nowhere/),
      expect.stringMatching(/line two_rows: .*more than one row/),
      expect.stringMatching(/line null_amount: .*NULL/),
      expect.stringMatching(/line wrong_currency: .*"USD", the line is in VND/),
      expect.stringMatching(/line writes: the query writes/),
      expect.stringMatching(/line owed: -1.00 VND is below zero/),
    ]);
  }, 60_000);
});

describe('commands that scripts call', () => {
  let served: Served;
  let empty: Record<string, string>;
  beforeAll(async () => {
    served = await openServed();
    const data = served.url === undefined ? await madeDataFolder() : newFolder();
    empty = { PLUMBLINE_DATA: data, ...(served.url === undefined ? {} : { DATABASE_URL: served.url }) };
  });
  afterAll(() => served.close());

  test('amounts of 20 digits are exact from the database to the terminal', async () => {
    const env = {
      PLUMBLINE_DATA: await madeDataFolder(),
      RECONCILIATION_BOOK: bookFile(twoSided('98765432109876543210.99', '12345678901234567890.12')),
    };
    const made = plumbline(['reconcile', 'run'], env);
    expect(made).toMatchObject({ status: 0 });
    expect(made.stdout).toContain('86,419,753,208,641,975,320.87');
    const shown = plumbline(['reconcile', 'show', '--json'], env);
    expect(JSON.parse(shown.stdout)).toMatchObject({ difference_vnd: '86419753208641975320.87', status: 'surplus' });
  }, 60_000);

  test.each([
    [['reconcile', 'run', '--date', 'yesterday'], 4, 'write YYYY-MM-DD'],
    [['reconcile', 'show', 'abc'], 4, 'ids are UUIDs'],
    [['reconcile', 'show'], 6, 'no final report'],
    [['keys', 'create', '--name', 'x', '--scope', 'everything'], 4, 'accepted: rates:read'],
    [['keys', 'create'], 4, '--name'],
    [['no-such-command'], 4, 'unknown command'],
  ])(
    '%j ends with %i',
    (args, status, message) => {
      const result = plumbline(args, empty);
      expect(result).toMatchObject({ status, stderr: expect.stringContaining(message) });
      expect(result.stderr).not.toMatch(/\.ts:\d+/);
    },
    60_000,
  );

  test('help and version need no database', () => {
    expect(plumbline(['--help'])).toMatchObject({ status: 0, stdout: expect.stringContaining('reconcile') });
    expect(plumbline(['--version']).status).toBe(0);
  });

  test('a reader that has had enough is no error to tell of', async () => {
    const child = spawn(process.execPath, [PROGRAM, '--help'], {
      env: environment({}),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.destroy();
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    const [status] = await once(child, 'close');
    expect({ status, stderr }).toEqual({ status: 141, stderr: '' });
  });

  test('a database that does not answer is one line, without its password', () => {
    const result = plumbline(['reconcile', 'list'], {
      DATABASE_URL: 'postgres://u:hunter2@127.0.0.1:9/x',
      PLUMBLINE_DATA: newFolder(),
    });
    expect(result.status).toBe(3);
    expect(result.stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(result.stderr).not.toContain('hunter2');
  });

  test.skipIf(inject('postgres18') === '')('a server is migrated only when told', () => {
    const env = { DATABASE_URL: inject('postgres18') };
    expect(plumbline(['reconcile', 'list'], env)).toMatchObject({
      status: 7,
      stderr: expect.stringContaining('run: plumbline migrate'),
    });
    expect(plumbline(['migrate', '--status', '--json'], env).stdout).toContain(
      '"pending":["000001_reconciliation.sql"',
    );
  });
});
