/** Figures and times. Each has its unit, and on hover all its digits. */
import { useEffect, useState } from 'preact/hooks';
import { every, now } from '../browser/clock.ts';
import { isNegative } from '../format/decimal.ts';
import { useLocale } from '../locale.ts';

export interface AmountProps {
  /** Decimal string; null: it is unknown, which is not zero. */
  readonly value: string | null | undefined;
  readonly currency: string;
  readonly signed?: boolean;
}

export function Amount({ value, currency, signed = false }: AmountProps) {
  const locale = useLocale();
  if (value === null || value === undefined) return <span class="unknown">{locale.words.common.unknown}</span>;
  return (
    <span class={isNegative(value) ? 'num below' : 'num'} title={locale.exact(value, currency)}>
      {locale.amount(value, currency, signed)}
    </span>
  );
}

export function Rate({ value, pair }: { readonly value: string | null; readonly pair: string }) {
  const locale = useLocale();
  if (value === null) return <span class="unknown">{locale.words.common.none}</span>;
  return (
    <span class="num" title={`${value} ${pair}`}>
      {locale.rate(value, pair)}
    </span>
  );
}

/** An instant, in the platform's zone. */
export function Time({ at }: { readonly at: string | null | undefined }) {
  const locale = useLocale();
  if (at === null || at === undefined) return <span class="unknown">{locale.words.common.never}</span>;
  return (
    <time class="num" dateTime={at} title={`${at} (${locale.zone})`}>
      {locale.time(at)}
    </time>
  );
}

/** The present, again every so often. */
export function useNow(everyMs = 1_000): number {
  const [time, setTime] = useState(now);
  useEffect(() => every(everyMs, () => setTime(now())), [everyMs]);
  return time;
}

/** How long ago, as it goes on; the instant itself on hover. */
export function Age({ at }: { readonly at: string | number }) {
  const locale = useLocale();
  const time = useNow();
  return (
    <time class="age" dateTime={new Date(at).toISOString()} title={locale.time(at)}>
      {locale.fromNow(Math.min(0, new Date(at).getTime() - time))}
    </time>
  );
}

/** How long until; the instant itself on hover. */
export function Until({ at }: { readonly at: string }) {
  const locale = useLocale();
  const time = useNow();
  return (
    <time dateTime={at} title={locale.time(at)}>
      {locale.fromNow(Math.max(0, Date.parse(at) - time))}
    </time>
  );
}

/** A hash or an id: enough to compare by eye, all of it to copy. */
export function Digest({ value, chars = 12 }: { readonly value: string; readonly chars?: number }) {
  return (
    <code class="digest" title={value}>
      {value.length > chars ? `${value.slice(0, chars)}…` : value}
    </code>
  );
}
