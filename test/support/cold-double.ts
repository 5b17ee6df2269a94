/** A cold store in memory, strict where archival relies on it: written once, checksums kept, cold until restored. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { PlumblineError } from '../../src/kernel/errors.ts';
import type { ColdBody, ColdHead, ColdPut, ColdStore } from '../../src/platform/objects/cold-port.ts';

interface Stored {
  bytes: Buffer;
  readonly options: ColdPut;
  readonly at: Date;
  restored: boolean;
}

export interface ColdDouble extends ColdStore {
  readonly objects: Map<string, Stored>;
  /** Makes every object readable. */
  thaw(): void;
}

export function coldDouble(bucket = 'cold-test'): ColdDouble {
  const objects = new Map<string, Stored>();
  const sha = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
  const cold = ({ options, restored }: Stored): boolean => options.storageClass !== 'STANDARD' && !restored;
  const missing = (key: string) => new PlumblineError('missing', 'objects.missing', `there is no object ${key}`);
  const readable = (key: string): Buffer => {
    const stored = objects.get(key);
    if (stored === undefined) throw missing(key);
    if (cold(stored)) throw new PlumblineError('conflict', 'objects.cold', `${key} must be restored first`);
    return stored.bytes;
  };
  const headOf = (key: string, stored: Stored): ColdHead => ({
    ...{ key, size: stored.bytes.length, sha256: sha(stored.bytes), storageClass: stored.options.storageClass },
    ...{ versionId: undefined, storedAt: stored.at, retention: stored.options.retention },
    legalHold: stored.options.legalHold ?? false,
    readability:
      stored.options.storageClass === 'STANDARD'
        ? { state: 'readable' }
        : stored.restored
          ? { state: 'restored', until: new Date('9000-01-01T00:00:00Z') }
          : { state: 'archived' },
  });
  const called = async <T>(work: () => T): Promise<T> => work();
  const bytesOf = (body: ColdBody): Buffer => {
    if ('bytes' in body) return Buffer.from(body.bytes);
    const bytes = readFileSync(body.path);
    if (sha(bytes) !== body.sha256 || bytes.length !== body.size) {
      throw new PlumblineError('integrity', 'objects.corrupt', 'the body is not what it was said to be');
    }
    return bytes;
  };
  return {
    ...{ kind: 'folder', bucket, objects },
    thaw: () => {
      for (const stored of objects.values()) stored.restored = true;
    },
    put: (key, body, options) =>
      called(() => {
        const bytes = bytesOf(body);
        const known = objects.get(key);
        const same = known !== undefined && known.options.storageClass === options.storageClass;
        if (known !== undefined && !(same && sha(known.bytes) === sha(bytes))) {
          throw new PlumblineError('conflict', 'objects.exists', `${key} is taken`);
        }
        const stored = known ?? { bytes, options, at: new Date(), restored: false };
        objects.set(key, stored);
        return headOf(key, stored);
      }),
    head: (key) =>
      called(() => {
        const stored = objects.get(key);
        return stored && headOf(key, stored);
      }),
    get: (key) =>
      called(() => {
        const bytes = readable(key);
        return (async function* () {
          for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
        })();
      }),
    getRange: (key, offset, length) =>
      called(() => {
        const part = readable(key).subarray(offset, offset + length);
        if (part.length !== length) throw new PlumblineError('integrity', 'objects.corrupt', `${key} ends before`);
        return part;
      }),
    list: async function* (prefix) {
      for (const key of [...objects.keys()].filter((each) => each.startsWith(prefix)).sort()) {
        const stored = objects.get(key);
        if (stored !== undefined) yield headOf(key, stored);
      }
    },
    restore: (key) =>
      called(() => {
        const stored = objects.get(key);
        if (stored === undefined) throw missing(key);
        stored.restored = true;
        return 'requested';
      }),
    protect: () => Promise.resolve(),
    delete: (key) =>
      called(() => {
        if (objects.get(key)?.options.legalHold === true) {
          throw new PlumblineError('denied', 'objects.locked', `${key} is held`);
        }
        objects.delete(key);
      }),
    check: () => Promise.resolve(),
  };
}
