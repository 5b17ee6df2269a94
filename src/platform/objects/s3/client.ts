/** The AWS SDK, set up so that it also speaks with servers that are S3 in most things. */
import { S3Client } from '@aws-sdk/client-s3';

export interface S3Access {
  readonly bucket: string;
  readonly region: string;
  /** A server other than AWS, which is then spoken to by path (`/bucket/key`). */
  readonly endpoint?: string;
  /** Absent: what the SDK finds: environment, profile, container, instance. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/**
 * Attempts are this program's own, since the SDK cannot repeat a body that it streams. Checksums are sent
 * where this program says so: left to itself the SDK adds trailers that many servers store as content.
 */
export const createClient = ({ region, endpoint, credentials }: S3Access): S3Client =>
  new S3Client({
    region,
    maxAttempts: 1,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    logger: SILENT,
    requestHandler: { connectionTimeout: CONNECT_MS },
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    ...(credentials === undefined ? {} : { credentials }),
  });

const CONNECT_MS = 5_000;

/** What fails is thrown, with what it means; the SDK would write to the console beside it. */
const nothing = (): void => {};
const SILENT = { debug: nothing, info: nothing, warn: nothing, error: nothing };
