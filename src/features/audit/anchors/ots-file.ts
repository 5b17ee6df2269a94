/** Detached OpenTimestamps files, as `ots verify checkpoint.ots` reads them beside `checkpoint`. */
import { hash } from 'node:crypto';
import { ByteReader, otsMalformed, varuint } from './ots-bytes.ts';
import { type Attestation, attested, type OtsTree, readTree, SHA256, writeTree } from './ots-tree.ts';

const MAGIC = Buffer.concat([
  Buffer.from('\0OpenTimestamps\0\0Proof\0', 'latin1'),
  Buffer.from('bf89e2e884e89294', 'hex'),
]);
const VERSION = 1;
const PENDING = Buffer.from('83dfe30d2ef90c8e', 'hex');
const BITCOIN = Buffer.from('0588960d73d71901', 'hex');
const MAX_URI = 1_000;

export interface OtsFile {
  /** SHA-256 of the document. */
  readonly digest: Buffer;
  readonly tree: OtsTree;
}

/** @throws `audit.ots_malformed` (upstream) */
export function readOts(bytes: Uint8Array): OtsFile {
  const reader = new ByteReader(bytes);
  if (!reader.bytes(MAGIC.length).equals(MAGIC)) throw otsMalformed('its first bytes are others');
  const version = reader.varuint();
  if (version !== VERSION) throw otsMalformed(`it is of version ${version}, and ${VERSION} is known`);
  if (reader.byte() !== SHA256) throw otsMalformed('it is not over a SHA-256');
  const digest = reader.bytes(32);
  const tree = readTree(reader, digest);
  reader.end();
  return { digest, tree };
}

export const writeOts = ({ digest, tree }: OtsFile): Buffer =>
  Buffer.concat([MAGIC, varuint(VERSION), Buffer.of(SHA256), digest, writeTree(tree)]);

export const digestOf = (document: Uint8Array | string): Buffer => hash('sha256', document, 'buffer');

/** The calendar that has promised to attest; undefined for another kind of attestation. */
export function calendarOf({ tag, payload }: Attestation): string | undefined {
  if (!tag.equals(PENDING)) return undefined;
  const reader = new ByteReader(payload);
  const uri = reader.varbytes(MAX_URI).toString('latin1');
  reader.end();
  if (!/^[A-Za-z0-9._/:-]*$/.test(uri)) throw otsMalformed('a calendar has an address that is none');
  return uri;
}

export interface OtsStatus {
  /** Calendars that have promised. */
  readonly pending: readonly string[];
  /** Heights of the Bitcoin blocks that attest, ascending. Whether each does, its header says: `ots verify` looks. */
  readonly blocks: readonly number[];
}

export function otsStatus({ digest, tree }: OtsFile): OtsStatus {
  const pending = new Set<string>();
  const blocks = new Set<number>();
  for (const { attestation } of attested(tree, digest)) {
    const calendar = calendarOf(attestation);
    if (calendar !== undefined) pending.add(calendar);
    if (attestation.tag.equals(BITCOIN)) blocks.add(new ByteReader(attestation.payload).varuint());
  }
  return { pending: [...pending].sort(), blocks: [...blocks].sort((a, b) => a - b) };
}
