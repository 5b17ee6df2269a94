/**
 * A project of somebody else that depends on the packed package: `npm pack`, unpacked where an
 * installation would put it, its dependencies being those of this clone. No network.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Child, run, start } from './child.ts';

export interface Consumer {
  readonly folder: string;
  /** What the package holds. */
  readonly files: readonly string[];
  write(name: string, text: string): void;
  /** Runs a file of the project in a process of its own, with these variables and no others. */
  start(args: readonly string[], env?: Record<string, string>): Child;
  /** The compiler's output; empty where it has nothing to say. */
  compile(...files: readonly string[]): Promise<string>;
}

/** As strict as it gets, the declarations of the package included. */
const COMPILER_OPTIONS = {
  target: 'es2022',
  module: 'nodenext',
  moduleResolution: 'nodenext',
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  skipLibCheck: false,
  noEmit: true,
  types: ['node'],
};

export async function packedConsumer(scratch: string): Promise<Consumer> {
  const folder = mkdtempSync(join(scratch, 'consumer-'));
  const modules = join(folder, 'node_modules');
  const installed = join(modules, 'plumbline');
  mkdirSync(installed, { recursive: true });
  await run('npm', ['pack', '--pack-destination', folder]);
  const archive = readdirSync(folder).find((name) => name.endsWith('.tgz'));
  if (archive === undefined) throw new Error('npm pack made no package');
  await run('tar', ['-xzf', join(folder, archive), '-C', installed, '--strip-components=1']);
  for (const name of readdirSync('node_modules').filter((each) => !each.startsWith('.'))) {
    symlinkSync(resolve('node_modules', name), join(modules, name));
  }
  const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
  write('package.json', JSON.stringify({ name: 'consumer', private: true, type: 'module' }));
  return {
    folder,
    files: readdirSync(installed, { recursive: true, withFileTypes: true })
      .filter((each) => each.isFile())
      .map((each) => join(each.parentPath, each.name).slice(installed.length + 1)),
    write,
    start: (args, env = {}) =>
      start(process.execPath, args, {
        cwd: folder,
        env: { PATH: process.env.PATH ?? '', ...env },
        stdio: ['pipe', 'pipe', 'pipe'],
      }),
    compile: async (...files) => {
      write('tsconfig.json', JSON.stringify({ compilerOptions: COMPILER_OPTIONS, files }));
      const tsc = start(process.execPath, [resolve('node_modules/typescript/bin/tsc'), '-p', folder]);
      return (await tsc.exited).output;
    },
  };
}

/** The code of a page: each block that begins with the name of its file, `// use.ts`. */
export function codeOf(page: string): ReadonlyMap<string, string> {
  const blocks = readFileSync(page, 'utf8').matchAll(/^```ts\n\/\/ (\S+)\n([\s\S]*?)^```$/gm);
  return new Map([...blocks].map(([, name = '', code = '']) => [name, code]));
}
