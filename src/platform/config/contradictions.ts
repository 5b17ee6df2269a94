/** Settings that are right one by one, and wrong together. */
import type { Fault } from '../../kernel/errors.ts';
import type { SettingName, Values } from './settings.ts';

/** Settings that are right alone and wrong together. */
export function contradictionsIn(values: Values): readonly Fault[] {
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
  return [...faults, ...coldContradictions(values), ...identityContradictions(values), ...zaloContradictions(values)];
}

/** Of the cold storage: what would be set and have no effect, and half of what is set in two parts. */
function coldContradictions(values: Values): readonly Fault[] {
  const faults: Fault[] = [];
  const fault = (pointer: SettingName, message: string): void => {
    faults.push({ pointer, message });
  };
  if (values.S3_BUCKET === undefined) {
    const OF_S3 = [
      'S3_ENDPOINT',
      'S3_ACCESS_KEY_ID',
      'S3_SECRET_ACCESS_KEY',
      'S3_SSE',
      'S3_OBJECT_LOCK',
      'S3_BATCH_ROLE',
    ] as const;
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

/** Of the Zalo account: half of what is set together. */
function zaloContradictions(values: Values): readonly Fault[] {
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
