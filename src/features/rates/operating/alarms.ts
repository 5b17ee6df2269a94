/** What people are told about the rates, and how urgently. */
import type { Json } from '../../../kernel/canonical.ts';
import { formatRate, pairName } from '../../../kernel/rate.ts';
import type { Alarm } from '../fleet/pair-state.ts';

export interface Notice {
  readonly event: string;
  readonly severity: 'info' | 'warning' | 'critical';
  readonly message: string;
  readonly payload: Json;
}

export function noticeOf(alarm: Alarm): Notice {
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
