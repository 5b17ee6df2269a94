/** A bank's HTTP API on loopback: a statement a day, signed over the exact bytes, and every way to get it wrong. */
import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface BankAnswer {
  readonly status?: number;
  readonly body: string;
  /** Undefined: the right one; '': none. */
  readonly signature?: string;
}

export interface Bank {
  readonly url: string;
  readonly publicKey: string;
  readonly secret: string;
  /** By date; what is not there is a 404. */
  readonly statements: Map<string, string>;
  /** What is answered instead. */
  disturb: (date: string, body: string | undefined) => BankAnswer | 'silence' | undefined;
  sign(algorithm: string, body: string): string;
  close(): Promise<void>;
}

export async function startBank(): Promise<Bank> {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const secret = 'a secret that bank and platform share';
  const send = (response: ServerResponse, algorithm: string, { status = 200, body, signature }: BankAnswer): void => {
    const signed = signature ?? bank.sign(algorithm, body);
    response.writeHead(status, {
      'content-type': 'application/json',
      ...(signed === '' ? {} : { 'x-signature': signed }),
    });
    response.end(body);
  };
  const server = createServer((request, response) => {
    const [, algorithm = '', date = ''] = (request.url ?? '').split('?')[0]?.split('/') ?? [];
    const body = bank.statements.get(date);
    const instead = bank.disturb(date, body);
    if (instead === 'silence') return;
    if (instead !== undefined) send(response, algorithm, instead);
    else if (body === undefined) response.writeHead(404).end('{"error":"no such statement"}');
    else send(response, algorithm, { body });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const bank: Bank = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    secret,
    statements: new Map(),
    disturb: () => undefined,
    sign: (algorithm, body) =>
      algorithm === 'ed25519'
        ? sign(null, Buffer.from(body), privateKey).toString('base64')
        : createHmac('sha256', secret).update(body).digest('hex'),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return bank;
}
