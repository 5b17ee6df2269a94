/**
 * What an object is: an entry beside it that says how it was made, what each frame holds, and what the one
 * before it was. Its bytes are canonical JSON (RFC 8785); its hash stands in the audit log and in the next one.
 */
import { z } from 'zod';
import { canonicalJson } from '../../../kernel/canonical.ts';
import { PlumblineError } from '../../../kernel/errors.ts';
import { sha256Hex } from '../../../kernel/hash.ts';
import { CODECS } from './codec.ts';
import { rootOfSubtrees } from './merkle.ts';
import { type Frame, largestAligned, subtreesOf } from './object-writer.ts';

export const FORMAT = 'plumbline/archive@v1';

const HEX = z.string().regex(/^[0-9a-f]{64}$/);
const COUNT = z.int().min(0);
const UINT32 = z.int().min(0).max(0xffff_ffff);
/** Ids are whatever the table holds, not only UUIDs of a known version. */
const MARK = z.strictObject({ id: z.guid(), at: z.string() });

const COLUMN = z.strictObject({
  name: z.string(),
  /** As `format_type` writes it. */
  type: z.string(),
  not_null: z.boolean(),
  /** The database computes it. */
  generated: z.boolean(),
});

/** Bytes stored, bytes of rows, rows, root of their subtree, CRC-32 of the stored bytes, of the index records. */
const FRAME = z.tuple([COUNT, COUNT, z.int().min(1), HEX, UINT32, UINT32]);

const MANIFEST = z.strictObject({
  format: z.literal(FORMAT),
  batch: z.uuid(),
  created_at: z.iso.datetime(),
  table: z.string(),
  key: z.strictObject({ column: z.string(), kind: z.enum(['uuid', 'number']) }),
  archive_column: z.strictObject({ name: z.string(), type: z.string() }),
  columns: z.array(COLUMN).min(1),
  /** SHA-256 of the canonical JSON of `columns`. */
  fingerprint: HEX,
  /** What decides the bytes of a row beside its values. */
  settings: z.record(z.string(), z.string()),
  postgres: z.string(),
  policy_version: z.int(),
  range: z.strictObject({ from: z.string(), to: z.string() }),
  first: MARK,
  last: MARK,
  rows: z.int().min(1),
  raw_bytes: COUNT,
  merkle_root: HEX,
  index_sha256: HEX,
  object: z.strictObject({
    bucket: z.string(),
    key: z.string(),
    sha256: HEX,
    bytes: COUNT,
    storage_class: z.enum(['STANDARD', 'GLACIER', 'DEEP_ARCHIVE']),
    codec: z.enum(CODECS),
    legal_hold: z.boolean(),
    retain_until: z.iso.datetime().nullable(),
  }),
  frames: z.array(FRAME).min(1),
  previous_manifest_sha256: HEX.nullable(),
});

export type Manifest = z.output<typeof MANIFEST>;
export type ManifestColumn = z.output<typeof COLUMN>;

export const framesToManifest = (frames: readonly Frame[]): Manifest['frames'] =>
  frames.map(({ bytes, rawBytes, rows, root, crc, indexCrc }) => [bytes, rawBytes, rows, root, crc, indexCrc]);

/** A frame and where it stands: `offset` in the object's bytes, `first` of its rows. */
export interface PlacedFrame extends Frame {
  readonly index: number;
  readonly offset: number;
  readonly first: number;
}

export function framesOf(manifest: Manifest): readonly PlacedFrame[] {
  let offset = 0;
  let first = 0;
  return manifest.frames.map(([bytes, rawBytes, rows, root, crc, indexCrc], index) => {
    const placed = { index, offset, first, bytes, rawBytes, rows, root, crc, indexCrc };
    offset += bytes;
    first += rows;
    return placed;
  });
}

export const fingerprintOf = (columns: readonly ManifestColumn[]): string =>
  sha256Hex(canonicalJson(columns.map((column) => ({ ...column }))));

/** @returns its bytes, and their SHA-256 */
export function encodeManifest(manifest: Manifest): { readonly text: string; readonly sha256: string } {
  const text = canonicalJson(manifest);
  return { text, sha256: sha256Hex(text) };
}

/**
 * The manifest, if it agrees with itself: the sums over its frames, the tree over their roots, the columns'
 * fingerprint, and that these are its canonical bytes.
 * @param name of what is read, for the message. @throws `archive.manifest_damaged` (integrity)
 */
export function parseManifest(text: string, name: string): Manifest {
  const damaged = (why: string): PlumblineError =>
    new PlumblineError('integrity', 'archive.manifest_damaged', `the manifest ${name} is damaged: ${why}`, {
      details: { manifest: name },
    });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw damaged('it is no JSON');
  }
  const { data: manifest, error } = MANIFEST.safeParse(json);
  if (manifest === undefined) {
    const [issue] = error.issues;
    throw damaged(`/${issue?.path.map(String).join('/') ?? ''} ${issue?.message ?? 'is not what it must be'}`);
  }
  if (canonicalJson(manifest) !== text) throw damaged('these are not its canonical bytes');
  const frames = framesOf(manifest);
  const sum = (of: (frame: PlacedFrame) => number): number => frames.reduce((total, frame) => total + of(frame), 0);
  const misplaced = frames.find(({ first, rows }) => largestAligned(first, rows) !== rows);
  if (misplaced !== undefined)
    throw damaged(`/frames/${misplaced.index} has ${misplaced.rows} rows in a place where that is no subtree`);
  if (sum(({ rows }) => rows) !== manifest.rows) throw damaged('/rows is not the sum over its frames');
  if (sum(({ bytes }) => bytes) !== manifest.object.bytes)
    throw damaged('/object/bytes is not the sum over its frames');
  if (sum(({ rawBytes }) => rawBytes) !== manifest.raw_bytes)
    throw damaged('/raw_bytes is not the sum over its frames');
  if (rootOfSubtrees(subtreesOf(frames)).toString('hex') !== manifest.merkle_root)
    throw damaged('/merkle_root is not that of the frames');
  if (fingerprintOf(manifest.columns) !== manifest.fingerprint) throw damaged('/fingerprint is not that of /columns');
  return manifest;
}
