/** Where the bytes are: in memory, or each in a file of a folder. */
import { closeSync, mkdirSync, openSync, readFileSync, readSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';

export interface Blob {
  readonly size: number;
  /** Name of its file; undefined in memory. */
  readonly file: string | undefined;
  /** From `start`, `end` excluded, in pieces. */
  read(start: number, end: number): Iterable<Buffer>;
  /** Flips a bit, as a disk may. */
  damage(at: number): void;
  remove(): void;
}

export interface BlobWriter {
  write(piece: Buffer): void;
  finish(): Blob;
  discard(): void;
}

export interface Blobs {
  writer(): BlobWriter;
}

const PIECE = 256 * 1024;

export function memoryBlobs(): Blobs {
  return {
    writer: () => {
      const pieces: Buffer[] = [];
      return {
        write: (piece) => pieces.push(Buffer.from(piece)),
        finish: () => memoryBlob(Buffer.concat(pieces)),
        discard: () => {
          pieces.length = 0;
        },
      };
    },
  };
}

const memoryBlob = (bytes: Buffer): Blob => ({
  size: bytes.length,
  file: undefined,
  *read(start, end) {
    for (let at = start; at < end; at += PIECE) yield bytes.subarray(at, Math.min(end, at + PIECE));
  },
  damage: (at) => {
    bytes[at] = (bytes[at] ?? 0) ^ 1;
  },
  remove: () => {},
});

/** @param folder is made where it is missing */
export function folderBlobs(folder: string): Blobs & { open(file: string, size: number): Blob } {
  mkdirSync(folder, { recursive: true });
  let next = 0;
  const open = (file: string, size: number): Blob => fileBlob(path.join(folder, file), file, size);
  return {
    open,
    writer: () => {
      next += 1;
      const file = `${process.pid.toString(36)}-${Date.now().toString(36)}-${next}`;
      const place = path.join(folder, file);
      const handle = openSync(place, 'wx');
      let size = 0;
      return {
        write: (piece) => {
          writeSync(handle, piece);
          size += piece.length;
        },
        finish: () => {
          closeSync(handle);
          return open(file, size);
        },
        discard: () => {
          closeSync(handle);
          rmSync(place, { force: true });
        },
      };
    },
  };
}

const fileBlob = (place: string, file: string, size: number): Blob => ({
  size,
  file,
  *read(start, end) {
    const handle = openSync(place, 'r');
    try {
      for (let at = start; at < end; ) {
        const piece = Buffer.alloc(Math.min(PIECE, end - at));
        const read = readSync(handle, piece, 0, piece.length, at);
        if (read === 0) return;
        yield piece.subarray(0, read);
        at += read;
      }
    } finally {
      closeSync(handle);
    }
  },
  damage: (at) => {
    const bytes = readFileSync(place);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    writeFileSync(place, bytes);
  },
  remove: () => rmSync(place, { force: true }),
});
