/** A way to a PostgreSQL server that can be cut: the client's end is gone, and the server works on, and does not know. */

import type { AddressInfo } from 'node:net';
import { connect, createServer, type Socket } from 'node:net';

export interface Way {
  /** Of the same database, this way. */
  readonly url: string;
  /** Whoever is connected hears that the connection is lost; who connects after it is not cut off. */
  cut(): void;
  close(): Promise<void>;
}

export async function wayTo(url: string): Promise<Way> {
  const target = new URL(url);
  const near = new Set<Socket>();
  const far = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    near.add(client);
    far.add(upstream);
    client.pipe(upstream, { end: false });
    upstream.on('data', (data) => client.writable && client.write(data));
    for (const socket of [client, upstream]) socket.on('error', () => undefined);
    upstream.on('close', () => client.destroy());
    client.on('end', () => upstream.end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const here = new URL(url);
  here.port = String((server.address() as AddressInfo).port);
  return {
    url: here.href,
    cut: () => {
      for (const socket of near) socket.destroy();
      near.clear();
    },
    close: async () => {
      for (const socket of [...near, ...far]) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
