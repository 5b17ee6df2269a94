/** The numbers and lengths of OpenTimestamps: LEB128, and bytes after their length. */
import { PlumblineError } from '../../../kernel/errors.ts';

export function varuint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest % 128;
    rest = Math.floor(rest / 128);
    bytes.push(rest > 0 ? low + 128 : low);
  } while (rest > 0);
  return Buffer.from(bytes);
}

export const varbytes = (bytes: Uint8Array): Buffer => Buffer.concat([varuint(bytes.length), bytes]);

/** @throws `audit.ots_malformed` (upstream) past the end, and for lengths out of bounds */
export class ByteReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes);
  }

  byte(): number {
    return this.bytes(1).readUInt8();
  }

  bytes(length: number): Buffer {
    const bytes = this.#bytes.subarray(this.#at, this.#at + length);
    if (bytes.length < length) throw otsMalformed('it ends too early');
    this.#at += length;
    return bytes;
  }

  varuint(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.byte();
      value += (byte % 128) * factor;
      if (!Number.isSafeInteger(value)) throw otsMalformed('a number is too large');
      if (byte < 128) return value;
    }
  }

  varbytes(most: number, least = 0): Buffer {
    const length = this.varuint();
    if (length < least || length > most) throw otsMalformed(`a part has ${length} bytes, not ${least} to ${most}`);
    return this.bytes(length);
  }

  end(): void {
    if (this.#at < this.#bytes.length) throw otsMalformed(`${this.#bytes.length - this.#at} bytes follow its end`);
  }
}

export const otsMalformed = (what: string): PlumblineError =>
  new PlumblineError('upstream', 'audit.ots_malformed', `this is no OpenTimestamps proof: ${what}`);
