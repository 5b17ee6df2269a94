/** Keys in the signer's folder, and keys that come as text from the environment. */
import type { Clock } from '../../../kernel/clock.ts';
import { PlumblineError } from '../../../kernel/errors.ts';
import type { StateFolder } from '../../../platform/files/port.ts';
import { generateSigningKey, parseSigningKey } from '../tlog/keys.ts';
import type { KeyRing, LogKey } from './port.ts';

const PREFIX = 'key-';

/** One file a key, which only its owner can read; made when the signer asks for it. */
export function folderKeys(files: StateFolder, clock: Clock): KeyRing {
  const fileOf = (keyId: number): string => PREFIX + keyId.toString(16).padStart(8, '0');
  return {
    async keys() {
      const names = (await files.list()).filter((name) => name.startsWith(PREFIX));
      const texts = await Promise.all(names.map((name) => files.read(name)));
      return texts.flatMap((text, index) =>
        text === undefined ? [] : [readKey(text, `${files.path}/${names[index]}`, clock)],
      );
    },
    async create(algorithm, name) {
      const { secret, ...key } = generateSigningKey(name, algorithm, seconds(clock));
      await files.write(fileOf(key.keyId), `${secret}\n`);
      return key;
    },
    async destroy(vkey) {
      for (const key of await this.keys()) if (key.vkey === vkey) await files.remove(fileOf(key.keyId));
    },
  };
}

/** Keys of one text, a line each, such as AUDIT_SIGNING_KEY. @throws `audit.key_malformed` (invalid) */
export function textKeys(text: string, clock: Clock): KeyRing {
  const keys = text
    .split(/\s+/)
    .filter((line) => line !== '')
    .map((line) => readKey(line, 'the signing key of the configuration', clock));
  return { keys: async () => keys };
}

function readKey(text: string, where: string, clock: Clock): LogKey {
  try {
    return parseSigningKey(text.trim(), seconds(clock));
  } catch (error) {
    throw new PlumblineError(
      'invalid',
      'audit.key_malformed',
      `${where} is not a signing key (not shown: it is a secret); for example PRIVATE+KEY+log.example/audit+0a1b2c3d+BASE64`,
      { cause: error },
    );
  }
}

const seconds = (clock: Clock) => (): number => Math.floor(clock.now() / 1_000);
