/**
 * The simulated providers: one server on loopback, a path prefix each, speaking the real providers'
 * JSON with real recorded rates, and misbehaving on command.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type BusinessDate, businessDateAt } from '../../kernel/business-date.ts';
import type { Clock } from '../../kernel/clock.ts';
import { PlumblineError } from '../../kernel/errors.ts';
import { RECORDED_RATES, type RecordedRates, recordedRatesOn } from '../data/recorded-rates.ts';
import { type Answer, answerOf } from './answers.ts';
import type { Knowledge } from './bodies.ts';
import { type Fault, PROVIDERS, type ProviderFaults, type ProviderName } from './faults.ts';
import { depegged, type Market } from './market.ts';

export interface ProvidersOptions {
  readonly clock: Clock;
  /** The date whose rates are told: the newest that were recorded by then. Today (UTC) unless told. */
  readonly date?: () => BusinessDate;
  /** 0, any free one, unless told. */
  readonly port?: number;
  /**
   * Milliseconds for which CoinGecko's server keeps an answer (its real one: 60,000): it tells, and stamps,
   * what it knew at the last multiple of them. 0, nothing is kept, unless told.
   */
  readonly coingeckoCacheMs?: number;
}

export interface Providers extends ProviderFaults, Market {
  /** The base URL of each, as its real one would be configured. */
  readonly urls: Readonly<Record<ProviderName, string>>;
  /** Requests received since the start. */
  calls(provider: ProviderName): number;
  close(): Promise<void>;
}

const WELL: Fault = { kind: 'none' };

/** @throws `sandbox.date_out_of_range` (invalid): no rate was recorded by that date */
export async function startProviders(options: ProvidersOptions): Promise<Providers> {
  const { clock, port = 0, coingeckoCacheMs = 0 } = options;
  const depegs: { readonly at: number; readonly percent: number }[] = [];
  const depeg = (): number => depegs.at(-1)?.percent ?? 100;
  const knowledgeAt = (now: number, percent: number): Knowledge => {
    const date = options.date?.() ?? businessDateAt(now, 'UTC');
    return { now, rates: depegged(ratesOn(date), percent) };
  };
  const known = (name?: ProviderName): Knowledge => {
    const now = clock.now();
    if (name !== 'coingecko' || coingeckoCacheMs === 0) return knowledgeAt(now, depeg());
    const kept = now - (now % coingeckoCacheMs);
    return knowledgeAt(kept, depegs.findLast(({ at }) => at <= kept)?.percent ?? 100);
  };
  known();
  const state = new Map<ProviderName, { fault: Fault; since: Knowledge | undefined; calls: number }>(
    PROVIDERS.map((name) => [name, { fault: WELL, since: undefined, calls: 0 }]),
  );
  const stateOf = (name: ProviderName) => {
    const found = state.get(name);
    if (found === undefined) throw new PlumblineError('invalid', 'sandbox.unknown_provider', `no provider "${name}"`);
    return found;
  };

  const server = createServer((request, response) => {
    const { name, path } = target(request.url ?? '/');
    if (name === undefined) {
      response.writeHead(404).end();
      return;
    }
    const { fault, since } = stateOf(name);
    stateOf(name).calls += 1;
    const knowledge = fault.kind === 'frozen' && since !== undefined ? since : known(name);
    const { method, headers } = request;
    send(clock, request, response, answerOf(name, { path, method, headers }, knowledge, fault));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();
  const origin = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : port}`;
  const url = (name: ProviderName): string => `${origin}/${name}`;

  return {
    urls: ofEach(url),
    setFault: (name, fault) => Object.assign(stateOf(name), { fault, since: known(name) }),
    faults: () => ofEach((name) => stateOf(name).fault),
    setDepeg: (percent) => {
      depegs.push({ at: clock.now(), percent });
    },
    depeg,
    calls: (name) => stateOf(name).calls,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const ofEach = <T>(value: (name: ProviderName) => T): Readonly<Record<ProviderName, T>> => ({
  coingecko: value('coingecko'),
  binance: value('binance'),
  cryptocompare: value('cryptocompare'),
  vietcombank: value('vietcombank'),
  'open-er-api': value('open-er-api'),
  frankfurter: value('frankfurter'),
  'binance-p2p': value('binance-p2p'),
});

function ratesOn(date: BusinessDate): RecordedRates {
  const rates = recordedRatesOn(date);
  if (rates !== undefined) return rates;
  const first = RECORDED_RATES[0]?.date ?? 'none';
  throw new PlumblineError(
    'invalid',
    'sandbox.date_out_of_range',
    `no rate was recorded by ${date}; the first is of ${first}`,
    {
      details: { date, first },
    },
  );
}

function target(url: string): { readonly name: ProviderName | undefined; readonly path: string } {
  const name = PROVIDERS.find((each) => url.startsWith(`/${each}/`));
  return { name, path: name === undefined ? url : url.slice(name.length + 1) };
}

function send(clock: Clock, request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  if (answer.kind === 'reset') {
    request.socket.resetAndDestroy();
    return;
  }
  const begin = (): void => {
    response.writeHead(answer.status, answer.headers);
    if (answer.drips) drip(clock, response, answer.body);
    else response.end(answer.body);
  };
  if (answer.delayMs === 0) begin();
  else response.once('close', clock.after(answer.delayMs, begin));
}

function drip(clock: Clock, response: ServerResponse, body: string): void {
  let sent = 0;
  let cancel = (): void => {};
  const next = (): void => {
    response.write(body.charAt(sent));
    sent += 1;
    if (sent >= body.length) response.end();
    else cancel = clock.after(1_000, next);
  };
  response.once('close', () => cancel());
  next();
}
