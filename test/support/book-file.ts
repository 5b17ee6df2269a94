/** A book as a file of its own, in a temporary folder. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export function bookFile(text: string): string {
  const file = join(mkdtempSync(join(tmpdir(), 'plumbline-book-')), 'book.yaml');
  writeFileSync(file, text);
  return file;
}
