/** Files that others put there: statements, keys. They are read whole, up to a bound, and never written. */
import { open } from 'node:fs/promises';
import { messageOf, PlumblineError } from '../../kernel/errors.ts';
import { isSystemError } from './fs.ts';
import type { FileReader } from './port.ts';

export const fileReader: FileReader = {
  async read(path, maxBytes) {
    try {
      const file = await open(path, 'r');
      try {
        const { size } = await file.stat();
        if (size > maxBytes) {
          throw new PlumblineError(
            'upstream',
            'files.too_large',
            `${path} has ${size} bytes, more than the ${maxBytes} that are read`,
            { details: { path } },
          );
        }
        return new Uint8Array(await file.readFile());
      } finally {
        await file.close();
      }
    } catch (error) {
      if (error instanceof PlumblineError) throw error;
      if (isSystemError(error, 'ENOENT')) return undefined;
      throw new PlumblineError('upstream', 'files.unreadable', `${path} cannot be read: ${messageOf(error)}`, {
        details: { path },
        cause: error,
      });
    }
  },
};
