#!/usr/bin/env -S MALLOC_ARENA_MAX=2 node --max-semi-space-size=2
// Buffers that nobody needs any more are kept until the heap's young generation is full, of which Node 24 has up to
// 64 MiB, and by glibc for each thread: `archive run` of 300,000 rows had 278 MB resident at the most with 8 MiB, 251
// with 2, and 236 to 248 with two arenas as well (three runs; Linux, PostgreSQL 15).
// Plain JavaScript for any Node: a runtime that is too old gets one clear line, or, in a clone, the
// Node that the clone itself has installed.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import * as module from 'node:module';
import { fileURLToPath } from 'node:url';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const [major, minor] = process.versions.node.split('.').map(Number);
const recent = major > 22 || (major === 22 && minor >= 19);
const ownNode = at('../node_modules/node/bin/node');

if (recent) {
  module.enableCompileCache?.(); // a command starts in half the time once its code was compiled
  const source = at('../src/main/bin.ts');
  await import(existsSync(source) ? source : at('../dist/main/bin.js'));
} else if (existsSync(ownNode)) {
  const child = spawn(ownNode, [...process.execArgv, ...process.argv.slice(1)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)));
} else {
  process.stderr.write(`plumbline needs Node 22.19 or newer; this is ${process.version} (${process.execPath})\n`);
  process.exitCode = 1;
}
