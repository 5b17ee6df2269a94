// In a clone, `npx plumbline` finds the program as in a project that depends on it. Plain JavaScript,
// for npm runs it with whatever Node the machine has.
import { existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';

if (existsSync('src')) {
  mkdirSync('node_modules/.bin', { recursive: true });
  rmSync('node_modules/.bin/plumbline', { force: true });
  symlinkSync('../../bin/plumbline.mjs', 'node_modules/.bin/plumbline');
}
