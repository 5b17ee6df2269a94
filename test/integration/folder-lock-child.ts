/** Takes the locks of the folders that it is given, once the file that it is given appears; says which. */
import { existsSync } from 'node:fs';
import { isPlumblineError } from '../../src/kernel/errors.ts';
import { acquireFolderLock } from '../../src/platform/db/folder-lock.ts';

const [signal = '', ...folders] = process.argv.slice(2);
process.stdout.write('ready\n');
while (!existsSync(signal)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
const won = folders.map((folder) => {
  try {
    acquireFolderLock(folder);
    return 'won';
  } catch (error) {
    return isPlumblineError(error) ? error.code : String(error);
  }
});
process.stdout.write(`${JSON.stringify(won)} done\n`);
setInterval(() => undefined, 60_000); // holds them until it is killed
