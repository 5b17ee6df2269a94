/** Where things stand in the store: `2023/10/audit_logs/<hash>.jsonl.zst`, its manifest and its receipt beside it. */
import { type Codec, SUFFIX } from './codec.ts';

/** A table's folder: its name, with its schema where that is not `public`. */
export const folderOf = ({ schema, name }: { readonly schema: string; readonly name: string }): string =>
  schema === 'public' ? plain(name) : `${plain(schema)}.${plain(name)}`;

/** What a key cannot hold becomes `=` and its code in hex. */
const plain = (name: string): string =>
  name.replace(/[^A-Za-z0-9_-]/g, (letter) => `=${letter.codePointAt(0)?.toString(16)}`).slice(0, 150);

/** @param from when the rows of the object begin, ISO; @param sha256 of the object: the same bytes have the same key */
export const objectKey = (folder: string, from: string, sha256: string, codec: Codec): string =>
  `${from.slice(0, 4)}/${from.slice(5, 7)}/${folder}/${sha256.slice(0, 32)}.${SUFFIX[codec]}`;

export const manifestKey = (key: string, manifestSha256: string): string =>
  `${stem(key)}.${manifestSha256.slice(0, 16)}.manifest.json`;

export const receiptKey = (key: string, manifestSha256: string): string =>
  `${stem(key)}.${manifestSha256.slice(0, 16)}.receipt.json`;

const stem = (key: string): string => key.replace(/\.jsonl\.(zst|gz)$/, '');
