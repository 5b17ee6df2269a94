/**
 * A request's body, received whole and held against everything that was said of it: its length, its
 * signature (whole or chunk by chunk), its checksum (in a header or a trailer), its MD5
 * (https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html).
 */
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { sha256Hex } from '../../../src/kernel/hash.ts';
import type { Blob, Blobs } from './blobs.ts';
import { type Algorithm, assertChecksum, claimOf, headerOf, summer } from './checksums.ts';
import { S3Error } from './s3-error.ts';
import { doesNotMatch, hmac, type Signed } from './signature.ts';

export interface Received {
  readonly blob: Blob;
  readonly md5: Buffer;
  readonly checksum: { readonly algorithm: Algorithm; readonly value: string } | undefined;
  /** A checksum or a Content-MD5 was sent and found right. */
  readonly proven: boolean;
}

const GIB = 1024 ** 3;
const MAX_PUT = 5 * GIB;
const STREAMING = {
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD': { signed: true, trailer: false },
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER': { signed: true, trailer: true },
  'STREAMING-UNSIGNED-PAYLOAD-TRAILER': { signed: false, trailer: true },
} as const;
const isStreaming = (payload: string): payload is keyof typeof STREAMING => Object.hasOwn(STREAMING, payload);

/** @throws as S3 does; nothing of a refused body is kept */
export async function receive(request: IncomingMessage, signed: Signed, blobs: Blobs): Promise<Received> {
  const { headers } = request;
  const claim = claimOf(headers);
  const contentMd5 = md5Of(headers['content-md5']);
  const streaming = isStreaming(signed.payload) ? STREAMING[signed.payload] : undefined;
  const length = lengthOf(request, streaming !== undefined);
  if (streaming === undefined && claim !== undefined && claim.value === undefined) {
    throw new S3Error('InvalidRequest', 'x-amz-trailer is for requests that are sent in chunks');
  }

  const md5 = createHash('md5');
  const sha256 = createHash('sha256');
  const sum = claim === undefined ? undefined : summer(claim.algorithm);
  const writer = blobs.writer();
  const trailers = new Map<string, string>();
  let size = 0;
  try {
    const pieces = streaming === undefined ? plain(request) : chunked(request, signed, streaming, trailers);
    for await (const piece of pieces) {
      size += piece.length;
      if (size > length) continue; // it is refused below, once it has been read
      md5.update(piece);
      if (streaming === undefined) sha256.update(piece);
      sum?.update(piece);
      writer.write(piece);
    }
    if (size !== length) {
      throw new S3Error(
        'IncompleteBody',
        'You did not provide the number of bytes specified by the Content-Length HTTP header.',
      );
    }
    const hash = sha256.digest('hex');
    if (streaming === undefined && signed.payload !== 'UNSIGNED-PAYLOAD' && signed.payload !== hash) {
      throw new S3Error(
        'XAmzContentSHA256Mismatch',
        "The provided 'x-amz-content-sha256' header does not match what was computed.",
        { more: { ClientComputedContentSHA256: signed.payload, S3ComputedContentSHA256: hash } },
      );
    }
    const digest = md5.digest();
    if (contentMd5 !== undefined && !contentMd5.equals(digest)) {
      throw new S3Error('BadDigest', 'The Content-MD5 you specified did not match what we received.');
    }
    if (claim === undefined || sum === undefined) {
      return { blob: writer.finish(), md5: digest, checksum: undefined, proven: contentMd5 !== undefined };
    }
    const said = claim.value ?? trailers.get(headerOf(claim.algorithm));
    if (said === undefined) throw new S3Error('MalformedXML', 'The trailer that was announced is missing');
    const value = sum.digest().toString('base64');
    if (assertChecksum(claim.algorithm, said) !== value) {
      throw new S3Error('BadDigest', `The ${claim.algorithm} you specified did not match the calculated checksum.`);
    }
    return { blob: writer.finish(), md5: digest, checksum: { algorithm: claim.algorithm, value }, proven: true };
  } catch (error) {
    writer.discard();
    throw error;
  }
}

function lengthOf(request: IncomingMessage, streaming: boolean): number {
  const text = request.headers[streaming ? 'x-amz-decoded-content-length' : 'content-length'];
  if (typeof text !== 'string' || !/^\d{1,15}$/.test(text)) {
    throw new S3Error('MissingContentLength', 'You must provide the Content-Length HTTP header.');
  }
  const length = Number(text);
  if (length > MAX_PUT) {
    throw new S3Error('EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size');
  }
  return length;
}

function md5Of(text: string | string[] | undefined): Buffer | undefined {
  if (typeof text !== 'string') return undefined;
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length === 16) return bytes;
  throw new S3Error('InvalidDigest', 'The Content-MD5 you specified was invalid.');
}

async function* plain(request: IncomingMessage): AsyncIterable<Buffer> {
  // Not ended by the end of this: the rest of a refused body is still read, by whom the answer is sent.
  for await (const piece of request.iterator({ destroyOnReturn: false })) yield Buffer.from(piece);
}

/** aws-chunked: `hex[;chunk-signature=...]\r\n bytes \r\n`, a chunk of 0, then the trailers. */
async function* chunked(
  request: IncomingMessage,
  signed: Signed,
  form: { readonly signed: boolean; readonly trailer: boolean },
  trailers: Map<string, string>,
): AsyncIterable<Buffer> {
  const reader = new Reader(request);
  try {
    yield* chunksOf(reader, signed, form, trailers);
  } finally {
    await reader.close();
  }
}

async function* chunksOf(
  reader: Reader,
  { key, date, scope, signature }: Signed,
  form: { readonly signed: boolean; readonly trailer: boolean },
  trailers: Map<string, string>,
): AsyncIterable<Buffer> {
  let previous = signature;
  const assertSignature = (given: string | undefined, kind: string, hashes: readonly string[]): void => {
    const expected = hmac(key, [kind, date, scope, previous, ...hashes].join('\n')).toString('hex');
    if (given !== expected) throw doesNotMatch();
    previous = expected;
  };
  for (;;) {
    const head = /^([0-9a-fA-F]{1,8})(?:;chunk-signature=([0-9a-f]{64}))?$/.exec(await reader.line());
    if (head?.[1] === undefined) throw incomplete();
    const size = Number.parseInt(head[1], 16);
    const bytes = await reader.take(size);
    if (form.signed) assertSignature(head[2], 'AWS4-HMAC-SHA256-PAYLOAD', [sha256Hex(''), sha256Hex(bytes)]);
    if (size === 0) break;
    if ((await reader.line()) !== '') throw incomplete();
    yield bytes;
  }
  let canonical = '';
  let trailerSignature: string | undefined;
  for (let line = await reader.line(); line !== ''; line = await reader.line()) {
    const [, name = '', value = ''] = /^([^:]+):(.*)$/.exec(line) ?? [];
    if (name.toLowerCase() === 'x-amz-trailer-signature') {
      trailerSignature = value.trim();
      continue;
    }
    trailers.set(name.toLowerCase(), value.trim());
    canonical += `${name.toLowerCase()}:${value.trim()}\n`;
  }
  if (form.signed && form.trailer) {
    assertSignature(trailerSignature, 'AWS4-HMAC-SHA256-TRAILER', [sha256Hex(canonical)]);
  }
  await reader.end();
}

const incomplete = (): S3Error => new S3Error('IncompleteBody', 'The request body terminated unexpectedly');

class Reader {
  readonly #pieces: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(request: IncomingMessage) {
    this.#pieces = plain(request)[Symbol.asyncIterator]();
  }

  async #more(): Promise<boolean> {
    const next = await this.#pieces.next();
    if (next.done === true) return false;
    this.#rest = this.#rest.length === 0 ? next.value : Buffer.concat([this.#rest, next.value]);
    return true;
  }

  /** Up to the next line end, without it; what is left at the end of the body counts as a line. */
  async line(): Promise<string> {
    for (;;) {
      const end = this.#rest.indexOf('\r\n');
      if (end >= 0) {
        const line = this.#rest.subarray(0, end).toString('latin1');
        this.#rest = this.#rest.subarray(end + 2);
        return line;
      }
      if (this.#rest.length > 4096) throw incomplete();
      if (!(await this.#more())) {
        const line = this.#rest.toString('latin1');
        this.#rest = Buffer.alloc(0);
        return line;
      }
    }
  }

  async take(size: number): Promise<Buffer> {
    const pieces: Buffer[] = [];
    let missing = size;
    while (missing > 0) {
      if (this.#rest.length === 0 && !(await this.#more())) throw incomplete();
      const piece = this.#rest.subarray(0, missing);
      this.#rest = this.#rest.subarray(piece.length);
      missing -= piece.length;
      pieces.push(piece);
    }
    return Buffer.concat(pieces);
  }

  async close(): Promise<void> {
    await this.#pieces.return?.(undefined);
  }

  async end(): Promise<void> {
    while (await this.#more());
    if (this.#rest.length > 0) throw incomplete();
  }
}
