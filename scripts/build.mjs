// dist/, which the package holds and which `import 'plumbline/rates'` means in a clone, too. Anew each
// time: what is gone from src must not stay in it.
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** @returns the exit code */
export function build(args = []) {
  rmSync('dist', { recursive: true, force: true });
  const tsc = ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', ...args];
  return spawnSync(process.execPath, tsc, { stdio: 'inherit' }).status ?? 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = build();
