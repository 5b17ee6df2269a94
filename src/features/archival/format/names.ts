/** Where things stand in the store: `2023/10/audit_logs/<hash>.glacier.jsonl.zst`, its manifest and its receipt beside it. */
import type { StorageClass } from '../../../platform/objects/cold-port.ts';
import { type Codec, SUFFIX } from './codec.ts';

/** A table's folder: its name, with its schema where that is not `public`. */
export const folderOf = ({ schema, name }: { readonly schema: string; readonly name: string }): string =>
  schema === 'public' ? plain(name) : `${plain(schema)}.${plain(name)}`;

/** What a key cannot hold becomes `=` and its code in hex. */
const plain = (name: string): string =>
  name.replace(/[^A-Za-z0-9_-]/g, (letter) => `=${letter.codePointAt(0)?.toString(16)}`).slice(0, 150);

/** Beside its bytes, what makes an object another: an object is written once, in one class and under one key. */
export interface Kept {
  readonly storageClass: StorageClass;
  /** What it is encrypted with on its way to the store; undefined where it is not. */
  readonly keyId: string | undefined;
}

/**
 * @param from when the rows of the object begin, ISO; @param name 32 hex digits or more: of the object's SHA-256, so that
 *   the same bytes, kept alike, have the same key, or of that and its batch where an older one of the name was given up
 */
export function objectKey(
  folder: string,
  from: string,
  name: string,
  codec: Codec,
  { storageClass, keyId }: Kept,
): string {
  const kept = `${storageClass.toLowerCase()}${keyId === undefined ? '' : `-${keyId}`}`;
  return `${from.slice(0, 4)}/${from.slice(5, 7)}/${folder}/${name.slice(0, 32)}.${kept}.${SUFFIX[codec]}`;
}

export const manifestKey = (key: string, manifestSha256: string): string =>
  `${stem(key)}.${manifestSha256.slice(0, 16)}.manifest.json`;

export const receiptKey = (key: string, manifestSha256: string): string =>
  `${stem(key)}.${manifestSha256.slice(0, 16)}.receipt.json`;

const stem = (key: string): string => key.replace(/\.jsonl\.(zst|gz)$/, '');

/** Keys of ours; in those of an earlier version nothing says how the object is kept. */
export const OURS =
  /^\d{4}\/\d{2}\/[^/]+\/[0-9a-f]{32}(\.(standard|glacier|deep_archive)(-[0-9a-f]{16})?)?(\.jsonl\.(zst|gz)|\.[0-9a-f]{16}\.(manifest|receipt)\.json)$/;
