/** A request on its way through the server, and the answer. */
import type { IncomingMessage } from 'node:http';
import type { Received } from './body.ts';
import { S3Error } from './s3-error.ts';
import type { S3State } from './state.ts';
import { element, type Xml } from './xml.ts';

export interface Call {
  readonly state: S3State;
  readonly request: IncomingMessage;
  /** Empty for the service itself. */
  readonly bucket: string;
  /** Empty for the bucket itself. */
  readonly key: string;
  readonly query: ReadonlyMap<string, string>;
  /** Receives and checks the body. Once. */
  readonly receive: () => Promise<Received>;
}

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: Iterable<Buffer>;
  /** Of the body, bytes. */
  readonly length?: number;
}

export function xmlReply(name: string, value: { readonly [name: string]: Xml }, status = 200): Reply {
  const body = Buffer.from(element(name, value));
  return { status, headers: { 'content-type': 'application/xml' }, body: [body], length: body.length };
}

export const header = ({ request }: Call, name: string): string | undefined => {
  const value = request.headers[name];
  return typeof value === 'string' ? value : undefined;
};

/** A whole number of the query. @throws `InvalidArgument` */
export function numberOf({ query }: Call, name: string, fallback: number, max: number): number {
  const text = query.get(name);
  if (text === undefined || text === '') return fallback;
  if (!/^\d{1,9}$/.test(text)) {
    throw new S3Error('InvalidArgument', `Provided ${name} not an integer or within integer range`, {
      more: { ArgumentName: name, ArgumentValue: text },
    });
  }
  return Math.min(Number(text), max);
}

/** The body of a request that is XML, in memory. */
export async function bodyOf(call: Call, needsProof = false): Promise<Buffer> {
  const { blob, proven } = await call.receive();
  const bytes = Buffer.concat([...blob.read(0, blob.size)]);
  blob.remove();
  if (needsProof && !proven) {
    throw new S3Error('InvalidRequest', 'Missing required header for this request: Content-MD5');
  }
  return bytes;
}
