/**
 * The form of an encrypted object, version 1. A header of 96 bytes, then the content in chunks of 16 KiB,
 * each AES-256-GCM (NIST SP 800-38D) with its tag of 16 bytes behind it, so that a part can be read alone.
 *
 *   0  16  `plumbline/seal/1`
 *  16   8  id of the key that wraps the data key
 *  24   4  bytes of a chunk, big-endian
 *  28   8  bytes of the content, big-endian
 *  36  12  nonce of the wrapped data key
 *  48  48  data key, AES-256-GCM by that key over all above and the object's key
 *
 * A chunk's nonce is its number, and its additional data whether it is the last (the STREAM construction of
 * Hoang, Reyhanitabar, Rogaway and Vizar, 2015): a chunk that was altered, moved, left out, or taken
 * from another object does not open. The data key comes from the key, the content's hash and the object's key: the same
 * content under the same key gives the same bytes, so that a put whose answer was lost can be repeated,
 * and no data key ever meets two contents.
 */
import { createCipheriv, createDecipheriv, createHash, createHmac } from 'node:crypto';

const MAGIC = Buffer.from('plumbline/seal/1');
export const HEADER_BYTES = 96;
export const CHUNK_BYTES = 16 * 1024;
export const TAG_BYTES = 16;
const WRAPPED_AT = 48;
const NONCE_AT = 36;

export interface SealKey {
  /** 16 hexadecimal digits, from the key itself. */
  readonly id: string;
  /** 32 bytes. */
  readonly bytes: Uint8Array;
}

/** @param hex 64 hexadecimal digits */
export function sealKey(hex: string): SealKey {
  const bytes = Buffer.from(hex, 'hex');
  const id = createHash('sha256').update('plumbline/seal/key-id').update(bytes).digest('hex').slice(0, 16);
  return { id, bytes };
}

export interface Header {
  readonly keyId: string;
  readonly chunkBytes: number;
  /** Of the content, bytes. */
  readonly size: number;
}

export const chunksOf = (size: number): number => Math.max(1, Math.ceil(size / CHUNK_BYTES));

/** What content of so many bytes takes, header and tags included. */
export const sealedSize = (size: number): number => HEADER_BYTES + size + chunksOf(size) * TAG_BYTES;

export interface Sealing {
  readonly header: Buffer;
  /** @param last whether no chunk follows */
  chunk(number: number, content: Uint8Array, last: boolean): Buffer;
}

/** @param sha256 of the content, lower-case hex: another content must not come with it */
export function sealing(key: SealKey, objectKey: string, sha256: string, size: number): Sealing {
  const derive = (purpose: string): Buffer =>
    createHmac('sha256', key.bytes).update(`plumbline/seal/${purpose}\n${sha256}\n${size}\n${objectKey}`).digest();
  const dataKey = derive('data-key');
  const header = Buffer.alloc(HEADER_BYTES);
  MAGIC.copy(header);
  Buffer.from(key.id, 'hex').copy(header, 16);
  header.writeUInt32BE(CHUNK_BYTES, 24);
  header.writeBigUInt64BE(BigInt(size), 28);
  const nonce = derive('nonce').subarray(0, 12);
  nonce.copy(header, NONCE_AT);
  const cipher = createCipheriv('aes-256-gcm', key.bytes, nonce);
  cipher.setAAD(wrapContext(header, objectKey));
  Buffer.concat([cipher.update(dataKey), cipher.final(), cipher.getAuthTag()]).copy(header, WRAPPED_AT);
  return {
    header,
    chunk: (number, content, last) => {
      const chunk = createCipheriv('aes-256-gcm', dataKey, nonceOf(number));
      chunk.setAAD(lastness(last));
      return Buffer.concat([chunk.update(content), chunk.final(), chunk.getAuthTag()]);
    },
  };
}

/** Undefined where the bytes are not the beginning of an encrypted object. */
export function parseHeader(bytes: Uint8Array): Header | undefined {
  const header = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (header.length < HEADER_BYTES || !header.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  return {
    keyId: header.toString('hex', 16, 24),
    chunkBytes: header.readUInt32BE(24),
    size: Number(header.readBigUInt64BE(28)),
  };
}

export interface Opening {
  /** Undefined where it is not the chunk of that number. */
  chunk(number: number, sealed: Uint8Array, last: boolean): Buffer | undefined;
}

/** Undefined where the header was altered, is another object's, or was made with another key. */
export function opening(key: SealKey, objectKey: string, bytes: Uint8Array): Opening | undefined {
  const header = Buffer.from(bytes.buffer, bytes.byteOffset, HEADER_BYTES);
  const wrapped = header.subarray(WRAPPED_AT, WRAPPED_AT + 32);
  const tag = header.subarray(WRAPPED_AT + 32);
  const nonce = header.subarray(NONCE_AT, WRAPPED_AT);
  const dataKey = decrypted(key.bytes, nonce, wrapContext(header, objectKey), wrapped, tag);
  if (dataKey === undefined) return undefined;
  return {
    chunk: (number, sealed, last) =>
      sealed.length < TAG_BYTES
        ? undefined
        : decrypted(
            dataKey,
            nonceOf(number),
            lastness(last),
            sealed.subarray(0, -TAG_BYTES),
            sealed.subarray(-TAG_BYTES),
          ),
  };
}

const wrapContext = (header: Buffer, objectKey: string): Buffer =>
  Buffer.concat([header.subarray(0, NONCE_AT), Buffer.from(objectKey)]);

function nonceOf(number: number): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeBigUInt64BE(BigInt(number), 4);
  return nonce;
}

const lastness = (last: boolean): Buffer => Buffer.from([last ? 1 : 0]);

function decrypted(
  key: Uint8Array,
  nonce: Uint8Array,
  context: Uint8Array,
  sealed: Uint8Array,
  tag: Uint8Array,
): Buffer | undefined {
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(context);
  decipher.setAuthTag(tag);
  try {
    return Buffer.concat([decipher.update(sealed), decipher.final()]);
  } catch {
    return undefined; // the one thing that it can say is that the tag is wrong
  }
}
