/** Somebody who receives webhooks over real HTTP, and fails in the ways that receivers do. */
import { createServer, type IncomingHttpHeaders } from 'node:http';

export type Behaviour = 'accepts' | 'answers 500' | 'hangs' | 'hangs up' | 'asks to wait';

export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface WebhookReceiver {
  readonly url: string;
  readonly received: readonly Received[];
  close(): Promise<void>;
}

/** @param plan what it does with the first, the second ...; afterwards it accepts */
export async function startReceiver(plan: readonly Behaviour[] = [], port = 0): Promise<WebhookReceiver> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', () => {
      const behaviour = plan[received.length] ?? 'accepts';
      received.push({ headers: request.headers, body });
      if (behaviour === 'hangs') return;
      if (behaviour === 'hangs up') request.socket.destroy();
      else if (behaviour === 'answers 500') response.writeHead(500).end();
      else if (behaviour === 'asks to wait') response.writeHead(429, { 'retry-after': '1' }).end();
      else response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the listening socket has no port');
  return {
    url: `http://127.0.0.1:${address.port}/hooks/payouts`,
    received,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
