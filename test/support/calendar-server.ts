/**
 * An OpenTimestamps calendar: POST /digest promises, GET /timestamp/<commitment> keeps the promise once
 * `attest` was called (opentimestamps-server, otsserver/rpc.py).
 */
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface TestCalendar {
  readonly url: string;
  /** What it was given. */
  readonly digests: Buffer[];
  /** From now on every commitment stands in the Bitcoin block of this height. */
  attest(height: number): void;
  /** Answers with this instead. */
  fail: { readonly status: number; readonly body: string } | undefined;
  close(): Promise<void>;
}

const sized = (bytes: Uint8Array): Buffer => Buffer.concat([Buffer.of(bytes.length), bytes]);
const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();
const PENDING = Buffer.from('83dfe30d2ef90c8e', 'hex');
const BITCOIN = Buffer.from('0588960d73d71901', 'hex');

export async function startCalendar(): Promise<TestCalendar> {
  const digests: Buffer[] = [];
  const commitments = new Set<string>();
  let height: number | undefined;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (calendar.fail !== undefined) {
        response.writeHead(calendar.fail.status).end(calendar.fail.body);
      } else if (request.method === 'POST' && request.url === '/digest') {
        const digest = Buffer.concat(chunks);
        digests.push(digest);
        const salt = Buffer.from('0011223344556677', 'hex');
        commitments.add(sha256(Buffer.concat([digest, salt])).toString('hex'));
        const promise = Buffer.concat([Buffer.of(0), PENDING, sized(sized(Buffer.from(calendar.url)))]);
        response.end(Buffer.concat([Buffer.of(0xf0), sized(salt), Buffer.of(0x08), promise]));
      } else if (height !== undefined && commitments.has((request.url ?? '').replace('/timestamp/', ''))) {
        const low = Buffer.of((height % 128) + 128, Math.floor(height / 128)); // LEB128 of two bytes
        response.end(Buffer.concat([Buffer.of(0x08, 0x08, 0), BITCOIN, sized(low)]));
      } else {
        response.writeHead(404).end('Pending confirmation in Bitcoin blockchain');
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const calendar: TestCalendar = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    digests,
    attest: (at) => {
      height = at;
    },
    fail: undefined,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return calendar;
}
