/** Reads the whole environment at once: every fault is reported, none hides another. */
import { type Fault, PlumblineError } from '../../kernel/errors.ts';
import { type Environment, readSetting, type Setting } from './setting.ts';
import { SETTINGS } from './settings.ts';

type Settings = typeof SETTINGS;
export type SettingName = keyof Settings;

type Value<S> = S extends Setting<infer T> ? T : never;
/** A setting with a fallback always has a value. */
type Values = {
  readonly [N in SettingName]: Settings[N] extends { readonly fallback: string }
    ? Value<Settings[N]>
    : Value<Settings[N]> | undefined;
};
type Origin = 'environment' | 'file' | 'default' | 'absent';

export interface Config {
  readonly values: Values;
  readonly origin: Readonly<Partial<Record<string, Origin>>>;
  /** The secret texts among the values, for redaction. */
  readonly secrets: readonly string[];
}

/**
 * Our own prefixes: an unknown name under one of them is a typing error that would otherwise leave a
 * default silently in force (RECONCILIATION_TOLERENCE).
 */
const OWN =
  /^(PLUMBLINE|PLATFORM|OIDC|REQUIRE|APPROVALS|RECONCILIATION|PAYOUTS|AUDIT|RATES|BREAKER|COINGECKO|BINANCE|CRYPTOCOMPARE|VIETCOMBANK|OPEN_ER|FRANKFURTER|S3|ARCHIVE|NOTIFY|INCIDENTS)_/;

/** What Kubernetes and Docker add for a service that is called plumbline. */
const SERVICE_LINK = /_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT_\d+_(TCP|UDP)(_[A-Z]+)?)$/;

/** @throws `config.invalid` (invalid) with one fault a wrong setting */
export function loadConfig(env: Environment): Config {
  const faults: Fault[] = [];
  const values: Record<string, unknown> = {};
  const origin: Record<string, Origin> = {};
  const secrets: string[] = [];

  for (const [name, setting] of Object.entries<Setting<unknown>>(SETTINGS)) {
    const read = readSetting(name, setting, env);
    if (!read.ok) {
      faults.push(read.fault);
      continue;
    }
    values[name] = read.value;
    origin[name] = read.from;
    if (setting.secret === true && typeof read.value === 'string') secrets.push(...secretsIn(read.value));
  }
  faults.push(...unknownNames(env));
  if (faults.length > 0) throw invalidConfig(faults);
  // Each value came out of the parser of its own setting, and none is missing that has a fallback.
  const config: Config = { values: values as Values, origin, secrets };
  const contradictions = contradictionsIn(config);
  if (contradictions.length > 0) throw invalidConfig(contradictions);
  return config;
}

/** Settings that are right alone and wrong together. */
function contradictionsIn({ values }: Config): readonly Fault[] {
  const { RATES_FRESH_MS: fresh, RATES_AGING_MS: aging } = values;
  const faults: Fault[] = [];
  if (fresh > aging) {
    faults.push({
      pointer: 'RATES_AGING_MS',
      message: `${aging} is below RATES_FRESH_MS, ${fresh}; a rate ages after it was fresh`,
    });
  }
  const { PAYOUTS_WEBHOOK_URL: url, PAYOUTS_WEBHOOK_SECRET: secret } = values;
  if ((url === undefined) !== (secret === undefined)) {
    faults.push({
      pointer: url === undefined ? 'PAYOUTS_WEBHOOK_URL' : 'PAYOUTS_WEBHOOK_SECRET',
      message: 'is not set; PAYOUTS_WEBHOOK_URL and PAYOUTS_WEBHOOK_SECRET are set together or not at all',
    });
  }
  return [...faults, ...coldContradictions(values), ...identityContradictions(values), ...notifyContradictions(values)];
}

/** Of the cold storage: what would be set and have no effect, and half of what is set in two parts. */
function coldContradictions(values: Values): readonly Fault[] {
  const faults: Fault[] = [];
  const fault = (pointer: SettingName, message: string): void => {
    faults.push({ pointer, message });
  };
  if (values.S3_BUCKET === undefined) {
    const OF_S3 = ['S3_ENDPOINT', 'S3_ACCESS_KEY_ID', 'S3_SECRET_ACCESS_KEY', 'S3_SSE', 'S3_OBJECT_LOCK'] as const;
    for (const name of OF_S3) {
      if (values[name] !== undefined)
        fault(name, 'is set without S3_BUCKET, and would have no effect; set both or none');
    }
  } else if (values.ARCHIVE_FOLDER !== undefined) {
    fault('ARCHIVE_FOLDER', 'is set beside S3_BUCKET, and would have no effect; remove one of them');
  }
  for (const [name, other] of [
    ['S3_ACCESS_KEY_ID', 'S3_SECRET_ACCESS_KEY'],
    ['S3_OBJECT_LOCK', 'S3_OBJECT_LOCK_DAYS'],
  ] as const) {
    const [absent, present] = values[name] === undefined ? [name, other] : [other, name];
    if (values[absent] === undefined && values[present] !== undefined) {
      fault(absent, `is not set; ${name} and ${other} are set together or not at all`);
    }
  }
  if (values.S3_KMS_KEY_ID !== undefined && values.S3_SSE !== 'aws:kms') {
    fault('S3_KMS_KEY_ID', 'is set without S3_SSE=aws:kms, and would have no effect; set both or none');
  }
  return faults;
}

function identityContradictions(values: Values): readonly Fault[] {
  const { OIDC_ISSUER: issuer, OIDC_CLIENT_ID: client, OIDC_AUDIENCE: audience } = values;
  const faults: Fault[] = [];
  if ((issuer === undefined) !== (client === undefined)) {
    faults.push({
      pointer: issuer === undefined ? 'OIDC_ISSUER' : 'OIDC_CLIENT_ID',
      message: 'is not set; OIDC_ISSUER and OIDC_CLIENT_ID are set together or not at all',
    });
  }
  if (issuer !== undefined && new URL(issuer).protocol === 'http:' && !isLoopback(new URL(issuer).hostname)) {
    faults.push({
      pointer: 'OIDC_ISSUER',
      message: `"${issuer.slice(0, 80)}" is not https; only a provider on this machine may be http`,
    });
  }
  if (audience !== undefined && audience === client) {
    faults.push({
      pointer: 'OIDC_AUDIENCE',
      message: 'is the same as OIDC_CLIENT_ID: ID tokens, which are no keys to an API, would be taken as such',
    });
  }
  return faults;
}

const isLoopback = (host: string): boolean => /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(host);

const invalidConfig = (faults: readonly Fault[]): PlumblineError =>
  new PlumblineError(
    'invalid',
    'config.invalid',
    `the configuration has ${faults.length} ${faults.length === 1 ? 'fault' : 'faults'}`,
    { faults },
  );

function unknownNames(env: Environment): readonly Fault[] {
  const known = new Set<string>(
    Object.entries<Setting<unknown>>(SETTINGS).flatMap(([name, { secret }]) =>
      secret === true ? [name, `${name}_FILE`] : [name],
    ),
  );
  return Object.keys(env)
    .filter((name) => OWN.test(name) && !known.has(name) && !SERVICE_LINK.test(name))
    .sort()
    .map((name) => ({
      pointer: name,
      message: 'unknown setting; remove it or correct its name (docs/reference/settings.md)',
    }));
}

/** The whole text, and in a URL its password, wherever it stands and however it is written. */
function secretsIn(value: string): readonly string[] {
  if (!URL.canParse(value)) return [value];
  const { password, searchParams } = new URL(value);
  const passwords = [password, decoded(password), searchParams.get('password') ?? ''];
  return [value, ...passwords.filter((each) => each !== '')];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a lone % is accepted by the driver as it is
  }
}

/** The process's own environment. The one place that reads it. */
export const processEnvironment = (): Environment => process.env;

function notifyContradictions(values: Values): readonly Fault[] {
  const faults: Fault[] = [];
  const zalo = [
    'NOTIFY_ZALO_APP_ID',
    'NOTIFY_ZALO_APP_SECRET',
    'NOTIFY_ZALO_REFRESH_TOKEN',
    'NOTIFY_ZALO_TEMPLATE_ID',
  ] as const;
  const absent = zalo.filter((name) => values[name] === undefined);
  if (absent.length > 0 && absent.length < zalo.length) {
    for (const name of absent)
      faults.push({ pointer: name, message: `is not set; ${zalo.join(', ')} are set together or not at all` });
  }
  return faults;
}
