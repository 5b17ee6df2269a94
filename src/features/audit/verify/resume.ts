/** Where a verification stands, in a file: the old one or the new one, never a part of either. */
import { open, readFile, rename } from 'node:fs/promises';
import type { Resume } from './tiles.ts';

export const resumeFile = (path: string): Resume => ({
  load: () => readFile(path, 'utf8').catch(() => undefined), // without it a run begins at the beginning
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
