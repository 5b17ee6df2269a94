/**
 * AWS Signature Version 4 in the Authorization header, verified
 * (https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html). Presigned URLs are not
 * taken.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { sha256Hex } from '../../../src/kernel/hash.ts';
import { S3Error } from './s3-error.ts';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** What is said of the body, and what its chunks are signed with. */
export interface Signed {
  readonly payload: string;
  readonly signature: string;
  readonly scope: string;
  readonly date: string;
  readonly key: Buffer;
}

/** S3 takes a request for 15 minutes. */
const MAX_SKEW_MS = 15 * 60_000;

export const hmac = (key: Buffer | string, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/** RFC 3986, as the signature wants it. */
export const encoded = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

export interface SignedRequest {
  readonly request: IncomingMessage;
  /** Decoded, with its leading slash. */
  readonly path: string;
  readonly query: readonly (readonly [string, string])[];
}

/** @throws as S3 does */
export function verifySignature(
  { request, path, query }: SignedRequest,
  credentials: Credentials,
  region: string,
  now: number,
): Signed {
  const { headers } = request;
  const { authorization } = headers;
  if (authorization === undefined) throw new S3Error('AccessDenied', 'Access Denied');
  const parts =
    /^AWS4-HMAC-SHA256 Credential=([^/,]+)\/([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(
      authorization,
    );
  if (parts === null) {
    throw new S3Error('AuthorizationHeaderMalformed', 'The authorization header that you provided is not valid.');
  }
  const [, accessKeyId, scope = '', signedHeaders = '', signature = ''] = parts;
  if (accessKeyId !== credentials.accessKeyId) {
    throw new S3Error('InvalidAccessKeyId', 'The AWS Access Key Id you provided does not exist in our records.');
  }
  const date = headers['x-amz-date'];
  if (typeof date !== 'string' || !/^\d{8}T\d{6}Z$/.test(date)) {
    throw new S3Error('AccessDenied', 'AWS authentication requires a valid Date or x-amz-date header');
  }
  const [day, inRegion, service, end] = scope.split('/');
  if (service !== 's3' || end !== 'aws4_request' || day !== date.slice(0, 8)) {
    throw new S3Error('AuthorizationHeaderMalformed', 'The authorization header is malformed; incorrect scope.');
  }
  if (inRegion !== region) {
    throw new S3Error(
      'AuthorizationHeaderMalformed',
      `The authorization header is malformed; the region '${inRegion}' is wrong; expecting '${region}'`,
      { more: { Region: region } },
    );
  }
  if (Math.abs(instantOf(date) - now) > MAX_SKEW_MS) {
    throw new S3Error(
      'RequestTimeTooSkewed',
      'The difference between the request time and the current time is too large.',
    );
  }
  const payload = headers['x-amz-content-sha256'];
  if (typeof payload !== 'string') {
    throw new S3Error('InvalidRequest', 'Missing required header for this request: x-amz-content-sha256');
  }
  assertSigned(request, signedHeaders.split(';'));

  const canonical = [
    request.method ?? '',
    path.split('/').map(encoded).join('/'),
    query
      .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
      .sort((a, b) => (a < b ? -1 : 1))
      .join('&'),
    ...signedHeaders.split(';').map((name) => `${name}:${headerValue(request, name)}`),
    '',
    signedHeaders,
    payload,
  ].join('\n');
  const key = ['aws4_request', service, inRegion, day].reduceRight<Buffer | string>(
    (from, text) => hmac(from, text),
    `AWS4${credentials.secretAccessKey}`,
  );
  const signingKey = Buffer.from(key);
  const expected = hmac(signingKey, ['AWS4-HMAC-SHA256', date, scope, sha256Hex(canonical)].join('\n'));
  if (!timingSafeEqual(expected, Buffer.from(signature, 'hex'))) throw doesNotMatch();
  return { payload, signature, scope, date, key: signingKey };
}

export const doesNotMatch = (): S3Error =>
  new S3Error(
    'SignatureDoesNotMatch',
    'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
  );

const instantOf = (date: string): number =>
  Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));

const headerValue = (request: IncomingMessage, name: string): string => {
  const value = request.headersDistinct[name]?.join(',') ?? '';
  return value.trim().replace(/ +/g, ' ');
};

function assertSigned(request: IncomingMessage, signed: readonly string[]): void {
  const unsigned = Object.keys(request.headers).filter(
    (name) => (name === 'host' || name.startsWith('x-amz-')) && !signed.includes(name),
  );
  if (unsigned.length === 0) return;
  throw new S3Error('AccessDenied', 'There were headers present in the request which were not signed', {
    more: { HeadersNotSigned: unsigned.join(', ') },
  });
}
