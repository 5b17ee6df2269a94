// dist/, which the package holds and which `import 'plumbline/rates'` means in a clone, too. Anew each
// time: what is gone from src must not stay in it. And web/dist/, the console.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';

/** @returns the exit code */
export function build(args = []) {
  rmSync('dist', { recursive: true, force: true });
  const tsc = ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', ...args];
  return spawnSync(process.execPath, tsc, { stdio: 'inherit' }).status ?? 1;
}

/**
 * With each file compressed beside it, so that the service only sends it. Made aside and put in place at
 * once: a service that runs meanwhile misses no file, for the same sources have the same names.
 * @returns the exit code
 */
export async function buildConsole() {
  const vite = await import('vite').catch(() => undefined);
  if (vite === undefined) {
    process.stderr.write('the console is not built, for Vite is not installed\n');
    return 1;
  }
  const [built, aside, old] = ['web/dist', `web/dist.${process.pid}`, `web/dist.${process.pid}.old`];
  await vite.build({
    configFile: fileURLToPath(new URL('../web/vite.config.ts', import.meta.url)),
    build: { outDir: `dist.${process.pid}` },
  });
  for (const file of readdirSync(aside, { recursive: true, encoding: 'utf8' })) {
    if (!/\.(js|css|html|svg)$/.test(file)) continue;
    const path = join(aside, file);
    const bytes = readFileSync(path);
    writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
    writeFileSync(`${path}.br`, brotliCompressSync(bytes));
  }
  if (existsSync(built)) renameSync(built, old);
  renameSync(aside, built);
  rmSync(old, { recursive: true, force: true });
  return 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = build() || (await buildConsole());
