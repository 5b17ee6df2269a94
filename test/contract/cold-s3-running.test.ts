/** What S3 does, asked of cold-s3 by the AWS SDK and by requests that no client would send: its faults, its bill, its folder, and how it runs alone. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
  RestoreObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, describe, expect, it } from 'vitest';
import { startColdS3 } from '../support/cold-s3/server.ts';
import { b, base64, get, HOUR, head, MINUTE, put, refusal, START, server } from '../support/cold-s3-client.ts';
import { send } from '../support/sign-s3.ts';

afterAll(() => server.close());

describe('faults and control', () => {
  const control = async (method: string, what: string, body?: unknown) => {
    const answer = await send(
      server,
      method,
      `/_cold-s3/${what}`,
      {},
      Buffer.from(body === undefined ? '' : JSON.stringify(body)),
    );
    return { status: answer.status, json: JSON.parse(answer.body) };
  };
  it('an answer that is lost was still done; an error was not', async () => {
    server.fail({ kind: 'lost acknowledgement', operation: 'PutObject', key: 'lost' });
    await expect(put('lost')).rejects.toThrow();
    expect((await get('lost')).text).toBe('bytes');
    for (const [code, expected] of [
      ['InternalError', 'InternalError'],
      ['SlowDown', 'SlowDown'],
    ] as const) {
      server.fail({ kind: 'error', code, key: 'not-done' });
      expect(await refusal(put('not-done'))).toBe(expected);
    }
    server.fail({ kind: 'disconnect', key: 'not-done' });
    await expect(put('not-done')).rejects.toThrow();
    expect(await refusal(head('not-done'))).toBe('404');
  });
  it('bodies come slowly, torn or with a wrong bit', async () => {
    await put('harmed', { Body: 'abcdefgh' });
    server.fail({ kind: 'slow body', key: 'harmed', pieceBytes: 3, delayMs: 1 });
    expect((await get('harmed')).text).toBe('abcdefgh');
    server.fail({ kind: 'torn body', key: 'harmed', bytes: 5 });
    await expect(get('harmed')).rejects.toThrow();
    server.fail({ kind: 'corrupt body', key: 'harmed', at: 2 });
    expect((await get('harmed')).text).toBe('abbdefgh');
    server.damage(b, 'harmed', 0);
    expect((await get('harmed')).text).toBe('`bcdefgh');
  });
  it('the clock is moved, faults are set and taken back, by HTTP', async () => {
    const before = server.now();
    expect((await control('POST', 'clock', { advanceMs: 1000 })).json).toEqual({
      now: new Date(before + 1000).toISOString(),
    });
    await control('POST', 'faults', { kind: 'error', code: 'SlowDown', times: 3, after: 1 });
    expect((await control('GET', 'state')).json.faults).toHaveLength(1);
    expect(await refusal(put('counted'))).toBe('done');
    expect(await refusal(put('counted'))).toBe('SlowDown');
    await control('DELETE', 'faults');
    expect(await refusal(put('counted'))).toBe('done');
    for (const [method, what, body] of [
      ['POST', 'clock', { advanceMs: -1 }],
      ['POST', 'faults', { kind: 'error', code: 'Nonsense' }],
    ] as const) {
      expect((await control(method, what, body)).status).toBe(400);
    }
    expect((await control('GET', 'nonsense')).status).toBe(404);
  });
});

it('counts what it would cost', async () => {
  const own = await startColdS3({ now: () => START });
  own.createBucket(b);
  const client = new S3Client({
    region: own.region,
    endpoint: own.url,
    forcePathStyle: true,
    credentials: own.credentials,
    requestChecksumCalculation: 'WHEN_REQUIRED',
  });
  const Body = Buffer.alloc(1024 * 1024);
  const put = (Key: string) =>
    client.send(new PutObjectCommand({ Bucket: b, Key, Body, StorageClass: 'DEEP_ARCHIVE' }));
  await put('a');
  await put('b');
  own.advance(730 * HOUR);
  await client.send(
    new RestoreObjectCommand({
      Bucket: b,
      Key: 'a',
      RestoreRequest: { Days: 1, GlacierJobParameters: { Tier: 'Bulk' } },
    }),
  );
  await client.send(new DeleteObjectCommand({ Bucket: b, Key: 'b' }));
  const { lines, totalUsd } = own.bill();
  const usd = Object.fromEntries(lines.map(({ what, usd }) => [what, usd]));
  // By hand: 2 x 1/1024 GB x 0.00099 for a month; each PUT 0.05 a thousand; Bulk 0.025 a thousand and 0.0025 a GB;
  // what goes after 730 hours of 180 days pays the 3,590 others, with its overhead of 32 KB and 8 KB.
  expect(usd).toMatchObject({
    'storage DEEP_ARCHIVE, byte-months': '0.000001932',
    'requests: writes DEEP_ARCHIVE': '0.000100000',
    'requests: restores DEEP_ARCHIVE Bulk': '0.000025000',
    'retrieval DEEP_ARCHIVE Bulk, bytes': '0.000002441',
    'overhead of DEEP_ARCHIVE, bytes': '0.000000410',
    'deleted early DEEP_ARCHIVE, byte-months': '0.000005765',
  });
  expect(Number(totalUsd)).toBeGreaterThan(0.000135);
  await own.close();
});

it('knows everything again in a new process, where it has a folder', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'cold-s3-'));
  const credentials = { accessKeyId: 'A', secretAccessKey: 'B' };
  const open = async () => {
    const own = await startColdS3({ folder, credentials, now: () => START });
    const client = new S3Client({
      region: own.region,
      endpoint: own.url,
      forcePathStyle: true,
      credentials,
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
    });
    return { own, client };
  };
  const first = await open();
  first.own.createBucket('kept', { lock: true });
  const at = { Bucket: 'kept', Key: 'k' };
  await first.client.send(
    new PutObjectCommand({
      ...at,
      Body: 'one',
      StorageClass: 'GLACIER',
      ContentMD5: base64('md5', 'one'),
      ObjectLockLegalHoldStatus: 'ON',
    }),
  );
  await first.client.send(
    new PutObjectCommand({ ...at, Body: 'two', StorageClass: 'GLACIER', ChecksumSHA256: base64('sha256', 'two') }),
  );
  await first.client.send(
    new RestoreObjectCommand({ ...at, RestoreRequest: { Days: 1, GlacierJobParameters: { Tier: 'Expedited' } } }),
  );
  const before = await first.client.send(new HeadObjectCommand({ ...at, ChecksumMode: 'ENABLED' }));
  const versions = await first.client.send(new ListObjectVersionsCommand({ Bucket: 'kept' }));
  await first.own.close();

  const second = await open();
  const after = await second.client.send(new HeadObjectCommand({ ...at, ChecksumMode: 'ENABLED' }));
  expect({ ...after, $metadata: undefined }).toEqual({ ...before, $metadata: undefined });
  expect((await second.client.send(new ListObjectVersionsCommand({ Bucket: 'kept' }))).Versions).toEqual(
    versions.Versions,
  );
  second.own.advance(5 * MINUTE);
  expect(await (await second.client.send(new GetObjectCommand(at))).Body?.transformToString()).toBe('two');
  await second.own.close();
  rmSync(folder, { recursive: true });
});

it('runs alone, says how it is reached, and ends when told to', async () => {
  const main = 'test/support/cold-s3/main.ts';
  const child = spawn(process.execPath, [main, '--port', '0', '--speed', '3600', '--lock'], { stdio: 'pipe' });
  const said = await new Promise<string>((resolve) => {
    let text = '';
    child.stdout.on('data', (piece) => {
      text += String(piece);
      if (text.includes('--help')) resolve(text);
    });
  });
  const { url = '' } = /listens on (?<url>http:\S+),/.exec(said)?.groups ?? {};
  expect((await fetch(`${url}/_cold-s3/state`)).status).toBe(200);
  expect(said).toContain(`export AWS_ENDPOINT_URL=${url}`);
  child.kill('SIGTERM');
  expect(await new Promise((resolve) => child.on('exit', resolve))).toBe(0);
});
