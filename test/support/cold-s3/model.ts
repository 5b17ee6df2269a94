/** Buckets, and the versions of their objects. */
import type { Blob } from './blobs.ts';
import type { Algorithm } from './checksums.ts';
import type { Class, Restoration } from './glacier.ts';
import { S3Error } from './s3-error.ts';

export interface Lock {
  readonly mode: 'GOVERNANCE' | 'COMPLIANCE';
  readonly untilMs: number;
}

export interface StoredChecksum {
  readonly algorithm: Algorithm;
  /** Base64, of a composite one with `-` and the number of parts. */
  readonly value: string;
  readonly type: 'FULL_OBJECT' | 'COMPOSITE';
}

export interface Version {
  readonly key: string;
  /** `null` where the bucket kept no versions. */
  readonly versionId: string;
  readonly modifiedMs: number;
  /** Undefined for a delete marker. */
  readonly blob: Blob | undefined;
  readonly etag: string;
  /** Content-Type, x-amz-meta-* and the like, as they are answered. */
  readonly headers: Readonly<Record<string, string>>;
  readonly storageClass: Class;
  readonly checksum: StoredChecksum | undefined;
  lock: Lock | undefined;
  hold: boolean;
  restoration: Restoration | undefined;
}

export interface Upload {
  readonly id: string;
  readonly key: string;
  readonly startedMs: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly storageClass: Class;
  readonly lock: Lock | undefined;
  readonly hold: boolean;
  readonly algorithm: Algorithm | undefined;
  readonly checksumType: 'FULL_OBJECT' | 'COMPOSITE';
  readonly parts: Map<number, UploadedPart>;
}

export interface UploadedPart {
  readonly number: number;
  readonly blob: Blob;
  readonly md5: Buffer;
  readonly checksum: string | undefined;
  readonly modifiedMs: number;
}

export interface Bucket {
  readonly name: string;
  readonly createdMs: number;
  versioning: 'Enabled' | 'Suspended' | undefined;
  lockEnabled: boolean;
  defaultLock: { readonly mode: Lock['mode']; readonly days: number } | undefined;
  /** Newest first, by key. */
  readonly objects: Map<string, Version[]>;
  readonly uploads: Map<string, Upload>;
}

const NAME = /^(?!xn--)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

export function newBucket(name: string, createdMs: number, lockEnabled: boolean): Bucket {
  if (!NAME.test(name) || name.includes('..') || /^\d+\.\d+\.\d+\.\d+$/.test(name)) {
    throw new S3Error('InvalidBucketName', 'The specified bucket is not valid.', { more: { BucketName: name } });
  }
  return {
    name,
    createdMs,
    versioning: lockEnabled ? 'Enabled' : undefined,
    lockEnabled,
    defaultLock: undefined,
    objects: new Map(),
    uploads: new Map(),
  };
}

/** The newest version, where it is no delete marker. */
export function current(bucket: Bucket, key: string): Version | undefined {
  const newest = bucket.objects.get(key)?.[0];
  return newest?.blob === undefined ? undefined : newest;
}

/** The version that a request means. @throws `NoSuchKey`, `NoSuchVersion`, `MethodNotAllowed` for a marker */
export function versionOf(
  bucket: Bucket,
  key: string,
  versionId: string | undefined,
): Version & { readonly blob: Blob } {
  const versions = bucket.objects.get(key) ?? [];
  const version = versionId === undefined ? versions[0] : versions.find((each) => each.versionId === versionId);
  if (version === undefined && versionId !== undefined) {
    throw new S3Error('NoSuchVersion', 'The specified version does not exist.', { more: { Key: key } });
  }
  if (version !== undefined && hasBytes(version)) return version;
  const headers: Record<string, string> =
    version === undefined ? {} : { 'x-amz-delete-marker': 'true', 'x-amz-version-id': version.versionId };
  if (version !== undefined && versionId !== undefined) {
    throw new S3Error('MethodNotAllowed', 'The specified method is not allowed against this resource.', { headers });
  }
  throw new S3Error('NoSuchKey', 'The specified key does not exist.', { headers, more: { Key: key } });
}

export const hasBytes = (version: Version): version is Version & { readonly blob: Blob } => version.blob !== undefined;

/** By the bytes of UTF-8, as S3 lists. */
export const ascending = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
