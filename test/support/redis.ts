/** A real Redis for tests, and the ways in which one fails: stopped, hung, back again. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Redis } from 'ioredis';
import { type Child, endWithUs, start, stop } from './child.ts';
import { freePort } from './ports.ts';

export const REDIS_PACKAGE = 'apt-get install redis-server';

export interface RedisServer {
  readonly url: string;
  readonly port: number;
  /** It accepts connections and answers nothing. */
  freeze(): void;
  thaw(): void;
  /** As by a power loss; its data is gone. */
  kill(): Promise<void>;
  /** On the same port, empty. */
  restart(): Promise<void>;
  /** FLUSHALL: it forgets everything. */
  flush(): Promise<void>;
  stop(): Promise<void>;
}

/** Undefined when it is not installed. */
export function findRedis(): string | undefined {
  const folders = ['/usr/bin', '/usr/local/bin', '/opt/homebrew/bin'];
  const names = ['redis-server', 'valkey-server'];
  return folders.flatMap((folder) => names.map((name) => path.join(folder, name))).find((file) => existsSync(file));
}

export async function startRedis(program: string): Promise<RedisServer> {
  const folder = mkdtempSync(path.join(tmpdir(), 'plumbline-redis-'));
  const port = await freePort();
  let child = await serve(program, port, folder);
  return {
    url: `redis://127.0.0.1:${port}/0`,
    port,
    freeze: () => {
      child.process.kill('SIGSTOP');
    },
    thaw: () => {
      child.process.kill('SIGCONT');
    },
    kill: () => stop(child, 'SIGKILL'),
    restart: async () => {
      child = await serve(program, port, folder);
    },
    flush: async () => {
      const client = new Redis(port, '127.0.0.1');
      client.on('error', () => undefined); // it is gone soon
      await client.flushall();
      client.disconnect();
    },
    stop: async () => {
      child.process.kill('SIGCONT');
      await stop(child, 'SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function serve(program: string, port: number, folder: string): Promise<Child> {
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder];
  const child = start(program, args);
  await child.said('Ready to accept connections');
  endWithUs(child, folder);
  return child;
}
