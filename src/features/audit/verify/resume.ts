/** Where a verification stands, in a file: the old one or the new one, never a part of either. */
import { open, readFile, rename } from 'node:fs/promises';
import type { Resume } from './tiles.ts';

export const resumeFile = (path: string): Resume => ({
  load: async () => {
    try {
      return await readFile(path, 'utf8');
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw error;
    }
  },
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
