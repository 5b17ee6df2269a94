/**
 * What keeps addresses and secrets out of the database: one secret of the service, from which everything
 * else is derived. Addresses are sealed by it, their hashes keyed by it, and the secrets of webhooks come
 * from it, so that none of them is stored anywhere.
 */
import { createCipheriv, createDecipheriv, createHmac, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import type { Random } from '../../../kernel/clock.ts';
import { PlumblineError } from '../../../kernel/errors.ts';
import type { StateFolder } from '../../../platform/files/port.ts';

const FILE = 'notification-secret';
const NONCE = 12;
const TAG = 16;

export class Vault {
  // Made once: from bytes, a key takes five times as long as what is done with it.
  readonly #hashKey: KeyObject;
  readonly #sealKey: KeyObject;
  readonly #root: Uint8Array;
  readonly #random: Random;

  /** @param secret 32 bytes */
  constructor(secret: Uint8Array, random: Random) {
    this.#root = secret;
    this.#random = random;
    this.#hashKey = createSecretKey(this.derive('recipient hash', 32));
    this.#sealKey = createSecretKey(this.derive('seal', 32));
  }

  /** HKDF-SHA-256 (RFC 5869): bytes that only this secret and this purpose give. */
  derive(purpose: string, length: number): Buffer {
    return Buffer.from(hkdfSync('sha256', this.#root, '', `plumbline/notifications ${purpose}`, length));
  }

  /** The same address has the same hash, and nobody can guess a phone number from it without the secret. */
  hash(channel: string, address: string): Buffer {
    return createHmac('sha256', this.#hashKey).update(`${channel}\n${address}`).digest();
  }

  /** AES-256-GCM. @param what it is: a text sealed as one thing is not opened as another */
  seal(what: string, text: string): Buffer {
    const nonce = this.#random.bytes(NONCE);
    const cipher = createCipheriv('aes-256-gcm', this.#sealKey, nonce).setAAD(Buffer.from(what));
    const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return Buffer.concat([nonce, sealed, cipher.getAuthTag()]);
  }

  /** @throws `notifications.sealed_elsewhere` (integrity): by another secret, or damaged */
  open(what: string, sealed: Uint8Array): string {
    try {
      const bytes = Buffer.from(sealed);
      const decipher = createDecipheriv('aes-256-gcm', this.#sealKey, bytes.subarray(0, NONCE));
      decipher.setAAD(Buffer.from(what)).setAuthTag(bytes.subarray(-TAG));
      const text = Buffer.concat([decipher.update(bytes.subarray(NONCE, -TAG)), decipher.final()]);
      return text.toString('utf8');
    } catch (error) {
      throw new PlumblineError(
        'integrity',
        'notifications.sealed_elsewhere',
        `the ${what} cannot be opened: it was sealed under another NOTIFY_SECRET, or is damaged`,
        { cause: error },
      );
    }
  }
}

/**
 * @param given 64 hexadecimal digits: NOTIFY_SECRET
 * @param files where one is made and kept, if none is given; undefined: it has to be given
 * @returns undefined where there is none: then nobody can be told outside of the log
 * @throws `notifications.secret_malformed` (invalid)
 */
export async function openVault({
  given,
  files,
  random,
}: {
  readonly given: string | undefined;
  readonly files: StateFolder | undefined;
  readonly random: Random;
}): Promise<Vault | undefined> {
  if (given !== undefined) return new Vault(secretOf(given, 'NOTIFY_SECRET'), random);
  if (files === undefined) return undefined;
  const kept = await files.exclusive(async () => {
    const found = await files.read(FILE);
    if (found !== undefined) return found;
    const made = Buffer.from(random.bytes(32)).toString('hex');
    await files.write(FILE, made);
    return made;
  });
  return new Vault(secretOf(kept.trim(), `${files.path}/${FILE}`), random);
}

function secretOf(text: string, where: string): Uint8Array {
  if (/^[0-9a-f]{64}$/.test(text)) return Buffer.from(text, 'hex');
  throw new PlumblineError(
    'invalid',
    'notifications.secret_malformed',
    `${where} is not 64 hexadecimal digits (not shown: it is a secret); make one with: openssl rand -hex 32`,
  );
}
