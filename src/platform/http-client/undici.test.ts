import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../clock/system.ts';
import type { HttpBytesClient, HttpClient, HttpRequest } from './port.ts';
import { createHttpClient } from './undici.ts';

let server: Server;
let elsewhere: Server;
let origin: string;
let client: HttpClient & HttpBytesClient;
let bytesSent = 0;

const listen = async (which: Server): Promise<string> => {
  await new Promise<void>((resolve) => which.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(which.address() as AddressInfo).port}`;
};

beforeEach(async () => {
  bytesSent = 0;
  elsewhere = createServer((_, response) => response.end('elsewhere'));
  const other = await listen(elsewhere);
  server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    switch (url.pathname) {
      case '/echo': {
        let body = '';
        request.on('data', (chunk) => {
          body += String(chunk);
        });
        request.on('end', () =>
          response.end(JSON.stringify({ method: request.method, headers: request.headers, body })),
        );
        return;
      }
      case '/mirror':
        request.pipe(response);
        return;
      case '/status':
        response.writeHead(503, { 'Set-Cookie': ['a=1', 'b=2'], 'X-Odd': 'yes' }).end('busy');
        return;
      case '/hop': {
        const left = Number(url.searchParams.get('n'));
        response.writeHead(307, { location: left > 1 ? `/hop?n=${left - 1}` : '/echo' }).end();
        return;
      }
      case '/see-other':
        response.writeHead(303, { location: '/echo' }).end();
        return;
      case '/away':
        response.writeHead(302, { location: `${other}/` }).end();
        return;
      case '/nowhere':
        response.writeHead(302, { location: 'http://[' }).end();
        return;
      case '/silent':
        return;
      case '/drip-headers':
        request.socket.write('HTTP/1.1 200 OK\r\n');
        dripOn(() => request.socket.write('x-a: b\r\n'), request.socket);
        return;
      case '/drip-body':
        response.writeHead(200);
        dripOn(() => response.write('x'), response);
        return;
      case '/flood': {
        response.writeHead(200);
        const block = Buffer.alloc(64 * 1024, 0x20);
        const more = (): void => {
          while (bytesSent < 200 * 1024 * 1024) {
            bytesSent += block.length;
            if (!response.write(block)) {
              response.once('drain', more);
              return;
            }
          }
          response.end();
        };
        more();
        return;
      }
      case '/latin1':
        response.end(Buffer.from([0x7b, 0xe9, 0x7d]));
        return;
      case '/gzip':
        response.writeHead(200, { 'content-encoding': 'gzip' }).end('not really');
        return;
      case '/reset':
        request.socket.resetAndDestroy();
        return;
      case '/cut':
        response.writeHead(200, { 'content-length': '100' });
        response.write('half');
        response.socket?.end();
        return;
      default:
        response.end('ok');
    }
  });
  origin = await listen(server);
  client = createHttpClient({ clock: systemClock });
});

afterEach(async () => {
  await client.close();
  for (const each of [server, elsewhere]) {
    each.closeAllConnections();
    await new Promise((resolve) => each.close(resolve));
  }
});

function dripOn(write: () => void, until: { once(event: 'close', fn: () => void): unknown }): void {
  write();
  const timer = setInterval(write, 50);
  until.once('close', () => clearInterval(timer));
}

const send = (path: string, more: Partial<HttpRequest> = {}) =>
  client.send({ url: `${origin}${path}`, timeoutMs: 5_000, ...more });

describe('HTTP client', () => {
  it('sends what it is given', async () => {
    const { status, body } = await send('/echo', { method: 'POST', headers: { 'x-key': 'k' }, body: '{"a":1}' });
    expect(status).toBe(200);
    expect(JSON.parse(body)).toMatchObject({
      method: 'POST',
      headers: { 'x-key': 'k', 'accept-encoding': 'identity' },
      body: '{"a":1}',
    });
  });

  it('carries bytes that are no text, both ways', async () => {
    const body = Uint8Array.from({ length: 256 }, (_, index) => index);
    const url = `${origin}/mirror`;
    const mirrored = await client.sendBytes({ url, method: 'POST', body, timeoutMs: 5_000 });
    expect(mirrored.status).toBe(200);
    expect([...mirrored.body]).toEqual([...body]);
    const capped = client.sendBytes({ url, method: 'POST', body, timeoutMs: 5_000, maxBytes: 255 });
    await expect(capped).rejects.toMatchObject({ code: 'http.too_large' });
  });

  it('gives any status as an answer, with header names in lower case', async () => {
    const { status, headers, body } = await send('/status');
    expect({ status, body }).toEqual({ status: 503, body: 'busy' });
    expect(headers).toMatchObject({ 'set-cookie': 'a=1, b=2', 'x-odd': 'yes' });
  });

  it('gives up on a connection that is never made, although undici does not', { timeout: 5_000 }, async () => {
    const sockets: { destroy(): void }[] = [];
    const mute = createTcpServer((socket) => sockets.push(socket.on('error', () => undefined)));
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    // TLS to a server that never says its part.
    const url = `https://127.0.0.1:${(mute.address() as AddressInfo).port}/`;
    await expect(client.send({ url, timeoutMs: 100 })).rejects.toMatchObject({ code: 'http.timeout' });
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => mute.close(resolve));
  });

  it.each([['/silent'], ['/drip-headers'], ['/drip-body']])('gives up on %s at its deadline', async (path) => {
    const began = performance.now();
    await expect(send(path, { timeoutMs: 300 })).rejects.toMatchObject({ code: 'http.timeout', kind: 'upstream' });
    expect(performance.now() - began).toBeGreaterThanOrEqual(290);
    expect(performance.now() - began).toBeLessThan(3_000);
  });

  it('stops reading a body of 200 MB at its cap', async () => {
    await expect(send('/flood', { timeoutMs: 10_000 })).rejects.toMatchObject({ code: 'http.too_large' });
    expect(bytesSent).toBeLessThan(20 * 1024 * 1024); // what sockets buffer, and not more
    const before = bytesSent;
    await expect(send('/flood', { maxBytes: 1024 })).rejects.toMatchObject({ code: 'http.too_large' });
    expect(before).toBeGreaterThan(64 * 1024);
  });

  it('keeps its connections for later calls', async () => {
    let connections = 0;
    server.on('connection', () => {
      connections += 1;
    });
    for (let i = 0; i < 8; i += 1) await send('/echo');
    expect(connections).toBeLessThanOrEqual(2);
  });

  it('follows three redirects on the same host, and no fourth', async () => {
    expect(JSON.parse((await send('/hop?n=3', { method: 'POST', body: 'b' })).body)).toMatchObject({
      method: 'POST',
      body: 'b',
    });
    await expect(send('/hop?n=4')).rejects.toMatchObject({ code: 'http.redirected' });
    expect(JSON.parse((await send('/see-other', { method: 'POST', body: 'b' })).body)).toMatchObject({
      method: 'GET',
      body: '',
    });
  });

  it.each([['/away'], ['/nowhere']])('refuses a redirect elsewhere: %s', async (path) => {
    await expect(send(path)).rejects.toMatchObject({ code: 'http.redirected' });
  });

  it.each([
    ['/latin1', 'http.not_text'],
    ['/gzip', 'http.not_text'],
    ['/reset', 'http.transport'],
    ['/cut', 'http.transport'],
  ])('%s is %s', async (path, code) => {
    await expect(send(path)).rejects.toMatchObject({ code, kind: 'upstream' });
  });

  it('says where it failed, but not what the query carried', async () => {
    const error: unknown = await send('/reset?key=secret').catch((thrown: unknown) => thrown);
    expect(String(error)).toContain(`${origin}/reset`);
    expect(String(error)).not.toContain('secret');
  });

  it('is not told an address that is not one', async () => {
    await expect(client.send({ url: 'ftp://x/', timeoutMs: 100 })).rejects.toMatchObject({
      code: 'http.url_malformed',
    });
    await expect(client.send({ url: 'nowhere', timeoutMs: 100 })).rejects.toMatchObject({ code: 'http.url_malformed' });
  });

  it('ends what is under way when it closes', async () => {
    const pending = expect(send('/silent')).rejects.toMatchObject({ code: 'http.transport' });
    await new Promise((resolve) => setTimeout(resolve, 50));
    await client.close();
    await pending;
  });
});
