/**
 * Rates as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html): what is
 * served now, then each change: `quote`, `breaker`, `alarm`. A comment now and then keeps it open.
 */
import { Readable } from 'node:stream';
import type { Clock } from '../../../kernel/clock.ts';
import { PlumblineError } from '../../../kernel/errors.ts';
import { type Pair, pairName, samePair } from '../../../kernel/rate.ts';
import type { RatesEvent } from '../engine/events.ts';
import { quoteToJson } from '../quote-json.ts';
import type { ExchangeRateService } from '../service.ts';
import { noticeOf } from './notices.ts';

const KEEP_OPEN_MS = 15_000;
const MOST_STREAMS = 500;
/** A reader who lets this many bytes wait is not reading. */
const MOST_WAITING = 256 * 1024;

export class RateStreams {
  readonly #rates: ExchangeRateService;
  readonly #clock: Clock;
  readonly #open = new Set<Readable>();

  constructor(rates: ExchangeRateService, clock: Clock) {
    this.#rates = rates;
    this.#clock = clock;
  }

  get size(): number {
    return this.#open.size;
  }

  /** @param pairs all of them where empty. @throws `rates.too_many_streams` (busy) */
  open(pairs: readonly Pair[]): Readable {
    if (this.#open.size >= MOST_STREAMS) {
      const message = `${MOST_STREAMS} streams are open; close one, or ask again later`;
      throw new PlumblineError('busy', 'rates.too_many_streams', message);
    }
    const wanted = (pair: Pair): boolean => pairs.length === 0 || pairs.some((each) => samePair(each, pair));
    const stream = new Readable({ read: () => undefined });
    const send = (text: string): void => {
      if (stream.readableLength > MOST_WAITING) stream.destroy();
      else stream.push(text);
    };
    const quote = (pair: Pair): void => {
      const known = this.#rates.knownQuote(pair);
      if (known !== undefined) send(event('quote', known.quoteId, quoteToJson(known)));
    };
    const end = this.#rates.listen((happened) => {
      const told = toEvent(happened, wanted, quote);
      if (told !== undefined) send(told);
    });
    let cancel = (): void => undefined;
    const keepOpen = (): void => {
      send(': still here\n\n');
      cancel = this.#clock.after(KEEP_OPEN_MS, keepOpen);
    };
    stream.once('close', () => {
      end();
      cancel();
      this.#open.delete(stream);
    });
    this.#open.add(stream);
    send('retry: 2000\n\n');
    for (const pair of this.#rates.pairs.filter(wanted)) quote(pair);
    cancel = this.#clock.after(KEEP_OPEN_MS, keepOpen);
    return stream;
  }

  /** Ends every stream: the process does. */
  close(): void {
    for (const stream of this.#open) stream.push(null);
  }
}

function toEvent(
  happened: RatesEvent,
  wanted: (pair: Pair) => boolean,
  quote: (pair: Pair) => void,
): string | undefined {
  switch (happened.kind) {
    case 'published':
      if (wanted(happened.pair)) quote(happened.pair);
      return undefined;
    case 'breaker':
      return event('breaker', undefined, { source: happened.source, from: happened.from, to: happened.to });
    case 'alarm': {
      const { event: name, severity, message } = noticeOf(happened.alarm);
      if (!wanted(happened.alarm.pair)) return undefined;
      return event('alarm', undefined, { event: name, severity, message, pair: pairName(happened.alarm.pair) });
    }
    default:
      return undefined;
  }
}

const event = (name: string, id: string | undefined, data: object): string =>
  `event: ${name}\n${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`;
