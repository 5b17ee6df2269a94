/** Every environment variable that Plumbline reads. `docs/reference/settings.md` is generated from this. */
import type { Setting } from './setting.ts';
import { ARCHIVE } from './settings/archive.ts';
import { AUDIT } from './settings/audit.ts';
import { NOTIFICATIONS } from './settings/notifications.ts';
import { PAYOUTS } from './settings/payouts.ts';
import { PEOPLE } from './settings/people.ts';
import { RATES } from './settings/rates.ts';
import { RECONCILIATION } from './settings/reconciliation.ts';
import { SERVICE } from './settings/service.ts';

export const SETTINGS = {
  ...SERVICE,
  ...PEOPLE,
  ...RECONCILIATION,
  ...PAYOUTS,
  ...AUDIT,
  ...ARCHIVE,
  ...NOTIFICATIONS,
  ...RATES,
} as const;

type Settings = typeof SETTINGS;
export type SettingName = keyof Settings;

type Value<S> = S extends Setting<infer T> ? T : never;
/** A setting with a fallback always has a value. */
export type Values = {
  readonly [N in SettingName]: Settings[N] extends { readonly fallback: string }
    ? Value<Settings[N]>
    : Value<Settings[N]> | undefined;
};
