/**
 * Signs requests to S3 by hand, for those that no client would send: wrong ones, and bodies in signed
 * chunks. Written from https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-auth-using-authorization-header.html,
 * apart from the server's own verification.
 */
import { createHash, createHmac } from 'node:crypto';
import { request } from 'node:http';
import type { ColdS3 } from './cold-s3/server.ts';

const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');
const hmac = (key: string | Buffer, data: string): Buffer => createHmac('sha256', key).update(data).digest();

export interface RawRequest {
  readonly method?: string;
  /** With its query, encoded as it is to be sent. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
  /** What x-amz-content-sha256 says; the body's own hash where absent. */
  readonly payload?: string;
  /** Chunks to be sent as aws-chunked, each signed, with a trailer where there is one. */
  readonly chunks?: {
    readonly parts: readonly Buffer[];
    readonly trailer?: readonly [string, string];
    readonly spoil?: (wire: string) => string;
  };
  readonly at?: Date;
  readonly secret?: string;
  readonly region?: string;
  /** Changes what is sent after it was signed. */
  readonly after?: (headers: Record<string, string>) => Record<string, string>;
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  /** The code of an error. */
  readonly code: string | undefined;
}

export async function signed(server: ColdS3, options: RawRequest): Promise<RawAnswer> {
  const { method = 'GET', path, chunks, region = server.region } = options;
  const url = new URL(server.url);
  const date = (options.at ?? new Date()).toISOString().replace(/[-:]|\.\d{3}/g, '');
  const body = Buffer.from(options.body ?? '');
  const streaming =
    chunks?.trailer === undefined ? 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD' : 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER';
  const payload = options.payload ?? (chunks === undefined ? sha256(body) : streaming);
  const headers: Record<string, string> = {
    ...options.headers,
    host: url.host,
    'x-amz-date': date,
    'x-amz-content-sha256': payload,
    ...(chunks === undefined
      ? {}
      : {
          'content-encoding': 'aws-chunked',
          'x-amz-decoded-content-length': String(chunks.parts.reduce((sum, part) => sum + part.length, 0)),
          ...(chunks.trailer === undefined ? {} : { 'x-amz-trailer': chunks.trailer[0] }),
        }),
  };
  const [uri = '', query = ''] = path.split('?');
  const names = Object.keys(headers).sort();
  const canonical = [
    method,
    uri,
    query
      .split('&')
      .filter((pair) => pair !== '')
      .map((pair) => (pair.includes('=') ? pair : `${pair}=`))
      .sort()
      .join('&'),
    ...names.map((name) => `${name}:${headers[name]}`),
    '',
    names.join(';'),
    payload,
  ].join('\n');
  const scope = `${date.slice(0, 8)}/${region}/s3/aws4_request`;
  const secret = options.secret ?? server.credentials.secretAccessKey;
  const key = hmac(hmac(hmac(hmac(`AWS4${secret}`, date.slice(0, 8)), region), 's3'), 'aws4_request');
  const signature = hmac(key, `AWS4-HMAC-SHA256\n${date}\n${scope}\n${sha256(canonical)}`).toString('hex');
  const authorization = `AWS4-HMAC-SHA256 Credential=${server.credentials.accessKeyId}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
  const sent = options.after?.({ ...headers, authorization }) ?? { ...headers, authorization };
  return send(
    server,
    method,
    path,
    sent,
    chunks === undefined ? body : inChunks(chunks, { key, date, scope, signature }),
  );
}

interface Seed {
  readonly key: Buffer;
  readonly date: string;
  readonly scope: string;
  readonly signature: string;
}

function inChunks({ parts, trailer, spoil }: NonNullable<RawRequest['chunks']>, seed: Seed): Buffer {
  const { key, date, scope } = seed;
  let previous = seed.signature;
  let wire = '';
  for (const part of [...parts, Buffer.alloc(0)]) {
    const text = ['AWS4-HMAC-SHA256-PAYLOAD', date, scope, previous, sha256(''), sha256(part)].join('\n');
    previous = hmac(key, text).toString('hex');
    wire += `${part.length.toString(16)};chunk-signature=${previous}\r\n${part.toString('latin1')}`;
    if (part.length > 0) wire += '\r\n';
  }
  if (trailer !== undefined) {
    const [name, value] = trailer;
    const text = ['AWS4-HMAC-SHA256-TRAILER', date, scope, previous, sha256(`${name}:${value}\n`)].join('\n');
    wire += `${name}:${value}\r\nx-amz-trailer-signature:${hmac(key, text).toString('hex')}\r\n`;
  }
  wire += '\r\n';
  return Buffer.from(spoil?.(wire) ?? wire, 'latin1');
}

/** As it is, signed or not. */
export function send(
  server: ColdS3,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  body: Buffer,
): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(server.url);
    const length =
      'transfer-encoding' in headers
        ? {}
        : body.length > 0 || method === 'PUT' || method === 'POST'
          ? { 'content-length': String(body.length) }
          : {};
    const call = request(
      { hostname, port, method, path, headers: { ...length, ...headers }, agent: false },
      (answer) => {
        const pieces: Buffer[] = [];
        answer.on('data', (piece: Buffer) => pieces.push(piece)).on('error', reject);
        answer.on('end', () => {
          const text = Buffer.concat(pieces).toString();
          const code = /<Error><Code>(\w+)<\/Code>/.exec(text)?.[1];
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: text, code });
        });
      },
    );
    call.on('error', reject);
    call.end(body);
  });
}
