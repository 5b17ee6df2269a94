/**
 * What other projects do with the same providers, as small models of their documented behaviour, in our
 * own words: a figure without a label, or none. Generous where the documentation is silent.
 */
import type { Clock } from '../../../../src/kernel/clock.ts';
import type { HttpClient } from '../../../../src/platform/http-client/port.ts';

export interface Peer {
  readonly name: string;
  /** Milliseconds for which it calls a figure current. */
  readonly boundMs: number;
  /** USDT/VND, or undefined: it refuses. */
  ask(): Promise<Figure | undefined>;
}

export interface Figure {
  readonly value: number;
  /** By the provider's stamp where it has one, or when it was received: epoch milliseconds. */
  readonly at: number;
}

export interface PeerDeps {
  readonly clock: Clock;
  readonly http: HttpClient;
  /** CryptoCompare is asked, too. */
  readonly key: boolean;
}

/** What stands there in the answer, or undefined. */
function member(json: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((inner, key) => {
    return typeof inner === 'object' && inner !== null ? Reflect.get(inner, key) : undefined;
  }, json);
}

function positive(value: unknown): number {
  if (typeof value === 'number' && value > 0) return value;
  throw new Error('no price');
}

/** Binance writes its numbers as texts. */
const price = (value: unknown): number => positive(Number(value));

/** The providers as floating point, without bounds: a figure above zero is a figure. Each rejects where there is none. */
export class Readers {
  readonly #deps: PeerDeps;
  readonly #timeoutMs: number;

  constructor(deps: PeerDeps, timeoutMs: number) {
    this.#deps = deps;
    this.#timeoutMs = timeoutMs;
  }

  async gecko(): Promise<Figure> {
    const query = 'ids=tether&vs_currencies=vnd,usd&include_last_updated_at=true&precision=full';
    const json = await this.#read(`coingecko/simple/price?${query}`);
    const at = positive(member(json, 'tether', 'last_updated_at')) * 1_000;
    return { value: positive(member(json, 'tether', 'vnd')), at };
  }

  async compare(): Promise<Figure> {
    const json = await this.#read('cryptocompare/data/pricemultifull?fsyms=USDT&tsyms=VND,USD');
    const found = member(json, 'RAW', 'USDT', 'VND');
    return { value: positive(member(found, 'PRICE')), at: positive(member(found, 'LASTUPDATE')) * 1_000 };
  }

  /** What one USDC implies, times the day's dong for a dollar. */
  async crossed(): Promise<Figure> {
    const [book, daily] = await Promise.all([
      this.#read('binance/api/v3/ticker/bookTicker?symbols=[]'),
      this.#read('open-er-api/v6/latest/USD'),
    ]);
    const twice = price(member(book, 0, 'bidPrice')) + price(member(book, 0, 'askPrice'));
    return { value: (2 / twice) * positive(member(daily, 'rates', 'VND')), at: this.#deps.clock.now() };
  }

  /** A symbol that does not exist: 400 for ever. */
  async nowhere(): Promise<Figure> {
    await this.#read('binance/api/v3/ticker/price?symbol=USDTVND');
    throw new Error('no such symbol');
  }

  async #read(path: string): Promise<unknown> {
    const headers = { authorization: 'Apikey k' };
    const { http } = this.#deps;
    const { status, body } = await http.send({ url: `http://sim/${path}`, headers, timeoutMs: this.#timeoutMs });
    if (status !== 200) throw new Error(`status ${status}`);
    return JSON.parse(body);
  }
}

/** The figures of those who answered. */
export async function answered(figures: readonly Promise<Figure>[]): Promise<readonly Figure[]> {
  const settled = await Promise.allSettled(figures);
  return settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
}

/** The middle one, or the mean of two; as old as the oldest of them. Undefined: of none. */
export function median(figures: readonly Figure[]): Figure | undefined {
  const values = figures.map(({ value }) => value).sort((a, b) => a - b);
  const [low, high] = [values[Math.ceil(values.length / 2) - 1], values[Math.floor(values.length / 2)]];
  if (low === undefined || high === undefined) return undefined;
  return { value: (low + high) / 2, at: Math.min(...figures.map(({ at }) => at)) };
}
