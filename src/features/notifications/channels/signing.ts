/**
 * Signatures of webhooks: Standard Webhooks 1.0.0, symmetric (`v1`, HMAC-SHA-256) and asymmetric (`v1a`,
 * Ed25519). https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
import { createHmac, createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import type { Vault } from '../privacy/vault.ts';
import type { Signing } from './channel.ts';

const SECRET_BYTES = 32;
/** What PKCS#8 puts before the 32 bytes of an Ed25519 key (RFC 8410 7). */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');

/** What an endpoint verifies with: given to its owner, and made again from the vault whenever it is asked for. */
export interface SecretTexts {
  /** `whsec_` and base64. */
  readonly secret: string;
  /** `whpk_` and base64: of the asymmetric signature. */
  readonly publicKey: string;
}

export function secretTexts(vault: Vault, endpointId: string, version: number): SecretTexts {
  const { hmac, ed25519 } = keysOf(vault, endpointId, version);
  const raw = createPublicKey(ed25519).export({ format: 'der', type: 'spki' }).subarray(-32);
  return { secret: `whsec_${hmac.toString('base64')}`, publicKey: `whpk_${raw.toString('base64')}` };
}

/** @param at epoch milliseconds of the attempt */
export function webhookHeaders(
  vault: Vault,
  { endpointId, versions }: Signing,
  { id, at, body }: { readonly id: string; readonly at: number; readonly body: string },
): { readonly [name: string]: string } {
  const timestamp = String(Math.floor(at / 1000));
  const signed = Buffer.from(`${id}.${timestamp}.${body}`);
  const signatures = versions.flatMap((version) => {
    const { hmac, ed25519 } = keysOf(vault, endpointId, version);
    return [
      `v1,${createHmac('sha256', hmac).update(signed).digest('base64')}`,
      `v1a,${sign(null, signed, ed25519).toString('base64')}`,
    ];
  });
  return {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signatures.join(' '),
  };
}

function keysOf(
  vault: Vault,
  endpointId: string,
  version: number,
): { readonly hmac: Buffer; readonly ed25519: KeyObject } {
  const name = `${endpointId} ${version}`;
  const seed = vault.derive(`webhook v1a ${name}`, 32);
  return {
    hmac: vault.derive(`webhook v1 ${name}`, SECRET_BYTES),
    ed25519: createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' }),
  };
}
