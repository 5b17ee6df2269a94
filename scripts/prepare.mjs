// In a clone, `npx plumbline` and `import 'plumbline/rates'` find what they would find in a project that
// depends on it. Plain JavaScript, for npm runs it with whatever Node the machine has.
import { existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { build, buildConsole } from './build.mjs';

if (existsSync('src')) {
  mkdirSync('node_modules/.bin', { recursive: true });
  rmSync('node_modules/.bin/plumbline', { force: true });
  symlinkSync('../../bin/plumbline.mjs', 'node_modules/.bin/plumbline');

  // Without checks, which are the tests' business: an installation does not fail for a type. Where the
  // compiler was left out (--omit=dev), so is the build; of a package, `prepack` has made a checked one.
  const packing = ['pack', 'publish'].includes(process.env.npm_command);
  if (existsSync('node_modules/typescript') && !packing)
    process.exitCode = build(['--noCheck']) || (await buildConsole());
}
