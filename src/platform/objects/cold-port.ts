/**
 * Cold objects: whole files under a key, written once, in a storage class that may have to be restored
 * before it can be read. The states and their names are those of S3
 * (https://docs.aws.amazon.com/AmazonS3/latest/API/API_RestoreObject.html).
 */
export type StorageClass = 'STANDARD' | 'GLACIER' | 'DEEP_ARCHIVE';
export type RestoreTier = 'Expedited' | 'Standard' | 'Bulk';

/** Whether the bytes can be read now. */
export type Readability =
  | { readonly state: 'readable' } // STANDARD
  | { readonly state: 'archived' } // never asked for, or the copy has expired
  | { readonly state: 'restoring' }
  | { readonly state: 'restored'; readonly until: Date };

export interface Retention {
  readonly mode: 'GOVERNANCE' | 'COMPLIANCE';
  readonly until: Date;
}

export interface ColdHead {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  /** SHA-256 of the stored bytes, lower-case hex; undefined where the store keeps none. */
  readonly sha256: string | undefined;
  readonly storageClass: StorageClass;
  readonly versionId: string | undefined;
  readonly storedAt: Date;
  readonly readability: Readability;
  readonly retention: Retention | undefined;
  readonly legalHold: boolean;
}

/** One line of a listing: what can be told without a request for each object. */
export type ColdListed = Pick<ColdHead, 'key' | 'size' | 'storageClass' | 'readability'>;

export interface ColdPut {
  readonly storageClass: StorageClass;
  readonly retention?: Retention;
  readonly legalHold?: boolean;
}

/** What keeps an object from being deleted; what is absent stays as it is. */
export interface Protection {
  readonly retention?: Retention;
  readonly legalHold?: boolean;
}

/** A file whose length and hash are known before it is sent, or bytes at hand. */
export type ColdBody =
  | { readonly path: string; readonly size: number; readonly sha256: string }
  | { readonly bytes: Uint8Array };

/** What a store says of an object that it has read again where it lies. */
export interface Recomputed {
  readonly key: string;
  /** Of the stored bytes, hex; undefined where they could not be read, and `error` says why. */
  readonly sha256: string | undefined;
  readonly error: string | undefined;
}

/** Objects read by the store itself, in any class: nothing is restored, and nothing leaves the store. */
export interface ChecksumJobs {
  /**
   * @param name of its own for each job: one that was begun under it already is not begun again
   * @returns what the store calls the job. @throws `objects.unfit` (invalid) where the store has no such jobs, `objects.unavailable` (upstream)
   */
  begin(name: string, keys: readonly string[]): Promise<string>;
  /** @returns undefined while it goes on. @throws `objects.missing` (missing), `objects.unfit` (invalid) for one that failed */
  read(job: string): Promise<readonly Recomputed[] | undefined>;
}

export interface ColdStore {
  readonly kind: 'folder' | 's3';
  /** The bucket's name, as it is written into `archived_records.s3_bucket`. */
  readonly bucket: string;
  /** The key by which objects are encrypted before they leave this program; absent where they are not. */
  readonly keyId?: string;
  /** Absent where the store cannot, or is not configured to. */
  readonly checksums?: ChecksumJobs;
  /**
   * Stores once (`If-None-Match: *`), with the SHA-256 checked by the store. Where the answer of a put was
   * lost and the object stands with the same hash, it is done, and protected as asked for.
   * @returns what `head` says from then on: where objects are encrypted before they are stored, of what is
   *   stored, and not of the body
   * @throws `objects.exists` (conflict) when the key is taken by other bytes, or by these in another class;
   *   `objects.corrupt` (integrity) when the body is not what was said of it; `objects.retention_refused`
   *   (invalid) for a day that is over; `objects.unavailable` (upstream)
   */
  put(key: string, body: ColdBody, options: ColdPut): Promise<ColdHead>;
  head(key: string): Promise<ColdHead | undefined>;
  /** All bytes, piece by piece; who reads hashes them. @throws `objects.missing` (missing), `objects.cold` (conflict) when it must be restored first */
  get(key: string): Promise<AsyncIterable<Uint8Array>>;
  /** @throws as `get`; `objects.corrupt` (integrity) when the object ends before the part does */
  getRange(key: string, offset: number, length: number): Promise<Uint8Array>;
  /** Ascending by key. */
  list(prefix: string): AsyncIterable<ColdListed>;
  /**
   * Asks for a readable copy for so many days, or for more days of one that is there, or for a faster
   * tier of one that is under way. Asking again is harmless: it never shortens a copy's life.
   * @throws `objects.missing` (missing); `objects.tier_refused` (invalid) for Expedited of DEEP_ARCHIVE; `objects.not_archived` (conflict)
   *   for STANDARD; `objects.days_refused` (invalid) below 1; `objects.busy` (busy) where Expedited has no capacity now
   */
  restore(
    key: string,
    request: { readonly days: number; readonly tier: RestoreTier },
  ): Promise<'requested' | 'extended' | 'under way'>;
  /**
   * Lengthens or hardens the retention, sets or lifts the legal hold.
   * @throws `objects.missing` (missing); `objects.locked` (denied) when the retention would be weaker than it
   *   is; `objects.retention_refused` (invalid) for a day that is over
   */
  protect(key: string, protection: Protection): Promise<void>;
  /** @throws `objects.locked` (denied) under retention or a legal hold; absent keys are no error */
  delete(key: string): Promise<void>;
  /**
   * Proves that the store can be used as it is configured: reachable, writable, and with versioning and
   * Object Lock where retention is asked for. @throws `objects.unavailable` (upstream), `objects.unfit` (invalid)
   */
  check(needs?: { readonly retention?: boolean }): Promise<void>;
}
