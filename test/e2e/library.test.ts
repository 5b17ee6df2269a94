/** `plumbline/rates` as others get it: packed, in a project and in processes of their own. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { systemClock } from '../../src/platform/clock/system.ts';
import { PROVIDERS } from '../../src/sandbox/providers/faults.ts';
import { type Providers, startProviders } from '../../src/sandbox/providers/providers.ts';
import { type Child, run, stop } from '../support/child.ts';
import { type Consumer, codeOf, packedConsumer } from '../support/consumer.ts';
import { RATES_DATE, ratesOn } from '../support/rates.ts';
import { startRedis } from '../support/redis.ts';

const { usdtVnd: TRUE_RATE } = ratesOn(RATES_DATE);

/** What it prints is one line a question; it ends with its input. Its times are those of a busy machine. */
const ASKED = `
import { createInterface } from 'node:readline';
import { ExchangeRateService, formatRate } from 'plumbline/rates';

const rates = new ExchangeRateService({
  redisUrl: process.env.REDIS_URL,
  sources: JSON.parse(process.env.RATES_SOURCES ?? '{}'),
  options: { deadlineMs: 20_000, attemptTimeoutMs: 10_000 },
});
const published: string[] = [];
rates.listen((event) => {
  if (event.kind === 'published') published.push(event.published.quoteId);
});
const everybodySpoke = () =>
  rates.providers().every(({ enabled, lastOutcome }) => !enabled || lastOutcome !== undefined);
console.log('ready');
for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'ask') {
    const { quoteId, mid, level } = await rates.getQuote('USDT/VND');
    console.log('quote', quoteId, formatRate(mid), level);
  } else {
    while (!everybodySpoke()) await new Promise((resolve) => setTimeout(resolve, 5));
    console.log('settled');
  }
}
await rates.close();
console.log('published', published.join());
`;

/** A provider of the consumer's own among two others: its figure is the one in the middle. */
const MEDIAN = `
import { ExchangeRateService, formatRate, liveStamp, pair, parseRate, type SourceDefinition } from 'plumbline/rates';

const of = pair('USDT', 'VND');
const middle: SourceDefinition = {
  name: 'middle',
  role: 'between the others',
  url: process.env.DESK_URL ?? '',
  pairs: [of],
  cadence: { kind: 'live', maxLagMs: 60_000 },
  everyMs: 60_000,
  request: ({ url }) => ({ url: url + '/ticker' }),
  parse: ({ body }, receivedAt) => ({
    observations: [
      { pair: of, rate: parseRate(of, JSON.parse(body).price), basis: 'own', ...liveStamp(receivedAt, receivedAt) },
    ],
    warnings: [],
  }),
};
const rates = new ExchangeRateService({
  definitions: [middle],
  sources: JSON.parse(process.env.RATES_SOURCES ?? '{}'),
  options: { deadlineMs: 20_000, attemptTimeoutMs: 10_000 },
});
let quote = await rates.getQuote(of);
while (quote.witnesses.filter(({ rate }) => rate !== undefined).length < 3) {
  await new Promise((resolve) => setTimeout(resolve, 5));
  quote = await rates.getQuote(of);
}
console.log(formatRate(quote.mid), quote.agreement, quote.sources.map(({ source }) => source).join());
`;

/** Each of its lines is a fault that the compiler has to find. */
const WRONG = `
import { ExchangeRateService } from 'plumbline/rates';
new ExchangeRateService({ redisURL: 'redis://x' });
new ExchangeRateService({ options: { freshMs: '5 minutes' } });
new ExchangeRateService().getQuote('USDT/VND', { purpose: 'payout' });
const rate: string = await new ExchangeRateService().getUSDTToVND();
`;

let consumer: Consumer;
let providers: Providers;
const children: Child[] = [];
const desk = createServer((_, response) => response.end(`{"price":"25935.10","time":${Date.now()}}`));
let deskUrl = '';

beforeAll(async () => {
  consumer = await packedConsumer(inject('scratch'));
  for (const [name, code] of codeOf('docs/library.md')) consumer.write(name, code);
  consumer.write('asked.ts', ASKED);
  consumer.write('median.ts', MEDIAN);
  consumer.write('wrong.ts', WRONG);
  providers = await startProviders({ clock: systemClock, date: () => RATES_DATE });
  await new Promise<void>((resolve) => desk.listen(0, '127.0.0.1', resolve));
  deskUrl = `http://127.0.0.1:${(desk.address() as AddressInfo).port}`;
}, 180_000);
afterAll(async () => {
  await Promise.all(children.map((child) => stop(child, 'SIGKILL')));
  await providers.close();
  desk.closeAllConnections();
  desk.close();
});

/** Every provider is a simulated one. */
const sources = (more: object = {}): string =>
  JSON.stringify({ ...Object.fromEntries(PROVIDERS.map((name) => [name, { url: providers.urls[name] }])), ...more });

function begin(args: readonly string[], env: Record<string, string>): Child {
  const child = consumer.start(args, env);
  children.push(child);
  return child;
}

/** To its own end. @returns its lines */
async function toItsEnd(child: Child): Promise<readonly string[]> {
  const { code, output } = await child.exited;
  if (code !== 0) throw new Error(`it ended with ${code}:\n${output}`);
  return output.trimEnd().split('\n');
}

describe('the package', () => {
  test('holds what it needs, and nothing of the tests', () => {
    for (const file of [
      'package.json',
      'README.md',
      'LICENSE',
      'bin/plumbline.mjs',
      'books/rates.yaml',
      'books/reference.yaml',
      'migrations/000001_reconciliation.sql',
      'dist/main/bin.js',
      'dist/main/rates-library.js',
      'dist/main/rates-library.d.ts',
      'web/dist/index.html',
    ]) {
      expect(consumer.files).toContain(file);
    }
    const others = consumer.files.filter((file) => !/^(bin|dist|web\/dist|books|migrations)\//.test(file));
    expect(others.sort()).toEqual(['LICENSE', 'README.md', 'package.json']);
    expect(consumer.files.filter((file) => /\.test\.|fixtures/.test(file))).toEqual([]);
  });

  test('has a command that works', async () => {
    const version = begin(['node_modules/plumbline/bin/plumbline.mjs', '--version'], {});
    expect(await toItsEnd(version)).toEqual(['0.1.0']);
  });

  test('has declarations that the strictest project can use, on which the page of the library compiles', async () => {
    const pages = [...codeOf('docs/library.md').keys()];
    expect(pages).toEqual(['use.ts', 'shared.ts', 'own-provider.ts']);
    expect(await consumer.compile(...pages, 'asked.ts', 'median.ts')).toBe('');
    const faults = (await consumer.compile('wrong.ts')).matchAll(/wrong\.ts\((\d+),\d+\): error/g);
    expect([...faults].map(([, line]) => Number(line))).toEqual([3, 4, 5, 6]);
  }, 60_000);

  test('is found in a clone, too', async () => {
    const script = "import { formatRate } from 'plumbline/rates'; console.log(typeof formatRate)";
    expect(await run(process.execPath, ['--input-type=module', '--eval', script])).toBe('function\n');
  });
});

describe('a process that uses it', () => {
  test('answers while a provider hangs, and ends by itself', async () => {
    consumer.write(
      'ends.ts',
      `import { ExchangeRateService, formatRate } from 'plumbline/rates';
      const rates = new ExchangeRateService({ sources: JSON.parse(process.env.RATES_SOURCES ?? '{}') });
      const { mid, level, agreement } = await rates.getQuote('USDT/VND');
      console.log(formatRate(mid), level, agreement);`,
    );
    providers.setFault('vietcombank', { kind: 'hang' });
    const lines = await toItsEnd(begin(['ends.ts'], { RATES_SOURCES: sources({}) }));
    providers.setFault('vietcombank', { kind: 'none' });
    expect(lines).toEqual([expect.stringMatching(/^2593\d(\.\d+)? fresh \w+$/)]);
  });

  test('with the provider of the page, the only one that answers', async () => {
    for (const name of PROVIDERS) providers.setFault(name, { kind: 'dead' });
    const env = { RATES_SOURCES: sources({ desk: { url: deskUrl, apiKey: 'k' } }) };
    const lines = await toItsEnd(begin(['own-provider.ts'], env));
    for (const name of PROVIDERS) providers.setFault(name, { kind: 'none' });
    expect(lines[0]).toMatch(/^25935\.1 (single|unverified)$/);
    expect(lines).toContain('desk 25935.1 chosen');
    expect(lines).toContain('coingecko - silent');
  });

  test('takes a provider of its own into the median', async () => {
    const env = { RATES_SOURCES: sources(), DESK_URL: deskUrl }; // CryptoCompare has no key: three voices
    expect(await toItsEnd(begin(['median.ts'], env))).toEqual(['25935.1 corroborated middle']);
  });
});

describe.skipIf(inject('redisProgram') === '')('processes that share a Redis', () => {
  test('make one call a source together, serve one quote, and go on without Redis', async () => {
    const redis = await startRedis(inject('redisProgram'));
    const before = PROVIDERS.map((name) => providers.calls(name));
    const calls = () =>
      Object.fromEntries(PROVIDERS.map((name, index) => [name, providers.calls(name) - (before[index] ?? 0)]));
    const env = {
      REDIS_URL: redis.url,
      RATES_SOURCES: sources({ cryptocompare: { url: providers.urls.cryptocompare, apiKey: 'k' } }),
    };
    const tell = (child: Child, line: string): void => {
      child.process.stdin?.write(`${line}\n`);
    };
    const quotes = (child: Child) => [...child.output().matchAll(/^quote (\S+) (\S+) (\S+)$/gm)];
    const ask = async (child: Child) => {
      const asked = quotes(child).length;
      tell(child, 'ask');
      while (quotes(child).length === asked) {
        if (child.process.exitCode !== null) throw new Error(`it has ended:\n${child.output()}`);
        await delay(5);
      }
      const [, quoteId = '', mid = '', level = ''] = quotes(child).at(-1) ?? [];
      return { quoteId, mid, level };
    };

    const first = begin(['asked.ts'], env);
    await ask(first);
    tell(first, 'settle');
    await first.said('settled');
    const second = begin(['asked.ts'], env);
    const shared = await ask(second);
    expect(calls()).toEqual({
      ...{ coingecko: 1, binance: 1, cryptocompare: 1, vietcombank: 1, 'open-er-api': 1, frankfurter: 1 },
      'binance-p2p': 0,
    });

    await redis.kill();
    for (const child of [first, second]) expect(await ask(child)).toMatchObject({ mid: TRUE_RATE, level: 'fresh' });
    const third = begin(['asked.ts'], env); // it has never seen a Redis
    expect(await ask(third)).toMatchObject({ level: 'fresh' });
    expect(calls()).toMatchObject({ binance: 2 }); // by itself; what CoinGecko's month has left it does not know

    for (const child of [first, second, third]) child.process.stdin?.end();
    for (const child of [second, third]) await toItsEnd(child);
    const [published] = (await toItsEnd(first)).slice(-1);
    expect(published?.split(/[ ,]/)).toContain(shared.quoteId);
    await redis.stop();
  }, 60_000);
});
