/** Language, zone and theme of the page, and how they shape what is shown. */
import { ofBrowser } from './browser/store.ts';
import type { Language } from './format/amount.ts';
import * as amounts from './format/amount.ts';
import * as times from './format/time.ts';
import type { Words } from './i18n/en.ts';
import { state, useShared } from './state.ts';

export type { Language };
export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

interface Spoken {
  readonly language: Language;
  readonly words: Words;
}

const DICTIONARIES: Readonly<Record<Language, () => Promise<Words>>> = {
  vi: async () => (await import('./i18n/vi.ts')).vi,
  en: async () => (await import('./i18n/en.ts')).en,
};

const spoken = state<Spoken | undefined>(undefined);

/** Of the platform's business dates, until the service has named it. */
export const zone = state<string>(Intl.DateTimeFormat().resolvedOptions().timeZone);

function firstLanguage(): Language {
  const kept = ofBrowser.get('language');
  if (kept === 'vi' || kept === 'en') return kept;
  return navigator.language.startsWith('vi') ? 'vi' : 'en';
}

export async function speak(language: Language = firstLanguage()): Promise<void> {
  const words = await DICTIONARIES[language]();
  ofBrowser.set('language', language);
  document.documentElement.lang = language;
  spoken.set({ language, words });
}

function firstTheme(): Theme {
  return THEMES.find((each) => each === ofBrowser.get('theme')) ?? 'system';
}

export const theme = state<Theme>(firstTheme());

export function wear(next: Theme): void {
  ofBrowser.set('theme', next);
  // `system` leaves it to the style sheet's own media query.
  document.documentElement.dataset.theme = next;
  theme.set(next);
}

export interface Locale extends Spoken {
  readonly zone: string;
  amount(text: string, currency: string, signed?: boolean): string;
  exact(text: string, currency: string): string;
  rate(text: string, pair: string): string;
  count(n: number | bigint): string;
  /** With just so many decimals: for axes. */
  figure(n: number, decimals: number): string;
  percent(hundredths: bigint, signed?: boolean): string;
  /** With date and zone. */
  time(time: string | number): string;
  fromNow(ms: number): string;
  duration(ms: number): string;
}

/** @throws Error before `speak` is done */
export function useLocale(): Locale {
  const now = useShared(spoken);
  const inZone = useShared(zone);
  if (now === undefined) throw new Error('the page speaks no language yet');
  const { language } = now;
  return {
    ...now,
    zone: inZone,
    amount: (text, currency, signed) => amounts.amount(text, currency, language, signed),
    exact: (text, currency) => amounts.exact(text, currency, language),
    rate: (text, pair) => amounts.rate(text, pair, language),
    count: (n) => amounts.count(n, language),
    figure: (n, decimals) => amounts.figure(n, decimals, language),
    percent: (hundredths, signed) => amounts.percent(hundredths, language, signed),
    time: (time) => times.dateTime(time, inZone),
    fromNow: (ms) => times.fromNow(ms, language),
    duration: (ms) => times.duration(ms, language),
  };
}
