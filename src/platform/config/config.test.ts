import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isPlumblineError } from '../../kernel/errors.ts';
import { loadConfig } from './config.ts';
import { settingsReference } from './reference.ts';
import type { Environment } from './setting.ts';
import { shownSettings } from './shown.ts';

function faultsOf(env: Environment): readonly string[] {
  try {
    loadConfig(env);
  } catch (error) {
    if (isPlumblineError(error)) return error.faults.map(({ pointer, message }) => `${pointer}: ${message}`);
    throw error;
  }
  return [];
}

const secretFile = (text: string): string => {
  const file = join(mkdtempSync(join(tmpdir(), 'plumbline-')), 'secret');
  writeFileSync(file, text);
  return file;
};

test('nothing set is a valid configuration: embedded, with every default', () => {
  const { values } = loadConfig({});
  expect(values).toMatchObject({
    DATABASE_URL: undefined,
    PLUMBLINE_DATA: './data',
    PLUMBLINE_PORT: 8080,
    BREAKER_FAILURES: 5,
    BREAKER_OPEN_MS: 60_000,
  });
});

test('settings are shown with where they come from, and without a secret, wherever it stands', () => {
  const config = loadConfig({
    ...{
      OIDC_ISSUER: 'https://login.test',
      OIDC_CLIENT_ID: 'plumbline',
      PLUMBLINE_PUBLIC_URL: 'https://plumbline.test',
    },
    ...{ OIDC_CLIENT_SECRET_FILE: secretFile('hush-hush'), OIDC_ROLE_MAP: 'ops=operator boss=admin' },
    ...{ REDIS_URL: 'redis://:swordfish@cache.test:6379', NOTIFY_WEBHOOK_NETWORKS: '10.0.0.0/8 127.0.0.1' },
  });
  const shown = shownSettings(config);
  const of = (name: string) => shown.find((each) => each.name === name);
  expect(of('OIDC_CLIENT_SECRET')).toMatchObject({ origin: 'file', secret: true, value: undefined });
  expect(of('OIDC_ROLE_MAP')).toMatchObject({ origin: 'environment', value: 'ops=operator boss=admin' });
  expect(of('NOTIFY_WEBHOOK_NETWORKS')).toMatchObject({ value: '10.0.0.0/8 127.0.0.1' });
  expect(of('PLUMBLINE_PORT')).toMatchObject({ origin: 'default', value: '8080' });
  expect(of('DATABASE_URL')).toMatchObject({ origin: 'absent', value: undefined });
  expect(JSON.stringify(shown)).not.toMatch(/hush-hush|swordfish/);
});

test('settings that contradict each other, and a cron line that never comes', () => {
  expect(faultsOf({ RATES_FRESH_MS: '60000', RATES_AGING_MS: '30000' })[0]).toContain(
    'RATES_AGING_MS: 30000 is below RATES_FRESH_MS',
  );
  expect(faultsOf({ RECONCILIATION_SCHEDULE: '99 99 * * *' })[0]).toContain('a cron line of five fields');
});

test('cold storage that would not be as it looks', () => {
  expect(
    faultsOf({ S3_ENDPOINT: 'http://s3.internal', S3_OBJECT_LOCK: 'COMPLIANCE', S3_OBJECT_LOCK_DAYS: '1' }),
  ).toEqual([
    expect.stringContaining('S3_ENDPOINT: is set without S3_BUCKET'),
    expect.stringContaining('S3_OBJECT_LOCK: is set without S3_BUCKET'),
  ]);
  expect(
    faultsOf({
      S3_BUCKET: 'b',
      ARCHIVE_FOLDER: '/x',
      S3_ACCESS_KEY_ID: 'a',
      S3_OBJECT_LOCK_DAYS: '1',
      S3_SSE: 'AES256',
      S3_KMS_KEY_ID: 'k',
    }),
  ).toEqual([
    expect.stringContaining('ARCHIVE_FOLDER: is set beside S3_BUCKET'),
    expect.stringContaining('S3_SECRET_ACCESS_KEY: is not set'),
    expect.stringContaining('S3_OBJECT_LOCK: is not set'),
    expect.stringContaining('S3_KMS_KEY_ID: is set without S3_SSE=aws:kms'),
  ]);
  expect(faultsOf({ ARCHIVE_KEY: 'too short' })[0]).toContain('64 hexadecimal digits');
  expect(faultsOf({ S3_BUKET: 'b' })[0]).toContain('unknown setting');
  expect(faultsOf({ S3_BUCKET: 'b', S3_SSE: 'aws:kms', S3_KMS_KEY_ID: 'k', ARCHIVE_KEY: 'ab'.repeat(32) })).toEqual([]);
});

test('what Kubernetes adds for a service called plumbline is no setting', () => {
  expect(
    faultsOf({
      PLUMBLINE_SERVICE_HOST: '10.0.0.1',
      PLUMBLINE_SERVICE_PORT: '80',
      PLUMBLINE_PORT_8080_TCP_ADDR: '10.0.0.1',
    }),
  ).toEqual([]);
});

test('an empty variable counts as absent', () => {
  expect(loadConfig({ REDIS_URL: '', PLUMBLINE_PORT: '' }).values).toMatchObject({
    REDIS_URL: undefined,
    PLUMBLINE_PORT: 8080,
  });
});

test('nine faults are nine faults, each with name, expectation and example', () => {
  const faults = faultsOf({
    DATABASE_URL: 'mysql://root:hunter2@db/x',
    REDIS_URL: 'localhost',
    PLUMBLINE_PORT: '80a',
    LOG_LEVEL: 'loud',
    RECONCILIATION_TOLERANCE: '1,000',
    RECONCILIATION_TOLERENCE: '1000',
    RECONCILIATION_SCHEDULE: 'daily',
    COINGECKO_API_URL: 'ftp://x',
    BREAKER_FAILURES: '0',
  });
  expect(faults).toHaveLength(9);
  expect(faults).toContain(
    'PLUMBLINE_PORT: expected a whole number (port) from 0 to 65535, not "80a"; for example PLUMBLINE_PORT=8080',
  );
  expect(faults).toContain(
    'RECONCILIATION_TOLERENCE: unknown setting; remove it or correct its name (docs/reference/settings.md)',
  );
  expect(faults.join()).not.toContain('hunter2');
});

describe('secrets', () => {
  test('come from a file, without the line end that editors add', () => {
    const file = secretFile('postgres://u:p%40ss@db/x\n');
    const config = loadConfig({ DATABASE_URL_FILE: file });
    expect(config.values.DATABASE_URL).toBe('postgres://u:p%40ss@db/x');
    expect(config.origin.DATABASE_URL).toBe('file');
    expect(config.secrets).toEqual(expect.arrayContaining(['p%40ss', 'p@ss']));
  });

  test('are hidden wherever a URL has them, and however they are written', () => {
    expect(loadConfig({ DATABASE_URL: 'postgres://u:p%zz@db/x' }).secrets).toContain('p%zz');
    expect(loadConfig({ DATABASE_URL: 'postgres://db/x?password=hush' }).secrets).toContain('hush');
    expect(loadConfig({ COINGECKO_API_KEY: 'abc:def' }).secrets).toContain('abc:def');
  });

  test('are refused when given twice, or by a file that is not there', () => {
    expect(faultsOf({ COINGECKO_API_KEY: 'a', COINGECKO_API_KEY_FILE: secretFile('b') })).toEqual([
      'COINGECKO_API_KEY: set either COINGECKO_API_KEY or COINGECKO_API_KEY_FILE, not both',
    ]);
    expect(faultsOf({ COINGECKO_API_KEY_FILE: '/no/such/file' })[0]).toContain(
      'COINGECKO_API_KEY_FILE names a file that cannot be read',
    );
  });

  test('only secrets have a file form', () => {
    expect(faultsOf({ PLUMBLINE_PORT_FILE: '/x' })).toHaveLength(1);
  });
});

test('docs/reference/settings.md is what the program reads (npm run docs)', () => {
  expect(readFileSync('docs/reference/settings.md', 'utf8')).toBe(settingsReference());
});
