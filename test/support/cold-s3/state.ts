/** Everything that the server knows, and what it writes down of it. */
import { randomBytes } from 'node:crypto';
import type { Bill } from './billing.ts';
import type { Blobs } from './blobs.ts';
import type { Disk } from './disk.ts';
import { restoreHeader } from './glacier.ts';
import { type Bucket, hasBytes, type Version } from './model.ts';
import { S3Error } from './s3-error.ts';

/** As S3 sends it (https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html). */
export interface S3Event {
  readonly eventName: string;
  readonly eventTime: string;
  readonly bucket: string;
  readonly key: string;
  readonly versionId: string;
  readonly size: number;
  readonly glacierEventData?: {
    readonly restoreEventData: {
      readonly lifecycleRestorationExpiryTime: string;
      readonly lifecycleRestoreStorageClass: string;
    };
  };
}

export class S3State {
  readonly buckets = new Map<string, Bucket>();
  readonly events: S3Event[] = [];
  readonly blobs: Blobs;
  readonly bill: Bill;
  readonly #now: () => number;
  readonly #disk: Disk | undefined;
  /** Restorations whose end, or whose completion, is still to be told. */
  readonly #thawing = new Map<Version, { readonly bucket: string; told: boolean }>();

  constructor(options: {
    readonly now: () => number;
    readonly blobs: Blobs;
    readonly bill: Bill;
    readonly disk: Disk | undefined;
  }) {
    this.#now = options.now;
    this.blobs = options.blobs;
    this.bill = options.bill;
    this.#disk = options.disk;
    for (const bucket of this.#disk?.load() ?? []) {
      this.buckets.set(bucket.name, bucket);
      for (const version of [...bucket.objects.values()].flat()) {
        this.bill.stored(bucket.name, version);
        if (version.restoration !== undefined) {
          this.#thawing.set(version, { bucket: bucket.name, told: version.restoration.readyMs <= this.#now() });
        }
      }
    }
  }

  now(): number {
    return this.#now();
  }

  bucket(name: string): Bucket {
    const bucket = this.buckets.get(name);
    if (bucket !== undefined) return bucket;
    throw new S3Error('NoSuchBucket', 'The specified bucket does not exist', { more: { BucketName: name } });
  }

  saveBucket(bucket: Bucket): void {
    this.buckets.set(bucket.name, bucket);
    this.#disk?.saveBucket(bucket);
  }

  removeBucket(bucket: Bucket): void {
    this.buckets.delete(bucket.name);
    this.#disk?.removeBucket(bucket);
  }

  newVersionId(bucket: Bucket): string {
    return bucket.versioning === 'Enabled' ? randomBytes(16).toString('hex') : 'null';
  }

  /** Puts a version on top; in a bucket without versions it takes the place of the one before. */
  add(bucket: Bucket, version: Version, eventName: string): void {
    const versions = bucket.objects.get(version.key) ?? [];
    const replaced = versions.find(({ versionId }) => versionId === 'null' && version.versionId === 'null');
    if (replaced !== undefined) this.remove(bucket, replaced);
    bucket.objects.set(version.key, [version, ...(bucket.objects.get(version.key) ?? [])]);
    this.#disk?.saveVersion(bucket, version);
    this.bill.stored(bucket.name, version);
    this.tell(bucket.name, version, eventName);
  }

  /** For good. */
  remove(bucket: Bucket, version: Version): void {
    const rest = (bucket.objects.get(version.key) ?? []).filter((each) => each !== version);
    if (rest.length === 0) bucket.objects.delete(version.key);
    else bucket.objects.set(version.key, rest);
    this.#thawing.delete(version);
    this.#disk?.removeVersion(bucket, version);
    version.blob?.remove();
    this.bill.deleted(version);
  }

  /** After a change of a version's lock, hold or restoration. */
  changed(bucket: Bucket, version: Version): void {
    this.#disk?.saveVersion(bucket, version);
    if (version.restoration !== undefined) this.#thawing.set(version, { bucket: bucket.name, told: false });
  }

  tell(bucket: string, version: Version, eventName: string, atMs = this.#now()): void {
    const restoration = eventName.startsWith('s3:ObjectRestore') ? version.restoration : undefined;
    this.events.push({
      eventName,
      eventTime: new Date(atMs).toISOString(),
      bucket,
      key: version.key,
      versionId: version.versionId,
      size: version.blob?.size ?? 0,
      ...(restoration === undefined || eventName.endsWith(':Post')
        ? {}
        : {
            glacierEventData: {
              restoreEventData: {
                lifecycleRestorationExpiryTime: new Date(restoration.expiresMs).toISOString(),
                lifecycleRestoreStorageClass: version.storageClass,
              },
            },
          }),
    });
  }

  /** Tells what time alone has brought about: copies that became readable, and copies that expired. */
  settle(): void {
    const now = this.#now();
    for (const [version, thawing] of this.#thawing) {
      const { restoration } = version;
      if (restoration === undefined || !hasBytes(version)) {
        this.#thawing.delete(version);
        continue;
      }
      if (!thawing.told && restoration.readyMs <= now) {
        thawing.told = true;
        this.tell(thawing.bucket, version, 's3:ObjectRestore:Completed', restoration.readyMs);
      }
      if (restoreHeader(version, now) === undefined) {
        this.tell(thawing.bucket, version, 's3:ObjectRestore:Delete', restoration.expiresMs);
        this.#thawing.delete(version);
      }
    }
  }
}
