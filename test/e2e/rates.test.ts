/** Rates as their users meet them: the stream, the metrics, and the command line against a running service. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pair } from '../../src/kernel/rate.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { sharedPglite } from '../support/pglite.ts';
import { plumbline } from '../support/program.ts';

const USDT_VND = pair('USDT', 'VND');

let db: Db;
let service: TestApp;
let env: Record<string, string>;
beforeAll(async () => {
  db = await sharedPglite('migrated');
  service = await startApp({ db });
  env = { PLUMBLINE_URL: service.url, PLUMBLINE_API_KEY: service.key('rates:read', 'rates:operate', 'quotes:lock') };
});
afterAll(async () => {
  await service.close();
  await db.close();
});

/** Reads server-sent events until `enough` of what has come. */
async function listen(query: string, enough: (events: readonly SentEvent[]) => boolean, act?: () => Promise<unknown>) {
  const stop = new AbortController();
  const response = await fetch(`${service.url}/v1/rates/stream${query}`, {
    headers: { authorization: `Bearer ${service.key('rates:read')}` },
    signal: stop.signal,
  });
  expect(response.headers.get('content-type')).toContain('text/event-stream');
  const events: SentEvent[] = [];
  const decoder = new TextDecoder();
  let [text, acted] = ['', false];
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    events.push(...blocks.map(parseEvent).filter((each) => each !== undefined));
    if (!acted && events.length > 0) {
      acted = true;
      await act?.();
    }
    if (enough(events)) break;
  }
  stop.abort();
  return events;
}

interface SentEvent {
  readonly name: string;
  readonly id: string | undefined;
  readonly data: Record<string, unknown>;
}

function parseEvent(block: string): SentEvent | undefined {
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1];
  const name = field('event');
  return name === undefined ? undefined : { name, id: field('id'), data: JSON.parse(field('data') ?? '{}') };
}

describe('the stream', () => {
  test('begins with what is served, and tells each change', async () => {
    const events = await listen(
      '',
      (got) => got.some((each) => each.data.level === 'manual') && got.some((each) => each.name === 'breaker'),
      async () => {
        await service.post('/v1/rates/USDT/USD/manual', {
          ...{ rate: '1', reason: 'a test', max_deviation_bps: 100 },
          expires_at: new Date(Date.now() + 60_000).toISOString(),
        });
        await service.post('/v1/rates/providers/frankfurter/breaker', { action: 'close', reason: 'a test' });
      },
    );
    const first = events.slice(0, 3).map(({ name, data }) => [name, data.pair]);
    expect(first).toEqual(
      expect.arrayContaining([
        ['quote', 'USDT/VND'],
        ['quote', 'USDT/USD'],
        ['quote', 'USD/VND'],
      ]),
    );
    expect(events[0]).toMatchObject({ id: events[0]?.data.quote_id });
    expect(events.find((each) => each.name === 'breaker')?.data).toEqual({
      source: 'frankfurter',
      from: 'closed',
      to: 'forced-closed',
    });
    await service.post('/v1/rates/USDT/USD/manual/end', { reason: 'the test is over' });
    await service.post('/v1/rates/providers/frankfurter/breaker', { action: 'reset', reason: 'the test is over' });
  });

  test('of one pair has that pair alone; of an unknown one it is refused', async () => {
    const events = await listen('?pairs=USD/VND', (got) => got.length > 0);
    expect(events.map(({ data }) => data.pair)).toEqual(['USD/VND']);
    expect((await service.request('/v1/rates/stream?pairs=EUR/VND')).body).toMatchObject({
      code: 'rates.unknown_pair',
    });
    expect((await service.request('/v1/rates/stream?pairs=EURVND')).body).toMatchObject({
      code: 'rate.pair_malformed',
    });
  });

  test('does not keep a service from ending', async () => {
    const own = await startApp({ db });
    const response = await fetch(`${own.url}/v1/rates/stream`, {
      headers: { authorization: `Bearer ${own.key('rates:read')}` },
    });
    const ended = (async () => {
      for await (const _ of response.body ?? []);
    })();
    await own.close();
    await ended.catch(() => undefined);
  });
});

test('the metrics tell age, spread, deviation, quota, latency and outcome by class', async () => {
  await service.request('/v1/rates/USDT/VND');
  const { text } = await service.request('/metrics');
  for (const line of [
    /plumbline_rate_age_seconds\{pair="USDT\/VND"\} [\d.]+/,
    /plumbline_rate_half_spread_bps\{pair="USDT\/VND"\} 1\d/,
    /plumbline_rate_deviation_bps\{pair="USDT\/VND"\} \d/,
    /plumbline_rate_answers_total\{pair="USDT\/VND",level="fresh"\} [1-9]/,
    /plumbline_rate_answers_total\{pair="USDT\/VND",level="refused"\} 0/,
    /plumbline_rate_attempts_total\{source="binance",outcome="ok"\} [1-9]/,
    /plumbline_rate_attempt_seconds_count\{source="coingecko"\} [1-9]/,
    /plumbline_rate_calls_left\{source="coingecko"\} \d+/,
    /plumbline_breaker_open\{source="coingecko"\} 0/,
    /plumbline_rate_published_total\{pair="USDT\/VND",agreement="corroborated"\} [1-9]/,
    /plumbline_rate_processes 1/,
    /plumbline_rate_alone 0/,
  ]) {
    expect(text).toMatch(line);
  }
});

describe('the command line', () => {
  test('rates get, providers, watch', async () => {
    const got = await plumbline(['rates', 'get'], env);
    expect(got.stdout).toMatch(/USDT\/VND {2}25934\.21778743/);
    expect(got.stdout).toMatch(/beside {2}binance USDT\/USD x USD\/VND 259\d\d\.\d+: supports/);
    expect((await plumbline(['rates', 'providers'], env)).stdout).toMatch(/coingecko +closed +0 +ok .* \d+\n/);
    const watched = await plumbline(['rates', 'watch', '--times', '2', '--every', '1'], env);
    expect(watched.status).toBe(0);
    expect(watched.stdout.match(/USDT\/VND .*corroborated +coingecko/g)).toHaveLength(2);
    expect(watched.stdout).not.toContain('\u001b');
    const json = await plumbline(['--json', 'rates', 'watch', 'USD/VND', '--times', '2'], env);
    const lines = json.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { quotes: { pair: string }[] });
    expect(lines.map(({ quotes }) => quotes.map((each) => each.pair))).toEqual([['USD/VND'], ['USD/VND']]);
    expect(await plumbline(['rates', 'watch', '--every', 'now'], env)).toMatchObject({ status: 4 });
  }, 60_000);

  test('rates replay computes a quote again, and notices one that was touched', async () => {
    const id = service.app.rates.knownQuote(USDT_VND)?.quoteId ?? '';
    while ((await service.request(`/v1/rates/quotes/${id}`)).status !== 200)
      await new Promise((resolve) => setTimeout(resolve, 20));
    const same = await plumbline(['rates', 'replay', id], env);
    expect([same.status, same.stdout]).toEqual([0, expect.stringContaining('the same, byte for byte')]);
    const folder = mkdtempSync(join(tmpdir(), 'plumbline-replay-'));
    const file = join(folder, 'evidence.json');
    const { evidence, policy } = (await service.request(`/v1/rates/quotes/${id}`)).body as Record<string, string>;
    writeFileSync(
      file,
      JSON.stringify({ evidence: evidence?.replace(/"half_spread_bps":\d+/, '"half_spread_bps":1'), policy }),
    );
    const touched = await plumbline(['rates', 'replay', id, '--file', file], env);
    expect([touched.status, touched.stdout]).toEqual([8, expect.stringContaining('DIFFERS')]);
    writeFileSync(file, JSON.stringify({ evidence, policy: policy?.replace('"agree_bps":50', '"agree_bps":51') }));
    expect(await plumbline(['rates', 'replay', id, '--file', file], env)).toMatchObject({
      status: 8,
      stderr: expect.stringContaining('rates.policy_mismatch'),
    });
    expect(readFileSync(file, 'utf8')).toContain('agree_bps');
    rmSync(folder, { recursive: true });
  }, 60_000);

  test('rates history, as a table and as CSV', async () => {
    expect((await plumbline(['rates', 'history', 'USDT/VND', '--bucket', '1d'], env)).stdout).toMatch(
      /25934\.21778743/,
    );
    const { stdout } = await plumbline(['rates', 'history', '--csv', '--bucket', '1h'], env);
    expect(stdout).toMatch(/^from,open,high,low,close,quotes/);
    expect(await plumbline(['rates', 'history', '--bucket', '2h'], env)).toMatchObject({ status: 4 });
  }, 60_000);

  test('rates breaker, manual, lock and accept', async () => {
    const reason = ['--reason', 'a test'];
    expect((await plumbline(['rates', 'breaker', 'binance', 'open', ...reason], env)).stdout).toContain('forced-open');
    expect((await plumbline(['rates', 'breaker', 'binance', 'reset', ...reason], env)).stdout).toMatch(
      /binance +closed/,
    );
    expect(await plumbline(['rates', 'breaker', 'binance', 'reset'], env)).toMatchObject({ status: 4 });
    expect(await plumbline(['rates', 'breaker', 'kraken', 'open', ...reason], env)).toMatchObject({ status: 6 });
    const expires = new Date(Date.now() + 60_000).toISOString();
    const set = [
      'rates',
      'manual',
      'set',
      'USDT/VND',
      '25950',
      ...reason,
      '--max-deviation-bps',
      '100',
      '--expires',
      expires,
    ];
    expect(await plumbline(set, env)).toMatchObject({ status: 0, stdout: expect.stringContaining('25950') });
    expect((await plumbline(['rates', 'get'], env)).stdout).toContain('level   manual');
    expect((await plumbline(['rates', 'manual', 'list'], env)).stdout).toContain('a test');
    expect((await plumbline(['rates', 'manual', 'end', 'USDT/VND', ...reason], env)).status).toBe(0);
    expect((await plumbline(['rates', 'manual', 'list'], env)).stdout).toContain('no manual rate is served');
    expect(await plumbline(set.with(4, '2595'), env)).toMatchObject({
      status: 4,
      stderr: expect.stringContaining('10^1 too small'),
    });
    const locked = await plumbline(['--json', 'rates', 'lock', 'USDT/VND', 'sell', '1000000', 'VND'], env);
    const { id, base_amount } = JSON.parse(locked.stdout) as { id: string; base_amount: string };
    expect(base_amount).toMatch(/^38\.\d{6}0+$/);
    expect((await plumbline(['rates', 'accept', id, '--reference', 'payment 1'], env)).stdout).toContain('accepted');
    expect(await plumbline(['rates', 'accept', id, '--reference', 'payment 2'], env)).toMatchObject({ status: 7 });
  }, 120_000);
});
