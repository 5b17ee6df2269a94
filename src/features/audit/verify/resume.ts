/** Where a verification stands, in a file: the old one or the new one, never a part of either. */
import { open, readFile, rename } from 'node:fs/promises';
import { unlessMissing } from '../../../platform/files/fs.ts';
import type { Resume } from './tiles.ts';

export const resumeFile = (path: string): Resume => ({
  load: () => unlessMissing(readFile(path, 'utf8')),
  save: async (text) => {
    const file = await open(`${path}.new`, 'w');
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(`${path}.new`, path);
  },
});
