/** Reads the whole environment at once: every fault is reported, none hides another. */
import { type Fault, PlumblineError } from '../../kernel/errors.ts';
import { contradictionsIn } from './contradictions.ts';
import { type Environment, readSetting, type Setting } from './setting.ts';
import { SETTINGS, type Values } from './settings.ts';

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
  const contradictions = contradictionsIn(config.values);
  if (contradictions.length > 0) throw invalidConfig(contradictions);
  return config;
}

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
