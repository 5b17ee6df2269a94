/**
 * A cold store whose objects are encrypted before they leave this program (envelope.ts). What is read is
 * the content; what `put`, `head` and `list` tell of size and hash is of what is stored, so that a store
 * can be asked for its hash without the key, and without a restore.
 */

import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { isPlumblineError, PlumblineError } from '../../kernel/errors.ts';
import { sha256Hex } from '../../kernel/hash.ts';
import type { ColdBody, ColdStore } from './cold-port.ts';
import {
  CHUNK_BYTES,
  chunksOf,
  HEADER_BYTES,
  type Header,
  type Opening,
  opening,
  parseHeader,
  type SealKey,
  sealedSize,
  sealing,
  TAG_BYTES,
} from './envelope.ts';
import { corrupt } from './faults.ts';

export interface SealedStoreOptions {
  readonly store: ColdStore;
  /** The first encrypts, all decrypt. */
  readonly keys: readonly [SealKey, ...SealKey[]];
  /**
   * Objects that were stored before there was a key are read as they are. That an object was not
   * replaced by such a one then rests on the hash that its reader compares it with.
   */
  readonly acceptPlain?: boolean;
}

export function sealedStore({ store, keys, acceptPlain = false }: SealedStoreOptions): ColdStore {
  const [own] = keys;

  /** Undefined for an object that is not encrypted, where that may be. */
  const openingOf = (key: string, start: Uint8Array): (Header & Opening) | undefined => {
    const header = parseHeader(start);
    if (header === undefined) {
      if (acceptPlain) return undefined;
      throw corrupt(key, 'it is not encrypted');
    }
    const known = keys.find(({ id }) => id === header.keyId);
    if (known === undefined) {
      throw new PlumblineError(
        'denied',
        'objects.key_unknown',
        `the object ${key} is encrypted with the key ${header.keyId}, which is not at hand; add it to ARCHIVE_KEY`,
        { details: { key, keyId: header.keyId } },
      );
    }
    const opened = header.chunkBytes === CHUNK_BYTES ? opening(known, key, start) : undefined;
    if (opened === undefined) throw corrupt(key, 'its header was altered, or is that of another object');
    return { ...header, chunk: opened.chunk };
  };

  return {
    ...store,
    keyId: own.id,

    put: async (key, body, options) => {
      const sealed = await seal(own, key, body);
      try {
        return await store.put(key, sealed, options);
      } finally {
        if ('path' in sealed) await rm(sealed.path, { force: true });
      }
    },

    get: async (key) => contentOf(key, await store.get(key), (start) => openingOf(key, start)),

    getRange: async (key, offset, length) => {
      const start = await startOf(store, key);
      const opened = openingOf(key, start);
      if (opened === undefined) return store.getRange(key, offset, length);
      if (offset + length > opened.size) throw corrupt(key, `it ends before byte ${offset + length}`);
      if (length === 0) return new Uint8Array();
      const first = Math.floor(offset / CHUNK_BYTES);
      const end = Math.ceil((offset + length) / CHUNK_BYTES);
      const from = HEADER_BYTES + first * (CHUNK_BYTES + TAG_BYTES);
      const to = Math.min(HEADER_BYTES + end * (CHUNK_BYTES + TAG_BYTES), sealedSize(opened.size));
      const sealed = await store.getRange(key, from, to - from);
      const chunks: Buffer[] = [];
      for (let number = first; number < end; number += 1) {
        const at = (number - first) * (CHUNK_BYTES + TAG_BYTES);
        chunks.push(openChunk(key, opened, number, sealed.subarray(at, at + CHUNK_BYTES + TAG_BYTES)));
      }
      const skip = offset - first * CHUNK_BYTES;
      return Buffer.concat(chunks).subarray(skip, skip + length);
    },
  };
}

function openChunk(key: string, { size, chunk }: Header & Opening, number: number, sealed: Uint8Array): Buffer {
  const content = chunk(number, sealed, number === chunksOf(size) - 1);
  if (content === undefined) throw corrupt(key, `its part ${number} was altered, or stands in another's place`);
  return content;
}

/** The bytes where a header would be; fewer of an object that is smaller. */
async function startOf(store: ColdStore, key: string): Promise<Uint8Array> {
  try {
    return await store.getRange(key, 0, HEADER_BYTES);
  } catch (error) {
    if (!isPlumblineError(error) || error.code !== 'objects.corrupt') throw error;
    const size = (await store.head(key))?.size ?? 0;
    if (size >= HEADER_BYTES) throw error;
    return store.getRange(key, 0, size);
  }
}

/** A sealed body of its own: in memory, or a file beside the given one, which is removed after the put. */
async function seal(own: SealKey, key: string, body: ColdBody): Promise<ColdBody> {
  if ('bytes' in body) {
    const parts = sealedParts(own, key, sha256Hex(body.bytes), body.bytes.byteLength, [body.bytes]);
    const pieces: Buffer[] = [];
    for await (const part of parts) pieces.push(part);
    return { bytes: Buffer.concat(pieces) };
  }
  const path = `${body.path}.sealed`;
  const hash = createHash('sha256');
  const said = createHash('sha256');
  let size = 0;
  const read = async function* (): AsyncIterable<Uint8Array> {
    for await (const piece of createReadStream(body.path, { highWaterMark: 64 * CHUNK_BYTES })) {
      said.update(piece);
      yield piece;
    }
  };
  const counted = async function* (): AsyncIterable<Buffer> {
    for await (const part of joined(sealedParts(own, key, body.sha256, body.size, read()), 64 * CHUNK_BYTES)) {
      hash.update(part);
      size += part.length;
      yield part;
    }
  };
  try {
    await pipeline(Readable.from(counted()), createWriteStream(path, { mode: 0o600 }));
    const sha256 = said.digest('hex');
    if (sha256 !== body.sha256) throw corrupt(key, `its file hashes to ${sha256}, and ${body.sha256} was said`);
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
  return { path, size, sha256: hash.digest('hex') };
}

async function* sealedParts(
  own: SealKey,
  key: string,
  sha256: string,
  size: number,
  pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): AsyncIterable<Buffer> {
  const { header, chunk } = sealing(own, key, sha256, size);
  yield header;
  const last = chunksOf(size) - 1;
  let number = 0;
  let read = 0;
  for await (const content of chunked(pieces, CHUNK_BYTES, (at) => at === last)) {
    read += content.length;
    if (number > last) break;
    yield chunk(number, content, number === last);
    number += 1;
  }
  if (read !== size) throw corrupt(key, `its file has another length than the ${size} bytes that were said`);
}

/** The content of an encrypted object, piece by piece as it opens. */
async function* contentOf(
  key: string,
  stored: AsyncIterable<Uint8Array>,
  openingOf: (start: Uint8Array) => (Header & Opening) | undefined,
): AsyncIterable<Uint8Array> {
  const pieces = stored[Symbol.asyncIterator]();
  try {
    let start: Uint8Array = new Uint8Array();
    while (start.length < HEADER_BYTES) {
      const next = await pieces.next();
      if (next.done === true) break;
      start = Buffer.concat([start, next.value]);
    }
    const opened = openingOf(start.subarray(0, HEADER_BYTES));
    const rest = (async function* (skip: number): AsyncIterable<Uint8Array> {
      yield start.subarray(skip);
      for (let next = await pieces.next(); next.done !== true; next = await pieces.next()) yield next.value;
    })(opened === undefined ? 0 : HEADER_BYTES);
    if (opened === undefined) {
      yield* rest;
      return;
    }
    const count = chunksOf(opened.size);
    let number = 0;
    for await (const sealed of chunked(rest, CHUNK_BYTES + TAG_BYTES, (at) => at === count - 1)) {
      if (number >= count) throw corrupt(key, 'it goes on behind its end');
      yield openChunk(key, opened, number, sealed);
      number += 1;
    }
    if (number < count) throw corrupt(key, `it ends after ${number} of its ${count} parts`);
  } finally {
    await pieces.return?.(undefined);
  }
}

/** Several pieces in one, of so many bytes at the least: a write for each chunk would cost more than its cipher. */
async function* joined(pieces: AsyncIterable<Buffer>, least: number): AsyncIterable<Buffer> {
  let waiting: Buffer[] = [];
  let bytes = 0;
  for await (const piece of pieces) {
    waiting.push(piece);
    bytes += piece.length;
    if (bytes < least) continue;
    yield Buffer.concat(waiting);
    waiting = [];
    bytes = 0;
  }
  if (bytes > 0) yield Buffer.concat(waiting);
}

/** Pieces of one size, but for the last; an empty one where `needed` says that one has to be there. */
async function* chunked(
  pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  size: number,
  needed: (number: number) => boolean,
): AsyncIterable<Buffer> {
  let waiting: Uint8Array[] = [];
  let bytes = 0;
  let number = 0;
  for await (const piece of pieces) {
    waiting.push(piece);
    bytes += piece.byteLength;
    if (bytes < size) continue;
    const whole = Buffer.concat(waiting);
    let at = 0;
    for (; at + size <= whole.length; at += size, number += 1) yield whole.subarray(at, at + size);
    waiting = [whole.subarray(at)];
    bytes = whole.length - at;
  }
  if (bytes > 0 || needed(number)) yield Buffer.concat(waiting);
}
