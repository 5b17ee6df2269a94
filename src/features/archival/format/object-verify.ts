/** A whole object against its manifest, byte by byte, in bounded memory: what is damaged, and where. */
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { framesOf, type Manifest, type PlacedFrame } from './manifest.ts';
import { openFrame } from './object-reader.ts';

export interface ObjectDamage {
  /** `bytes` of a frame differ; the object is too `short` or too `long`; its `hash` differs and no frame does. */
  readonly kind: 'bytes' | 'short' | 'long' | 'hash';
  readonly frame: number | undefined;
  /** Rows that cannot be relied on: from, included, to, not included. */
  readonly rows: readonly [number, number];
  readonly message: string;
}

export interface ObjectVerdict {
  readonly damages: readonly ObjectDamage[];
  readonly rows: number;
  readonly bytes: number;
}

/** @param onFrame told each sound frame's data hashes, in order */
export async function verifyObject(
  manifest: Manifest,
  pieces: AsyncIterable<Uint8Array>,
  onFrame: (frame: PlacedFrame, hashes: readonly Buffer[]) => void = () => undefined,
): Promise<ObjectVerdict> {
  const frames = framesOf(manifest);
  const sha = createHash('sha256');
  const damages: ObjectDamage[] = [];
  let waiting: Buffer = Buffer.alloc(0);
  let at = 0;
  let total = 0;
  let rows = 0;
  const take = async (frame: PlacedFrame, bytes: Buffer): Promise<void> => {
    const opened = await openFrame(manifest, frame, bytes);
    if (opened !== undefined && crc32(bytes) === frame.crc) {
      rows += frame.rows;
      onFrame(frame, opened.hashes);
    } else {
      damages.push(damaged(manifest, frame));
    }
  };
  for await (const piece of pieces) {
    const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    sha.update(bytes);
    total += bytes.length;
    waiting = waiting.length === 0 ? bytes : Buffer.concat([waiting, bytes]);
    for (let frame = frames[at]; frame !== undefined && waiting.length >= frame.bytes; frame = frames[at]) {
      await take(frame, waiting.subarray(0, frame.bytes));
      waiting = waiting.subarray(frame.bytes);
      at += 1;
    }
  }
  const missing = frames[at];
  if (missing !== undefined) {
    damages.push({
      kind: 'short',
      frame: missing.index,
      rows: [missing.first, manifest.rows],
      message: `${manifest.object.key} ends after ${total} of ${manifest.object.bytes} bytes, in frame ${missing.index}`,
    });
  } else if (waiting.length > 0) {
    damages.push({
      kind: 'long',
      frame: undefined,
      rows: [manifest.rows, manifest.rows],
      message: `${manifest.object.key} has ${total} bytes where its manifest says ${manifest.object.bytes}`,
    });
  }
  if (damages.length === 0 && sha.digest('hex') !== manifest.object.sha256) {
    damages.push({
      kind: 'hash',
      frame: undefined,
      rows: [0, manifest.rows],
      message: `${manifest.object.key} does not have the SHA-256 of its manifest, though each frame is what it must be: the manifest's own hash is damaged`,
    });
  }
  return { damages, rows, bytes: total };
}

const damaged = ({ object }: Manifest, { index, offset, bytes, first, rows }: PlacedFrame): ObjectDamage => ({
  kind: 'bytes',
  frame: index,
  rows: [first, first + rows],
  message: `${object.key}: frame ${index} (bytes ${offset} to ${offset + bytes - 1}, rows ${first} to ${first + rows - 1}) is not what its manifest says`,
});
