/**
 * Cold objects in S3, or in a server that speaks as S3 does. Every body is signed by its SHA-256 and sent
 * with it as the checksum to be kept, so that the store refuses what was altered on the way and can later
 * say what it holds without a restore.
 */

import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  type GetObjectCommandOutput,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  PutObjectLegalHoldCommand,
  PutObjectRetentionCommand,
  RestoreObjectCommand,
} from '@aws-sdk/client-s3';
import type { Clock, Random } from '../../../kernel/clock.ts';
import { assertDays, assertRetention } from '../cold-input.ts';
import type { ColdHead, ColdListed, ColdPut, ColdStore, Protection } from '../cold-port.ts';
import { expiryAfter, restoreWaitMs, weakerThan } from '../cold-rules.ts';
import { busy, cold, corrupt, exists, locked, missing, notArchived, tierRefused, unfit, weakened } from '../faults.ts';
import { assertKey, OWN } from '../key.ts';
import { attemptsAt, PATIENCE, type Patience } from './attempts.ts';
import { collected, type Incoming, type Outgoing, outgoing, resumed } from './body.ts';
import { checkBucket } from './check.ts';
import { type ChecksumJobsOptions, openChecksumJobs } from './checksum-jobs.ts';
import { createClient, type S3Access } from './client.ts';
import { codeOf, statusOf, upstream } from './failures.ts';
import { headOf, listedOf } from './heads.ts';

export interface S3StoreOptions extends S3Access {
  readonly clock: Clock;
  readonly random: Random;
  /** Encryption by S3; absent: the bucket's default. */
  readonly encryption?: { readonly kind: 'AES256' } | { readonly kind: 'aws:kms'; readonly keyId: string | undefined };
  readonly patience?: Patience;
  /** By what S3 is asked to read objects for their checksums; absent: it is not. */
  readonly batch?: Pick<ChecksumJobsOptions, 'role' | 'http' | 'clock'>;
}

/** Versions of one key that a delete takes away. Objects are written once: more than one is somebody else's doing. */
const MAX_VERSIONS = 100;

export function openS3Store(options: S3StoreOptions): ColdStore {
  const { bucket, clock, patience = PATIENCE } = options;
  const client = createClient(options);
  const attempt = attemptsAt(clock, options.random, patience);
  const Bucket = bucket;

  const head = async (key: string): Promise<ColdHead | undefined> => {
    assertKey(key);
    try {
      const answer = await attempt((abortSignal) =>
        client.send(new HeadObjectCommand({ Bucket, Key: key, ChecksumMode: 'ENABLED' }), { abortSignal }),
      );
      return headOf(key, answer);
    } catch (error) {
      // HEAD answers without a body: a bucket that is missing looks as a key that is. `check` tells them apart.
      if (statusOf(error) === 404) return undefined;
      throw upstream(bucket, 'HeadObject', error);
    }
  };
  const known = async (key: string): Promise<ColdHead> => {
    const there = await head(key);
    if (there === undefined) throw missing(key);
    return there;
  };

  const send = (key: string, body: Outgoing, put: ColdPut): Promise<unknown> => {
    const { storageClass, retention, legalHold } = put;
    const { encryption } = options;
    return attempt(
      (abortSignal) => {
        const command = new PutObjectCommand({
          Bucket,
          Key: key,
          Body: body.open(),
          ContentLength: body.size,
          // Under a lock some servers ask for the name of the hash, and not for the hash.
          ChecksumAlgorithm: 'SHA256',
          ChecksumSHA256: Buffer.from(body.sha256, 'hex').toString('base64'),
          IfNoneMatch: '*',
          StorageClass: storageClass,
          ...(retention === undefined
            ? {}
            : { ObjectLockMode: retention.mode, ObjectLockRetainUntilDate: retention.until }),
          ...(legalHold === true ? { ObjectLockLegalHoldStatus: 'ON' } : {}),
          ...(encryption === undefined ? {} : { ServerSideEncryption: encryption.kind }),
          ...(encryption?.kind === 'aws:kms' && encryption.keyId !== undefined
            ? { SSEKMSKeyId: encryption.keyId, BucketKeyEnabled: true }
            : {}),
        });
        // The signature then covers the bytes of a stream as well.
        command.middlewareStack.add(
          (next) => (args) => {
            if (hasHeaders(args.request)) args.request.headers['x-amz-content-sha256'] = body.sha256;
            return next(args);
          },
          { step: 'build', name: 'payloadHash' },
        );
        return client.send(command, { abortSignal });
      },
      { bytes: body.size },
    );
  };

  /** The key is taken: by the same object, so that this put is done, or by another. */
  const standing = async (key: string, body: Outgoing, put: ColdPut): Promise<ColdHead> => {
    const there = await head(key);
    if (there === undefined || there.size !== body.size) throw exists(key);
    if (there.storageClass !== put.storageClass) {
      throw exists(key, `the object ${key} exists already, in class ${there.storageClass}`);
    }
    const sha256 = there.sha256 ?? (await readBack(key));
    if (sha256 !== body.sha256) throw exists(key);
    const { retention } = put;
    const longer =
      retention !== undefined &&
      !(there.retention?.mode === retention.mode && there.retention.until >= retention.until) &&
      weakerThan(there.retention, retention, clock.now()) === undefined;
    const held = put.legalHold === true && !there.legalHold;
    if (longer || held) await protect(key, { ...(longer ? { retention } : {}), ...(held ? { legalHold: true } : {}) });
    return known(key);
  };

  /** For a store that keeps no SHA-256. */
  const readBack = async (key: string): Promise<string> => {
    const hash = createHash('sha256');
    for await (const piece of await get(key)) hash.update(piece);
    return hash.digest('hex');
  };

  const open = async (key: string, start: number, end?: number, etag?: string): Promise<Incoming & Answer> => {
    const Range = start === 0 && end === undefined ? undefined : `bytes=${start}-${end === undefined ? '' : end - 1}`;
    try {
      const answer = await attempt((abortSignal) =>
        client.send(new GetObjectCommand({ Bucket, Key: key, Range, IfMatch: etag }), { abortSignal }),
      );
      const stream = answer.Body;
      if (!(stream instanceof Readable)) throw upstream(bucket, 'GetObject', new Error('the answer has no body'));
      if (Range !== undefined && answer.ContentRange?.startsWith(`bytes ${start}-`) !== true) {
        stream.destroy();
        throw unfit(`the bucket ${bucket} answers a range with something else; rows are read by range`, { bucket });
      }
      return { stream, length: answer.ContentLength ?? 0, etag: answer.ETag };
    } catch (error) {
      const code = codeOf(error);
      if (code === 'NoSuchKey') throw missing(key);
      if (code === 'InvalidObjectState') throw cold(key);
      if (code === 'InvalidRange') throw corrupt(key, `it ends before byte ${end ?? start}`);
      if (code === 'PreconditionFailed') throw corrupt(key, 'it became another while it was read');
      throw upstream(bucket, 'GetObject', error);
    }
  };

  const pieces = async function* (key: string, first: Incoming & Answer, start: number, end?: number) {
    const again = (at: number) => open(key, start + at, end, first.etag);
    try {
      yield* resumed(first, again, clock, patience.callMs);
    } catch (error) {
      throw upstream(bucket, 'GetObject', error);
    }
  };

  const get = async (key: string): Promise<AsyncIterable<Uint8Array>> => {
    assertKey(key);
    return pieces(key, await open(key, 0), 0);
  };

  const protect = async (key: string, { retention, legalHold }: Protection): Promise<void> => {
    const there = await known(key);
    assertRetention(key, retention, clock.now());
    const weaker = retention === undefined ? undefined : weakerThan(there.retention, retention, clock.now());
    if (weaker !== undefined) throw weakened(key, weaker);
    const VersionId = there.versionId;
    try {
      if (retention !== undefined) {
        const Retention = { Mode: retention.mode, RetainUntilDate: retention.until };
        await attempt((abortSignal) =>
          client.send(new PutObjectRetentionCommand({ Bucket, Key: key, VersionId, Retention }), { abortSignal }),
        );
      }
      if (legalHold !== undefined) {
        const LegalHold = { Status: legalHold ? 'ON' : 'OFF' } as const;
        await attempt((abortSignal) =>
          client.send(new PutObjectLegalHoldCommand({ Bucket, Key: key, VersionId, LegalHold }), { abortSignal }),
        );
      }
    } catch (error) {
      throw upstream(bucket, 'PutObjectRetention', error);
    }
  };

  const { batch, endpoint, region } = options;
  const read = async (key: string): Promise<Buffer> => Buffer.from(await collected(await get(key)));
  return {
    kind: 's3',
    bucket,
    ...(batch === undefined
      ? {}
      : {
          checksums: openChecksumJobs({
            ...batch,
            ...{ client, bucket, region, endpoint, attempt, read, timeoutMs: patience.callMs },
          }),
        }),
    head,
    get,
    protect,

    put: async (key, given, put) => {
      assertKey(key);
      assertRetention(key, put.retention, clock.now());
      const body = await outgoing(key, given);
      try {
        await send(key, body, put);
      } catch (error) {
        const code = codeOf(error);
        if (code === 'PreconditionFailed' || statusOf(error) === 412) return standing(key, body, put);
        if (code === 'BadDigest' || code === 'XAmzContentSHA256Mismatch') {
          throw corrupt(key, `its body does not hash to ${body.sha256}, which was said`);
        }
        throw upstream(bucket, 'PutObject', error);
      }
      const stored = await known(key);
      if (stored.size !== body.size || (stored.sha256 ?? body.sha256) !== body.sha256) {
        throw corrupt(
          key,
          `${body.size} bytes with the hash ${body.sha256} were put; it has ${stored.size}, and ${stored.sha256}`,
        );
      }
      return stored;
    },

    getRange: async (key, offset, length) => {
      assertKey(key);
      if (length === 0) {
        const { readability, size } = await known(key);
        if (readability.state === 'archived' || readability.state === 'restoring') throw cold(key);
        if (offset > size) throw corrupt(key, `it ends before byte ${offset}`);
        return new Uint8Array();
      }
      const end = offset + length;
      const part = await collected(pieces(key, await open(key, offset, end), offset, end));
      if (part.byteLength < length) throw corrupt(key, `it ends before byte ${end}`);
      return part;
    },

    list: async function* (prefix): AsyncIterable<ColdListed> {
      let token: string | undefined;
      do {
        const ContinuationToken = token;
        try {
          const page = await attempt((abortSignal) =>
            client.send(
              new ListObjectsV2Command({
                Bucket,
                Prefix: prefix,
                ContinuationToken,
                OptionalObjectAttributes: ['RestoreStatus'],
              }),
              { abortSignal },
            ),
          );
          yield* (page.Contents ?? []).map(listedOf).filter(({ key }) => !key.startsWith(OWN));
          token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
        } catch (error) {
          throw upstream(bucket, 'ListObjectsV2', error);
        }
      } while (token !== undefined);
    },

    restore: async (key, { days, tier }) => {
      assertDays(key, days);
      const { storageClass, readability } = await known(key);
      if (storageClass === 'STANDARD') throw notArchived(key);
      if (restoreWaitMs(storageClass, tier) === undefined) throw tierRefused(key, tier, storageClass);
      // S3 would set the copy's end anew, and nearer if that is what the days come to.
      if (readability.state === 'restored' && readability.until.getTime() >= expiryAfter(clock.now(), days)) {
        return 'extended';
      }
      try {
        const answer = await attempt((abortSignal) =>
          client.send(
            new RestoreObjectCommand({
              Bucket,
              Key: key,
              RestoreRequest: { Days: days, GlacierJobParameters: { Tier: tier } },
            }),
            { abortSignal },
          ),
        );
        return answer.$metadata.httpStatusCode === 200 ? 'extended' : 'requested';
      } catch (error) {
        const code = codeOf(error);
        if (code === 'RestoreAlreadyInProgress') return 'under way';
        if (code === 'GlacierExpeditedRetrievalNotAvailable') throw busy(key, error);
        if (code === 'NoSuchKey') throw missing(key);
        if (code === 'InvalidObjectState' || code === 'ObjectAlreadyInActiveTierError') throw notArchived(key);
        throw upstream(bucket, 'RestoreObject', error);
      }
    },

    delete: async (key) => {
      assertKey(key);
      for (let count = 0; count < MAX_VERSIONS; count += 1) {
        const there = await head(key);
        if (there === undefined) return;
        // Without its version, a bucket with versions would only hide the object, locked or not.
        const VersionId = there.versionId;
        try {
          await attempt((abortSignal) =>
            client.send(new DeleteObjectCommand({ Bucket, Key: key, VersionId }), { abortSignal }),
          );
        } catch (error) {
          const why = protectionOf(there, clock.now());
          if (statusOf(error) === 403 && why !== undefined) throw locked(key, why, error);
          throw upstream(bucket, 'DeleteObject', error);
        }
      }
      throw exists(key, `the object ${key} still stands after ${MAX_VERSIONS} of its versions were deleted`);
    },

    check: (needs = {}) => checkBucket({ client, bucket, attempt, retention: needs.retention === true }),
  };
}

interface Answer {
  readonly etag: GetObjectCommandOutput['ETag'];
}

const hasHeaders = (request: unknown): request is { headers: Record<string, string> } =>
  typeof request === 'object' && request !== null && 'headers' in request;

function protectionOf({ legalHold, retention }: ColdHead, now: number): string | undefined {
  if (legalHold) return 'it is under legal hold';
  if (retention === undefined || retention.until.getTime() <= now) return undefined;
  return `it is retained until ${retention.until.toISOString()}`;
}
