/**
 * How one frame is compressed: a zstd frame (RFC 8878) with its checksum, or a gzip member (RFC 1952). Frames
 * one after the other are a file that `zstd -d` and `gzip -d` read as they are.
 */
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { constants, createZstdCompress, gunzip, gzip, zstdDecompress } from 'node:zlib';

export const CODECS = ['zstd', 'gzip'] as const;
export type Codec = (typeof CODECS)[number];

/** What an object's key ends in. */
export const SUFFIX: Readonly<Record<Codec, string>> = { zstd: 'jsonl.zst', gzip: 'jsonl.gz' };

const unzstd = promisify(zstdDecompress);
const zip = promisify<Buffer, { level: number }, Buffer>(gzip);
const unzip = promisify<Uint8Array, { maxOutputLength: number }, Buffer>(gunzip);

/**
 * Level 3 as it is for any length (zstd would take smaller tables where it knows that a frame is small, for a tenth
 * more bytes), but for the window: 256 KiB instead of 2 MiB. Level 19 saves a fifth for a hundred times the work.
 */
const ZSTD = {
  flush: constants.ZSTD_e_end, // each write is a frame
  chunkSize: 64 * 1024,
  readableHighWaterMark: Number.MAX_SAFE_INTEGER, // a frame is taken when it is whole
  params: {
    [constants.ZSTD_c_compressionLevel]: 3,
    [constants.ZSTD_c_checksumFlag]: 1,
    [constants.ZSTD_c_windowLog]: 18,
    [constants.ZSTD_c_hashLog]: 17,
    [constants.ZSTD_c_chainLog]: 16,
    [constants.ZSTD_c_minMatch]: 5,
    [constants.ZSTD_c_strategy]: constants.ZSTD_dfast,
  },
};

/** Compresses frames, one at a time; each `compress` is waited for before the next. */
export interface Compressor {
  /** `raw` must stay as it is until then. */
  compress(raw: Buffer): Promise<Buffer>;
  close(): void;
}

/** Keeps its tables from frame to frame: made for each, they cost more than the compression. */
export function openCompressor(codec: Codec): Compressor {
  if (codec === 'gzip') return { compress: (raw) => zip(raw, { level: 6 }), close: () => undefined };
  const stream = createZstdCompress(ZSTD);
  stream.on('error', () => undefined); // the write is told
  return {
    compress: (raw) =>
      new Promise((resolve, reject) => {
        stream.write(raw, (error) => {
          if (error) reject(error);
          else resolve(takeAll(stream));
        });
      }),
    close: () => stream.destroy(),
  };
}

/** One frame alone. */
export async function compress(codec: Codec, raw: Buffer): Promise<Buffer> {
  const compressor = openCompressor(codec);
  try {
    return await compressor.compress(raw);
  } finally {
    compressor.close();
  }
}

function takeAll(stream: Readable): Buffer {
  const pieces: Buffer[] = [];
  for (;;) {
    const piece: unknown = stream.read();
    if (piece instanceof Buffer) pieces.push(piece);
    else return pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces);
  }
}

/** @param rawBytes what it must come to. @returns undefined where it does not */
export async function decompress(codec: Codec, bytes: Uint8Array, rawBytes: number): Promise<Buffer | undefined> {
  const bound = { maxOutputLength: Math.max(1, rawBytes) };
  try {
    const raw = codec === 'zstd' ? await unzstd(bytes, bound) : await unzip(bytes, bound);
    return raw.length === rawBytes ? raw : undefined;
  } catch {
    return undefined; // damaged, or more than it says
  }
}
