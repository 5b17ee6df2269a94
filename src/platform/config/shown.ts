/** Settings as people may see them: what is in force, where it comes from, and never a secret. */
import type { Config } from './config.ts';
import type { Setting } from './setting.ts';
import { SETTINGS } from './settings.ts';

export interface ShownSetting {
  readonly name: string;
  readonly about: string;
  readonly expected: string;
  readonly secret: boolean;
  readonly origin: 'environment' | 'file' | 'default' | 'absent';
  /** Undefined where it is not set, and of every secret. */
  readonly value: string | undefined;
}

/** Every setting that there is, in the order of the reference. */
export function shownSettings(config: Config): readonly ShownSetting[] {
  const values: Readonly<Record<string, unknown>> = config.values;
  return Object.entries<Setting<unknown>>(SETTINGS).map(([name, { about, expected, secret = false }]) => {
    const value = values[name];
    const origin = config.origin[name] ?? 'absent';
    const text = value === undefined || secret ? undefined : withoutSecrets(settingText(value), config);
    return { name, about, expected, secret, origin, value: text };
  });
}

/** A value as it could have been written. */
export function settingText(value: unknown): string {
  if (Array.isArray(value)) return value.join(' ');
  if (value instanceof Map) return [...value].map(([name, each]) => `${name}=${each}`).join(' ');
  return String(value);
}

/** A password may stand in an address that is no secret itself. */
export const withoutSecrets = (text: string, { secrets }: Config): string =>
  secrets
    .reduce((rest, secret) => rest.replaceAll(secret, '(secret)'), text)
    .replace(/(\/\/[^/\s@]*:)[^/\s@]*@/g, '$1(secret)@');
