/** A part of a bench in a process of its own, spoken to by messages: what is measured shares its loop with nobody. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cpuUsage } from 'node:process';
import type { z } from 'zod';

export interface Part<Hello> {
  /** What it said when it was ready. */
  readonly hello: Hello;
  /** Processor time that it has used, in microseconds, user and system. */
  cpuMicros(): Promise<number>;
  /** Ends it, and waits until it is gone. */
  stop(): Promise<void>;
}

/** As in the first line of bin/plumbline.mjs, which says why, and so are arenas below. */
const EXEC_ARGV = ['--max-semi-space-size=2'];
/**
 * As that file does as well. A process that strips types itself holds the stripper, which users' does not: with
 * compose.ts imported, 187 MiB were resident without the cache and 168 with it (Node 24, Linux).
 */
const NODE_COMPILE_CACHE = process.env.NODE_COMPILE_CACHE ?? join(tmpdir(), 'node-compile-cache');

/** @param file beside this one: `http-bare.ts` */
export async function startPart<Hello>(file: string, args: readonly string[], hello: z.ZodType<Hello>) {
  const child = fork(new URL(file, import.meta.url), [...args], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    execArgv: EXEC_ARGV,
    env: { MALLOC_ARENA_MAX: '2', ...process.env, NODE_COMPILE_CACHE },
  });
  const part: Part<Hello> = {
    hello: hello.parse(await nextMessage(file, child)),
    cpuMicros: async () => {
      child.send('cpu');
      return Number(await nextMessage(file, child));
    },
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.disconnect();
      await gone;
    },
  };
  return part;
}

/** Runs it to its one answer. */
export async function runPart<Answer>(file: string, args: readonly string[], answer: z.ZodType<Answer>) {
  const part = await startPart(file, args, answer);
  await part.stop();
  return part.hello;
}

function nextMessage(file: string, child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const onMessage = (message: unknown): void => {
      child.off('exit', onExit);
      resolve(message);
    };
    const onExit = (code: number | null): void => {
      child.off('message', onMessage);
      reject(new Error(`${file} ended with ${code}`));
    };
    child.once('message', onMessage);
    child.once('exit', onExit);
  });
}

/** The other end: says `hello`, tells its processor time when asked, and closes when the bench is done with it. */
export function bePart(hello: unknown, close: () => Promise<unknown> = () => Promise.resolve()): void {
  process.on('message', () => {
    const { user, system } = cpuUsage();
    process.send?.(user + system);
  });
  process.once('disconnect', () => void close());
  process.send?.(hello);
}
