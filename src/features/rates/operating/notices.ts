/** What people are told about the rates, and how urgently. */
import type { Notice } from '../../../kernel/notice.ts';
import { formatRate, type Pair, pairName } from '../../../kernel/rate.ts';
import type { Alarm } from '../fleet/pair-state.ts';
import type { Quote } from '../quote.ts';

/** Whoever raises it gives it its key. */
export type RateNotice = Omit<Notice, 'key'>;

export function noticeOf(alarm: Alarm): RateNotice {
  const pair = pairName(alarm.pair);
  switch (alarm.kind) {
    case 'moved':
      return {
        event: 'rates.moved',
        severity: 'critical',
        message: `${pair} moved by ${alarm.bps} basis points, from ${formatRate(alarm.from)} to ${formatRate(alarm.to)}; several sources agree, and it is followed`,
        payload: { pair, bps: alarm.bps, from: formatRate(alarm.from), to: formatRate(alarm.to) },
      };
    case 'contested': {
      const said = alarm.opinions
        .filter(({ rate }) => rate !== undefined)
        .map(({ route, rate }) => `${route} ${rate === undefined ? '' : formatRate(rate)}`);
      return {
        event: 'rates.contested',
        severity: 'warning',
        message: `${pair} is in dispute: ${said.join(', ')}; served meanwhile: ${formatRate(alarm.serving)}, labelled stale, with a spread that reaches to all of them`,
        payload: { pair, said, serving: formatRate(alarm.serving) },
      };
    }
    case 'settled':
      return {
        event: 'rates.settled',
        severity: 'info',
        message: `${pair} is no longer in dispute: ${formatRate(alarm.rate)}`,
        payload: { pair, rate: formatRate(alarm.rate) },
      };
    case 'off-peg':
      return {
        event: 'rates.off_peg',
        severity: 'critical',
        message: `${pair} is ${alarm.bps} basis points from its peg, at ${formatRate(alarm.rate)}`,
        payload: { pair, bps: alarm.bps, rate: formatRate(alarm.rate) },
      };
    case 'manual-ended':
      return {
        event: 'rates.manual_ended',
        severity: 'warning',
        message: `the manual rate of ${pair} has ended: ${alarm.reason}`,
        payload: { pair, reason: alarm.reason },
      };
  }
}

/** @param quote what is served meanwhile; undefined: nothing */
export const rateStale = (pair: Pair, quote: Pick<Quote, 'mid' | 'ageMs'> | undefined): RateNotice => ({
  event: 'rates.stale',
  severity: 'warning',
  message:
    quote === undefined
      ? `no rate of ${pairName(pair)} is known: no source has given one, and none is remembered`
      : `${pairName(pair)} is stale: ${formatRate(quote.mid)} is ${minutes(quote.ageMs)} old; it is served as such, with a wider spread`,
  payload: { pair: pairName(pair), rate: quote === undefined ? null : formatRate(quote.mid) },
});

export const rateRenewed = (pair: Pair, quote: Pick<Quote, 'mid'>): RateNotice => ({
  event: 'rates.renewed',
  severity: 'info',
  message: `${pairName(pair)} is no longer stale: ${formatRate(quote.mid)}`,
  payload: { pair: pairName(pair), rate: formatRate(quote.mid) },
});

/** @param said what its last call came to */
export const breakerOpen = (source: string, kind: 'open' | 'forced-open', said: string | undefined): RateNotice => ({
  event: 'breaker.open',
  severity: 'warning',
  message:
    kind === 'open'
      ? `${source} is left alone, for it fails again and again${said === undefined ? '' : `: ${said}`}`
      : `${source} is left alone, for an operator forced its breaker open`,
  payload: { source, breaker: kind },
});

export const breakerClosed = (source: string): RateNotice => ({
  event: 'breaker.closed',
  severity: 'info',
  message: `${source} answers again`,
  payload: { source },
});

const minutes = (ms: number): string => `${Math.floor(ms / 60_000)} min`;
