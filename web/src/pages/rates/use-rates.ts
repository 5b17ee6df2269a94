/** The rate of a pair as it changes: first asked for, then as server-sent events. */
import { useEffect, useState } from 'preact/hooks';
import { type Answer, get } from '../../api.ts';
import { now } from '../../browser/clock.ts';
import { isFields, textIn } from '../../json.ts';
import { useLoad } from '../../load.ts';
import type { Problem } from '../../problem.ts';
import { follow, type ServerEvent } from '../../stream.ts';
import type { Quote } from './tones.ts';

export interface RateEvent {
  readonly at: number;
  readonly kind: 'breaker' | 'alarm';
  readonly about: string;
  readonly text: string;
}

export interface Rates {
  readonly quote: Quote | undefined;
  readonly problem: Problem | undefined;
  /** Whether changes arrive by themselves. */
  readonly live: boolean;
  /** What happened since the page was opened, newest first. */
  readonly events: readonly RateEvent[];
}

const MOST_EVENTS = 50;
const ASK_MS = 10_000;

export function useRates(pair: string): Rates {
  const [base = '', quote = ''] = pair.split('/');
  const asked = useLoad(
    `rate ${pair}`,
    (signal) => get('GET /v1/rates/{base}/{quote}', { path: { base, quote }, query: { purpose: 'display' } }, signal),
    { everyMs: ASK_MS },
  );
  const [told, setTold] = useState<Quote>();
  const [live, setLive] = useState(false);
  const [events, setEvents] = useState<readonly RateEvent[]>([]);
  useEffect(() => {
    setTold(undefined);
    return follow(
      `/v1/rates/stream?pairs=${encodeURIComponent(pair)}`,
      (event) => {
        const heard = quoteOf(event);
        if (heard !== undefined) setTold(heard);
        const happened = happenedOf(event);
        if (happened !== undefined) setEvents((before) => [happened, ...before].slice(0, MOST_EVENTS));
      },
      setLive,
    );
  }, [pair]);
  return { quote: newer(asked.data, told), problem: asked.problem, live, events };
}

/** By when it was true; an answer to a question says how old it is by now. */
function newer(asked: Quote | undefined, told: Quote | undefined): Quote | undefined {
  if (asked === undefined || told === undefined) return asked ?? told;
  return Date.parse(told.as_of) > Date.parse(asked.as_of) ? told : asked;
}

function quoteOf({ event, data }: ServerEvent): Quote | undefined {
  if (event !== 'quote') return undefined;
  const quote: Answer<'GET /v1/rates/{base}/{quote}'> = JSON.parse(data);
  return quote;
}

function happenedOf({ event, data }: ServerEvent): RateEvent | undefined {
  const body: unknown = event === 'breaker' || event === 'alarm' ? JSON.parse(data) : undefined;
  if (!isFields(body)) return undefined;
  const at = now();
  return event === 'breaker'
    ? {
        at,
        kind: 'breaker',
        about: textIn(body, 'source') ?? '',
        text: `${textIn(body, 'from')} → ${textIn(body, 'to')}`,
      }
    : { at, kind: 'alarm', about: textIn(body, 'event') ?? '', text: textIn(body, 'message') ?? '' };
}
