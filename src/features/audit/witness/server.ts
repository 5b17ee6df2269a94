/** The witness over HTTP: one address, of which nothing else is said. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { messageOf } from '../../../kernel/errors.ts';
import type { Logger } from '../../../platform/telemetry/port.ts';
import { ADD_CHECKPOINT, MAX_REQUEST } from './protocol.ts';
import type { Witness, WitnessAnswer } from './witness.ts';

export interface WitnessServerOptions {
  readonly witness: Pick<Witness, 'addCheckpoint'>;
  readonly host: string;
  readonly port: number;
  readonly log: Logger;
}

export interface WitnessServer {
  /** The submission prefix. */
  readonly url: string;
  /** Ends after the requests that are under way. */
  close(): Promise<void>;
}

/** Milliseconds in which a request must have come in whole. */
const REQUEST_TIMEOUT_MS = 10_000;

export async function serveWitness({ witness, host, port, log }: WitnessServerOptions): Promise<WitnessServer> {
  const answerTo = async (request: IncomingMessage): Promise<WitnessAnswer> => {
    if (request.url !== ADD_CHECKPOINT) return refusal(404, `POST ${ADD_CHECKPOINT}`);
    if (request.method !== 'POST') return refusal(405, `POST ${ADD_CHECKPOINT}`);
    const body = await bodyOf(request);
    return body === undefined ? refusal(413, `${MAX_REQUEST} bytes at the most`) : witness.addCheckpoint(body);
  };
  const server = createServer((request, response) => {
    answerTo(request).then(
      (answer) => send(response, answer),
      (error: unknown) => {
        log.error({ code: 'audit.witness_failed', reason: messageOf(error) }, 'a checkpoint could not be cosigned');
        send(response, refusal(500, 'it could not be cosigned; ask the operator'));
      },
    );
  });
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const address = server.address();
  const at = typeof address === 'object' && address !== null ? address.port : port;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${at}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
  };
}

/** Undefined where it is too long. @throws what cuts the connection, and for what is not UTF-8 */
async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request) {
    if (!(chunk instanceof Uint8Array)) continue;
    size += chunk.byteLength;
    if (size > MAX_REQUEST) return undefined;
    chunks.push(chunk);
  }
  return new TextDecoder().decode(Buffer.concat(chunks, size));
}

function send(response: ServerResponse, { status, type, body }: WitnessAnswer): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
}

const refusal = (status: number, body: string): WitnessAnswer => ({
  status,
  type: 'text/plain; charset=utf-8',
  body: `${body}\n`,
});
