/** One setting: its name, what it is, how its text becomes a value. The reference is generated from these. */
import { readFileSync } from 'node:fs';
import { type Fault, messageOf } from '../../kernel/errors.ts';

export interface Setting<T> {
  readonly about: string;
  /** What a right value looks like, in words. */
  readonly expected: string;
  readonly example: string;
  /** The text that stands in when the variable is absent. Without one the setting is optional. */
  readonly fallback?: string;
  /** Never shown, logged or documented with a value; also read from the file named by NAME_FILE. */
  readonly secret?: boolean;
  /** @returns the value, or undefined where the text is not acceptable */
  readonly parse: (text: string) => T | undefined;
}

export type Environment = { readonly [name: string]: string | undefined };

export type Read<T> =
  | { readonly ok: true; readonly value: T | undefined; readonly from: 'environment' | 'file' | 'default' | 'absent' }
  | { readonly ok: false; readonly fault: Fault };

/** Reads one setting. An empty variable counts as absent, as in most shells and compose files. */
export function readSetting<T>(name: string, setting: Setting<T>, env: Environment): Read<T> {
  const fault = (message: string): Read<T> => ({ ok: false, fault: { pointer: name, message } });
  const direct = env[name] || undefined;
  const file = setting.secret === true ? env[`${name}_FILE`] || undefined : undefined;
  if (direct !== undefined && file !== undefined) return fault(`set either ${name} or ${name}_FILE, not both`);

  let text = direct ?? setting.fallback;
  if (file !== undefined) {
    try {
      text = readFileSync(file, 'utf8').trim();
    } catch (error) {
      return fault(`${name}_FILE names a file that cannot be read (${messageOf(error)})`);
    }
  }
  if (text === undefined) return { ok: true, value: undefined, from: 'absent' };

  const value = setting.parse(text);
  if (value === undefined) {
    const shown = setting.secret === true ? 'the value given (not shown: it is a secret)' : `"${text.slice(0, 80)}"`;
    return fault(`expected ${setting.expected}, not ${shown}; for example ${name}=${setting.example}`);
  }
  const from = file !== undefined ? 'file' : direct !== undefined ? 'environment' : 'default';
  return { ok: true, value, from };
}
