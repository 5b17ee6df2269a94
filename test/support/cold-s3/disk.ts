/** The state in a folder: a file for each bucket and for each version, so that a new process goes on. */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { sha256Hex } from '../../../src/kernel/hash.ts';
import type { Blob } from './blobs.ts';
import { ALGORITHMS } from './checksums.ts';
import { STORAGE_CLASSES, TIERS } from './glacier.ts';
import type { Bucket, Version } from './model.ts';

const MODE = z.enum(['GOVERNANCE', 'COMPLIANCE']);
const BUCKET = z.object({
  name: z.string(),
  createdMs: z.number(),
  versioning: z.enum(['Enabled', 'Suspended']).optional(),
  lockEnabled: z.boolean(),
  defaultLock: z.object({ mode: MODE, days: z.number() }).optional(),
});
const VERSION = z.object({
  key: z.string(),
  versionId: z.string(),
  modifiedMs: z.number(),
  /** Of versions that were written in the same millisecond, the later one is above. */
  order: z.number(),
  blob: z.object({ file: z.string(), size: z.number() }).optional(),
  etag: z.string(),
  headers: z.record(z.string(), z.string()),
  storageClass: z.enum(STORAGE_CLASSES),
  checksum: z
    .object({ algorithm: z.enum(ALGORITHMS), value: z.string(), type: z.enum(['FULL_OBJECT', 'COMPOSITE']) })
    .optional(),
  lock: z.object({ mode: MODE, untilMs: z.number() }).optional(),
  hold: z.boolean(),
  restoration: z
    .object({ tier: z.enum(TIERS), requestedMs: z.number(), readyMs: z.number(), expiresMs: z.number() })
    .optional(),
});

export interface Disk {
  load(): readonly Bucket[];
  saveBucket(bucket: Bucket): void;
  removeBucket(bucket: Bucket): void;
  saveVersion(bucket: Bucket, version: Version): void;
  removeVersion(bucket: Bucket, version: Version): void;
}

export function openDisk(folder: string, openBlob: (file: string, size: number) => Blob): Disk {
  const placeOf = (bucket: string, file = ''): string => path.join(folder, 'buckets', bucket, file);
  const fileOf = ({ key, versionId }: Version): string => `${sha256Hex(`${key}\n${versionId}`)}.json`;
  const orders = new WeakMap<Version, number>();
  let lastOrder = 0;

  const write = (place: string, value: unknown): void => {
    mkdirSync(path.dirname(place), { recursive: true });
    writeFileSync(`${place}.new`, JSON.stringify(value));
    renameSync(`${place}.new`, place);
  };

  const loadBucket = (name: string): Bucket => {
    const bucket = BUCKET.parse(JSON.parse(readFileSync(placeOf(name, 'bucket'), 'utf8')));
    const versions = readdirSync(placeOf(name))
      .filter((file) => file.endsWith('.json'))
      .map((file) => VERSION.parse(JSON.parse(readFileSync(placeOf(name, file), 'utf8'))))
      .sort((a, b) => b.order - a.order);
    const objects = new Map<string, Version[]>();
    for (const { order, blob, ...rest } of versions) {
      const version: Version = {
        ...rest,
        blob: blob === undefined ? undefined : openBlob(blob.file, blob.size),
        checksum: rest.checksum,
        lock: rest.lock,
        restoration: rest.restoration,
      };
      orders.set(version, order);
      lastOrder = Math.max(lastOrder, order);
      objects.set(version.key, [...(objects.get(version.key) ?? []), version]);
    }
    return {
      ...bucket,
      versioning: bucket.versioning,
      defaultLock: bucket.defaultLock,
      objects,
      uploads: new Map(),
    };
  };

  return {
    load: () => {
      mkdirSync(placeOf(''), { recursive: true });
      return readdirSync(placeOf('')).map(loadBucket);
    },
    saveBucket: ({ objects, uploads, ...bucket }) => write(placeOf(bucket.name, 'bucket'), bucket),
    removeBucket: ({ name }) => rmSync(placeOf(name), { recursive: true, force: true }),
    saveVersion: (bucket, version) => {
      const order = orders.get(version) ?? lastOrder + 1;
      lastOrder = Math.max(lastOrder, order);
      orders.set(version, order);
      const { blob, ...rest } = version;
      write(placeOf(bucket.name, fileOf(version)), {
        ...rest,
        order,
        ...(blob === undefined ? {} : { blob: { file: blob.file, size: blob.size } }),
      });
    },
    removeVersion: (bucket, version) => rmSync(placeOf(bucket.name, fileOf(version)), { force: true }),
  };
}
