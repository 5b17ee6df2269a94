/** A real RFC 3161 authority: `openssl ts` behind a small HTTP server, with a certificate of its own making. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

const CONFIG = `[tsa]
default_tsa = it
[it]
serial = ./serial
signer_cert = ./tsa.pem
certs = ./ca.pem
signer_key = ./tsa.key
signer_digest = sha256
default_policy = 1.3.6.1.4.1.99999.1
other_policies = 1.3.6.1.4.1.99999.2
digests = sha256
accuracy = secs:1
ess_cert_id_alg = sha256
`;

export interface TestAuthority {
  readonly url: string;
  /** PEM of its root. */
  readonly root: string;
  /** What the server does to the answer, and what it says that it is. */
  disturb: (
    answer: Buffer,
    query: Buffer,
  ) => { readonly body: Buffer; readonly status?: number; readonly type?: string };
  /** `openssl ts -verify`. @throws when it does not */
  verify(document: Uint8Array, answer: Uint8Array): string;
  /** Its answer to the query, as it is. */
  reply(query: Buffer): Buffer;
  close(): Promise<void>;
}

export async function startTimeStampAuthority(): Promise<TestAuthority> {
  const folder = mkdtempSync(path.join(tmpdir(), 'plumbline-tsa-'));
  const openssl = (...args: readonly string[]): string =>
    execFileSync('openssl', [...args], { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  writeFileSync(path.join(folder, 'tsa.cnf'), CONFIG);
  writeFileSync(path.join(folder, 'serial'), '01\n');
  writeFileSync(
    path.join(folder, 'ext'),
    'extendedKeyUsage=critical,timeStamping\nkeyUsage=critical,digitalSignature\n',
  );
  openssl(
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-days',
    '2',
    '-subj',
    '/CN=Test root',
  );
  openssl(
    'req',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-keyout',
    'tsa.key',
    '-out',
    'tsa.csr',
    '-subj',
    '/CN=Test authority',
  );
  openssl(
    'x509',
    '-req',
    '-in',
    'tsa.csr',
    '-CA',
    'ca.pem',
    '-CAkey',
    'ca.key',
    '-CAcreateserial',
    '-days',
    '2',
    '-extfile',
    'ext',
    '-out',
    'tsa.pem',
  );

  const reply = (query: Buffer): Buffer => {
    writeFileSync(path.join(folder, 'query'), query);
    openssl('ts', '-reply', '-config', 'tsa.cnf', '-queryfile', 'query', '-out', 'answer');
    return readFileSync(path.join(folder, 'answer'));
  };
  const authority: Omit<TestAuthority, 'url'> = {
    root: readFileSync(path.join(folder, 'ca.pem'), 'utf8'),
    disturb: (body) => ({ body }),
    reply,
    verify(document, answer) {
      writeFileSync(path.join(folder, 'document'), document);
      writeFileSync(path.join(folder, 'kept'), answer);
      return openssl('ts', '-verify', '-data', 'document', '-in', 'kept', '-CAfile', 'ca.pem');
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true });
    },
  };
  const server = createServer((request, response) => {
    void bodyOf(request).then((query) => {
      if (request.headers['content-type'] !== 'application/timestamp-query') {
        response.writeHead(415).end();
        return;
      }
      const { body, status = 200, type = 'application/timestamp-reply' } = answering.disturb(reply(query), query);
      response.writeHead(status, { 'content-type': type }).end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const answering = Object.assign(authority, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` });
  return answering;
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
