/** Base 64 of RFC 4648, section 4, in its one canonical form: two texts never stand for the same bytes. */

export const toBase64 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');

/** Undefined: not canonical. Node itself would skip what it does not know. */
export function fromBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}
