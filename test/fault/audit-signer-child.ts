/**
 * One process that signs a growing log as fast as it can, for the tests that kill it. It offers a forked
 * log before each honest one. Argument: the signer's folder. It prints what it was given: `size root`.
 */
import { writeSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { folderKeys } from '../../src/features/audit/signer/keys.ts';
import { openSigner } from '../../src/features/audit/signer/signer.ts';
import { parseCheckpoint } from '../../src/features/audit/tlog/checkpoint.ts';
import { parseNote } from '../../src/features/audit/tlog/note.ts';
import { isPlumblineError } from '../../src/kernel/errors.ts';
import { systemClock } from '../../src/platform/clock/system.ts';
import { openStateFolder } from '../../src/platform/files/folder.ts';
import { testTree } from '../support/tree.ts';

flushCompileCache(); // at its end it never comes to it
const [folder = ''] = process.argv.slice(2);
const say = (line: string): number => writeSync(1, `${line}\n`);
const files = openStateFolder({ folder, clock: systemClock });
const signer = await openSigner({
  files,
  ring: folderKeys(files, systemClock),
  origin: 'log.example/crash',
  clock: systemClock,
});
say('ready');

const honest = testTree();
for (;;) {
  const last = await signer.last();
  const size = last.size + 1 + (process.pid % 3);
  honest.grow(size - honest.size);
  if (last.size > 0) {
    const forked = testTree(last.size - 1);
    forked.grow(size - last.size + 1, `fork ${process.pid}`);
    try {
      await signer.sign({ size, root: await forked.root(), proof: await forked.proof(last.size, size) });
      say('FORKED');
    } catch (error) {
      if (!isPlumblineError(error) || error.code !== 'audit.fork') say(`ERROR ${String(error)}`);
    }
  }
  const note = await signer.sign({ size, root: await honest.root(size), proof: await honest.proof(last.size, size) });
  const signed = parseCheckpoint(parseNote(note).text);
  say(`${signed.size} ${signed.root.toString('hex')}`);
}
