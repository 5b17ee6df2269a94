/** What the folders of state and of objects both ask of the file system. */
import { open } from 'node:fs/promises';

/** A name that was made in the folder, or taken out of it, outlasts a loss of power. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * A file from its beginning. Each piece is valid until the next is asked for: one buffer serves them all, where a
 * stream would leave one for each to the collector, which comes late for what is not in its heap.
 */
export async function* readPieces(path: string, atOnce = 1 << 20): AsyncIterable<Buffer> {
  const file = await open(path, 'r');
  try {
    const buffer = Buffer.allocUnsafeSlow(atOnce);
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, atOnce, null);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

/** @returns undefined where the file, or a folder above it, is not there */
export async function unlessMissing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}

export const isSystemError = (error: unknown, ...codes: readonly string[]): boolean =>
  error instanceof Error && 'code' in error && codes.some((code) => code === error.code);
