/** What this process was configured with, for the audit log: settings, book, and the policy of the rates. */
import { type ConfigurationPart, recordConfiguration } from '../features/audit/configuration/recorder.ts';
import type { AuditLog } from '../features/audit/service.ts';
import { encodePolicy } from '../features/rates/consensus/policy.ts';
import type { RatesSettings } from '../features/rates/settings.ts';
import type { Book } from '../features/reconciliation/book.ts';
import type { Random } from '../kernel/clock.ts';
import type { Config } from '../platform/config/config.ts';
import type { Setting } from '../platform/config/setting.ts';
import { SETTINGS } from '../platform/config/settings.ts';
import { settingText, withoutSecrets } from '../platform/config/shown.ts';
import type { Db } from '../platform/db/port.ts';
import { processName } from '../platform/db/process-identity.ts';

export interface ConfigurationInForce {
  readonly audit: AuditLog;
  readonly db: Db;
  readonly random: Random;
  readonly config: Config;
  readonly book: Book;
  readonly rates: RatesSettings;
  readonly mode: 'live' | 'sandbox';
}

/** @returns what records it, the first time that it is called */
export function configurationRecorder({
  audit,
  db,
  random,
  config,
  book,
  rates,
  mode,
}: ConfigurationInForce): () => Promise<unknown> {
  // The sandbox is no change of the real service.
  const nameOf = (name: string): string => (mode === 'live' ? name : `${mode}/${name}`);
  const parts: readonly ConfigurationPart[] = [
    settingsPart(nameOf('settings'), config),
    { name: nameOf('book'), document: JSON.parse(book.document) },
    { name: nameOf('rates'), document: JSON.parse(encodePolicy(rates.policy)) },
  ];
  let recorded: Promise<unknown> | undefined;
  return () => {
    recorded ??= recordConfiguration({ log: audit, db, random }, parts, processName());
    return recorded;
  };
}

function settingsPart(name: string, config: Config): ConfigurationPart {
  const values: Readonly<Record<string, unknown>> = config.values;
  const all = Object.entries<Setting<unknown>>(SETTINGS).map(([setting, { secret = false }]) => {
    const value = values[setting];
    return { setting, secret, text: value === undefined ? undefined : settingText(value) };
  });
  const shown = all.filter(({ secret }) => !secret);
  const hidden = all.filter(({ secret }) => secret);
  return {
    name,
    document: Object.fromEntries(
      shown.flatMap(({ setting, text }) => (text === undefined ? [] : [[setting, withoutSecrets(text, config)]])),
    ),
    secrets: Object.fromEntries(hidden.map(({ setting, text }) => [setting, text])),
  };
}
