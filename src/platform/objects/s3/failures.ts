/** What a failure of the SDK means (https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html). */
import { S3ServiceException } from '@aws-sdk/client-s3';
import { isPlumblineError, messageOf, PlumblineError } from '../../../kernel/errors.ts';
import { unavailable } from '../faults.ts';

/** Its code: the body's, or where an answer has none (HEAD) its status. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof S3ServiceException ? error.name : undefined;
}

export const statusOf = (error: unknown): number | undefined =>
  error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;

/** The attempt took longer than it was given. */
export class TooSlow extends Error {
  override readonly name = 'TooSlow';
}

/** The answer came, and its body ended before its end. */
export class Torn extends Error {
  override readonly name = 'Torn';
}

const NEVER_AGAIN = new Set(['NotImplemented', 'GlacierExpeditedRetrievalNotAvailable']);
/** Refusals that the next attempt may not meet. The SDK sets its clock right after the last of them. */
const AGAIN = new Set([
  'SlowDown',
  'RequestTimeout',
  'ConditionalRequestConflict',
  'OperationAborted',
  'IncompleteBody',
  'RequestTimeTooSkewed',
]);

/** Whether the same request may well succeed a moment later. What never reached an answer may. */
export function isTransient(error: unknown): boolean {
  if (isPlumblineError(error)) return false;
  const code = codeOf(error);
  if (code === undefined) return error instanceof Error && !isOurs(error);
  if (NEVER_AGAIN.has(code)) return false;
  const status = statusOf(error);
  return AGAIN.has(code) || status === 429 || (status !== undefined && status >= 500);
}

/** Nothing of the network's: no credentials were found, or the request was never made. */
const isOurs = ({ name }: Error): boolean =>
  ['CredentialsProviderError', 'TypeError', 'RangeError', 'InvalidBucketName'].includes(name);

export function upstream(bucket: string, what: string, error: unknown): PlumblineError {
  if (error instanceof PlumblineError) return error;
  const code = codeOf(error);
  const status = statusOf(error);
  const told = code === undefined ? messageOf(error) : `${code}${status === undefined ? '' : ` (HTTP ${status})`}`;
  return unavailable(`${what} failed on the bucket ${bucket}: ${told}${remedy(error)}`, {
    details: { bucket, operation: what, ...(code === undefined ? {} : { code }) },
    cause: error,
  });
}

function remedy(error: unknown): string {
  const code = codeOf(error) ?? (error instanceof Error ? error.name : '');
  const status = statusOf(error);
  if (code === 'NoSuchBucket') return '; create it, or correct S3_BUCKET';
  if (code === 'CredentialsProviderError') return '; set S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY';
  if (code === 'InvalidAccessKeyId' || code === 'SignatureDoesNotMatch')
    return '; the keys are not those of the bucket';
  if (code === 'AuthorizationHeaderMalformed' || status === 301 || status === 400) return '; is S3_REGION its region?';
  if (status === 403) return '; the keys lack the right to it';
  return '';
}
