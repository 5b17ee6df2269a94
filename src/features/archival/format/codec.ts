/**
 * How one frame is compressed: a zstd frame (RFC 8878) with its checksum, or a gzip member (RFC 1952). Frames
 * one after the other are a file that `zstd -d` and `gzip -d` read as they are.
 */
import { promisify } from 'node:util';
import { constants, gunzip, gzip, zstdCompress, zstdDecompress } from 'node:zlib';

export const CODECS = ['zstd', 'gzip'] as const;
export type Codec = (typeof CODECS)[number];

/** What an object's key ends in. */
export const SUFFIX: Readonly<Record<Codec, string>> = { zstd: 'jsonl.zst', gzip: 'jsonl.gz' };

const zstd = promisify(zstdCompress);
const unzstd = promisify(zstdDecompress);
const zip = promisify<Buffer, { level: number }, Buffer>(gzip);
const unzip = promisify<Uint8Array, { maxOutputLength: number }, Buffer>(gunzip);

/**
 * Level 3: 19 saves a fifth of the bytes for a hundred times the work. Each frame has its own window, which need not
 * be larger than a frame: the level's own would be 2 MiB to allocate and clear for each.
 */
const ZSTD = {
  chunkSize: 64 * 1024,
  params: {
    [constants.ZSTD_c_compressionLevel]: 3,
    [constants.ZSTD_c_checksumFlag]: 1,
    [constants.ZSTD_c_windowLog]: 18,
  },
};

export const compress = (codec: Codec, raw: Buffer): Promise<Buffer> =>
  codec === 'zstd' ? zstd(raw, ZSTD) : zip(raw, { level: 6 });

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
