/**
 * A strict S3 with the archive classes of Glacier, for tests and for development: it refuses what S3
 * refuses, makes its reader wait as S3 does, on a clock that can be moved, and breaks on request.
 * Paths name the bucket (`/bucket/key`), as every client does for a server by address. What it does not
 * implement it answers with 501.
 */
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import path from 'node:path';
import { send } from './answer.ts';
import { BatchJobs, JOBS } from './batch.ts';
import { Bill, type BilledRequest, type Statement } from './billing.ts';
import { folderBlobs, memoryBlobs } from './blobs.ts';
import { receive } from './body.ts';
import type { Call, Reply } from './call.ts';
import { CONTROL, control } from './control.ts';
import { openDisk } from './disk.ts';
import { type Fault, type FaultInput, Faults } from './faults.ts';
import { newBucket, versionOf } from './model.ts';
import { operationOf } from './route.ts';
import { isS3Code, S3Error } from './s3-error.ts';
import { type Credentials, type Signed, verifySignature } from './signature.ts';
import { type S3Event, S3State } from './state.ts';
import { errorXml } from './xml.ts';

export interface ColdS3Options {
  /** Wall time of what is stored, epoch milliseconds. Requests are signed by the real one, and judged by it. */
  readonly now?: () => number;
  /** Where objects outlive the process; absent: memory. */
  readonly folder?: string;
  /** 0, the default, takes a free one. */
  readonly port?: number;
  readonly region?: string;
  readonly credentials?: Credentials;
}

export interface ColdS3 {
  readonly url: string;
  readonly region: string;
  readonly credentials: Credentials;
  readonly faults: Faults;
  now(): number;
  /** Moves the clock of what is stored on. */
  advance(ms: number): void;
  fail(fault: FaultInput): void;
  events(): readonly S3Event[];
  bill(): Statement;
  requests(): readonly BilledRequest[];
  createBucket(name: string, options?: { readonly lock?: boolean; readonly versioning?: boolean }): void;
  hasBucket(name: string): boolean;
  /** Flips one bit of the newest version, as a disk may. */
  damage(bucket: string, key: string, at: number): void;
  close(): Promise<void>;
}

const HOST = '127.0.0.1';

export async function startColdS3(options: ColdS3Options = {}): Promise<ColdS3> {
  const { region = 'us-east-1', folder, port = 0 } = options;
  const credentials = options.credentials ?? {
    accessKeyId: 'COLDS3EXAMPLEKEY',
    secretAccessKey: randomBytes(20).toString('hex'),
  };
  const base = options.now ?? Date.now;
  let ahead = 0;
  const now = (): number => Math.floor(base() + ahead);
  const disk = folder === undefined ? undefined : folderBlobs(path.join(folder, 'bytes'));
  const state = new S3State({
    now,
    blobs: disk ?? memoryBlobs(),
    bill: new Bill(now),
    disk: disk === undefined || folder === undefined ? undefined : openDisk(folder, disk.open),
  });
  const faults = new Faults();
  const jobs = new BatchJobs(state);

  const billed = (operation: string, bucket: string, key: string, status: number, bytesOut: number): void =>
    state.bill.request(
      { atMs: now(), operation, bucket, key, status, bytesOut },
      state.buckets.get(bucket)?.objects.get(key)?.[0]?.storageClass,
    );

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const requestId = randomBytes(8).toString('hex').toUpperCase();
    response.setHeader('x-amz-request-id', requestId);
    response.setHeader('server', 'cold-s3');
    const rawPath = (request.url ?? '/').split('?')[0] ?? '/';
    let name = 'unknown';
    let bucket = '';
    let key = '';
    let fault: Fault | undefined;
    let reply: Reply;
    state.settle();
    jobs.settle();
    try {
      const { query, pairs } = queryOf(request.url ?? '/');
      const decodedPath = decoded(rawPath);
      [, bucket = '', key = ''] = /^\/([^/]*)\/?(.*)$/s.exec(decodedPath) ?? [];
      const signed: Signed = verifySignature(
        { request, path: decodedPath, query: pairs },
        credentials,
        region,
        Date.now(),
      );
      const call: Call = {
        state,
        request,
        bucket,
        key,
        query,
        receive: () => receive(request, signed, state.blobs),
      };
      const operation = decodedPath.startsWith(JOBS)
        ? { name: 'BatchJob', run: () => jobs.answer(call, decodedPath.slice(JOBS.length)) }
        : operationOf(call, region);
      name = operation.name;
      fault = faults.take(name, key);
      if (fault?.kind === 'disconnect') return void request.socket.destroy();
      if (fault?.kind === 'hang') return;
      if (fault?.kind === 'error' && isS3Code(fault.code)) throw new S3Error(fault.code, 'This was asked for.');
      reply = await operation.run(call);
      if (fault?.kind === 'lost acknowledgement') {
        billed(name, bucket, key, reply.status, 0);
        return void request.socket.destroy();
      }
    } catch (error) {
      if (request.destroyed && !request.complete) return; // it hung up
      const s3 = error instanceof S3Error ? error : new S3Error('InternalError', 'We encountered an internal error.');
      if (s3 !== error) console.error('cold-s3:', error);
      const body = Buffer.from(errorXml(s3, rawPath, requestId));
      reply = {
        status: s3.status,
        headers: { 'content-type': 'application/xml', ...s3.headers },
        ...(request.method === 'HEAD' ? {} : { body: [body], length: body.length }),
      };
      await rest(request);
    }
    billed(name, bucket, key, reply.status, await send(response, reply, fault));
  };

  const server = createServer((request, response) => {
    const work =
      request.url?.startsWith(CONTROL) === true ? control(cold, request, response) : serve(request, response);
    work.catch((error: unknown) => {
      console.error('cold-s3:', error);
      response.destroy();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, HOST, resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('cold-s3 listens on no port');

  const cold: ColdS3 = {
    url: `http://${HOST}:${address.port}`,
    region,
    credentials,
    faults,
    now,
    advance: (ms) => {
      ahead += ms;
      state.settle();
    },
    fail: (fault) => faults.add(fault),
    events: () => {
      state.settle();
      return state.events;
    },
    bill: () => state.bill.statement(),
    requests: () => state.bill.requests,
    createBucket: (name, { lock = false, versioning = false } = {}) => {
      const bucket = newBucket(name, now(), lock);
      if (versioning) bucket.versioning = 'Enabled';
      state.saveBucket(bucket);
    },
    hasBucket: (name) => state.buckets.has(name),
    damage: (bucket, key, at) => versionOf(state.bucket(bucket), key, undefined).blob.damage(at),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return cold;
}

function queryOf(url: string): { query: ReadonlyMap<string, string>; pairs: readonly (readonly [string, string])[] } {
  const text = url.split('?').slice(1).join('?');
  const pairs = text
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair): readonly [string, string] => {
      const [name = '', ...value] = pair.split('=');
      return [decoded(name), decoded(value.join('='))];
    });
  return { query: new Map(pairs), pairs };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new S3Error('InvalidArgument', "Couldn't parse the specified URI.");
  }
}

/** The rest of a body that nobody wants any more: a client that still sends would not hear the answer. */
const rest = (request: IncomingMessage): Promise<void> =>
  new Promise((resolve) => {
    if (request.complete || request.destroyed) return resolve();
    request
      .on('end', resolve)
      .on('close', resolve)
      .on('error', () => resolve())
      .resume();
  });
