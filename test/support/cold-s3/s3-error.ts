/** Refusals in S3's own words (https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html). */

const STATUS = {
  AccessDenied: 403,
  AuthorizationHeaderMalformed: 400,
  BadDigest: 400,
  BucketAlreadyOwnedByYou: 409,
  BucketNotEmpty: 409,
  EntityTooLarge: 400,
  EntityTooSmall: 400,
  GlacierExpeditedRetrievalNotAvailable: 503,
  IncompleteBody: 400,
  InternalError: 500,
  InvalidAccessKeyId: 403,
  InvalidArgument: 400,
  InvalidBucketName: 400,
  InvalidBucketState: 409,
  InvalidDigest: 400,
  InvalidObjectState: 403,
  InvalidPart: 400,
  InvalidPartOrder: 400,
  InvalidRange: 416,
  InvalidRequest: 400,
  InvalidStorageClass: 400,
  KeyTooLongError: 400,
  MalformedXML: 400,
  MethodNotAllowed: 405,
  MissingContentLength: 411,
  NoSuchBucket: 404,
  NoSuchJob: 404,
  NoSuchKey: 404,
  NoSuchObjectLockConfiguration: 404,
  NoSuchUpload: 404,
  NoSuchVersion: 404,
  NotImplemented: 501,
  ObjectLockConfigurationNotFoundError: 404,
  PreconditionFailed: 412,
  RequestTimeTooSkewed: 403,
  RestoreAlreadyInProgress: 409,
  SignatureDoesNotMatch: 403,
  SlowDown: 503,
  XAmzContentSHA256Mismatch: 400,
} as const;
export type S3Code = keyof typeof STATUS;

export const isS3Code = (text: string): text is S3Code => Object.hasOwn(STATUS, text);

export class S3Error extends Error {
  readonly code: S3Code;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** More elements of the answer. */
  readonly more: Readonly<Record<string, string>>;

  constructor(
    code: S3Code,
    message: string,
    options: {
      readonly headers?: Readonly<Record<string, string>>;
      readonly more?: Readonly<Record<string, string>>;
    } = {},
  ) {
    super(message);
    this.code = code;
    this.status = STATUS[code];
    this.headers = options.headers ?? {};
    this.more = options.more ?? {};
  }
}
