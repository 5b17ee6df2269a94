/** Keys and header values that stand in files of their own, so that no book holds one. */
import { z } from 'zod';
import { PlumblineError } from '../../../kernel/errors.ts';
import type { FileReader } from '../../../platform/files/port.ts';

export interface HeaderFile {
  readonly name: string;
  /** The header's value stands in it. */
  readonly file: string;
}

export const HEADER = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9-]{1,60}$/, 'the name of an HTTP header'),
  file: z.string().min(1),
});

const SECRET_BYTES = 16_384;

/** Without the white space around it. @throws `secret.missing`, `secret.empty` (upstream), `files.*` */
export async function readSecret(files: FileReader, path: string, maxBytes = SECRET_BYTES): Promise<string> {
  const bytes = await files.read(path, maxBytes);
  if (bytes === undefined) throw new PlumblineError('upstream', 'secret.missing', `the file ${path} does not exist`);
  const text = Buffer.from(bytes).toString('utf8').trim();
  if (text === '') throw new PlumblineError('upstream', 'secret.empty', `the file ${path} is empty`);
  return text;
}

export async function headersOf(
  files: FileReader,
  header: HeaderFile | undefined,
): Promise<{ readonly [name: string]: string }> {
  return header === undefined ? {} : { [header.name.toLowerCase()]: await readSecret(files, header.file) };
}
