// dist/, which the package holds and which `import 'plumbline/rates'` means in a clone, too. Anew each
// time: what is gone from src must not stay in it. And web/dist/, the console.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';

/** @returns the exit code */
export function build(args = []) {
  rmSync('dist', { recursive: true, force: true });
  const tsc = ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', ...args];
  return spawnSync(process.execPath, tsc, { stdio: 'inherit' }).status ?? 1;
}

/** With each file compressed beside it, so that the service only sends it. @returns the exit code */
export async function buildConsole() {
  const vite = await import('vite').catch(() => undefined);
  if (vite === undefined) {
    process.stderr.write('the console is not built, for Vite is not installed\n');
    return 1;
  }
  await vite.build({ configFile: fileURLToPath(new URL('../web/vite.config.ts', import.meta.url)) });
  for (const file of readdirSync('web/dist', { recursive: true, encoding: 'utf8' })) {
    if (!/\.(js|css|html|svg)$/.test(file)) continue;
    const path = join('web/dist', file);
    const bytes = readFileSync(path);
    writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
    writeFileSync(`${path}.br`, brotliCompressSync(bytes));
  }
  return 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = build() || (await buildConsole());
