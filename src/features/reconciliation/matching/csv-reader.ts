/**
 * Records of a CSV file (RFC 4180, UTF-8) as bytes, however long the file: what is never asked for as a string
 * never becomes one, which is most of what reading a million lines costs. Strict: a quote stands at the beginning
 * of a cell or twice inside a quoted one.
 */
import { isUtf8 } from 'node:buffer';
import { type FileHandle, open } from 'node:fs/promises';
import { basename } from 'node:path';
import { malformed } from './line-row.ts';

const [NEWLINE, RETURN, QUOTE, COMMA] = [0x0a, 0x0d, 0x22, 0x2c];
const BYTE_ORDER_MARK = Buffer.from('\ufeff', 'utf8');
const BEYOND_ASCII = 0x80;
const FIRST_BYTES = 1 << 18;
/** A longer record is a quote that was never closed. */
const MOST_BYTES = 1 << 24;
const MOST_CELLS = 1_024;
const SHOWN_BYTES = 80;

/** One record; it is the next one's from the next call on. */
export interface CsvRecord {
  /** The line of the file on which it begins, from 1. */
  readonly line: number;
  readonly count: number;
  readonly bytes: Buffer;
  /** Cell n is from `starts[n]` to `ends[n]`. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;
}

/**
 * @param take called with each record that is not an empty line
 * @throws `matching.line_malformed` (invalid) with the line: a quote where none can be or that is never closed,
 * what is not UTF-8, a record of more than 16 MiB or 1,024 cells
 */
export async function readCsv(file: string, take: (record: CsvRecord) => void): Promise<void> {
  const handle = await open(file);
  try {
    const reader = new CsvReader(handle, basename(file));
    while (await reader.fill()) while (reader.next()) take(reader);
  } finally {
    await handle.close();
  }
}

export const cellText = ({ bytes, starts, ends }: CsvRecord, cell: number): string =>
  bytes.toString('utf8', starts[cell] ?? 0, ends[cell] ?? 0);

class CsvReader implements CsvRecord {
  line = 1;
  count = 0;
  bytes = Buffer.allocUnsafe(0);
  readonly starts = new Int32Array(MOST_CELLS);
  readonly ends = new Int32Array(MOST_CELLS);
  readonly #handle: FileHandle;
  readonly #name: string;
  /** What was read and not yet given is from `#from` to `#to`. */
  #buffer = Buffer.allocUnsafe(FIRST_BYTES);
  #from = 0;
  #to = 0;
  #begun = false;
  #ended = false;
  #nextLine = 1;
  /** Quoted cells without their quotes. */
  #unquoted = Buffer.allocUnsafe(0);

  constructor(handle: FileHandle, name: string) {
    this.#handle = handle;
    this.#name = name;
  }

  /** Reads on. @returns false at the end of the file, when all records were given */
  async fill(): Promise<boolean> {
    if (this.#ended) return false;
    const kept = this.#to - this.#from;
    if (kept >= MOST_BYTES) {
      throw this.#fault(this.#from, `is longer than ${MOST_BYTES} bytes; close the quote that is open in it`);
    }
    const buffer = kept * 2 > this.#buffer.length ? Buffer.allocUnsafe(this.#buffer.length * 2) : this.#buffer;
    this.#buffer.copy(buffer, 0, this.#from, this.#to);
    this.#buffer = buffer;
    this.#from = 0;
    const { bytesRead } = await this.#handle.read(buffer, kept, buffer.length - kept);
    this.#to = kept + bytesRead;
    this.#ended = bytesRead === 0;
    if (!this.#begun && (this.#ended || this.#to >= BYTE_ORDER_MARK.length)) {
      this.#begun = true;
      if (buffer.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK)) this.#from = BYTE_ORDER_MARK.length;
    }
    return true;
  }

  /** @returns false where more must be read first */
  next(): boolean {
    if (!this.#begun) return false;
    while (this.#record()) {
      const isEmptyLine = this.count === 1 && this.ends[0] === this.starts[0] && this.bytes === this.#buffer;
      if (!isEmptyLine) return true;
    }
    return false;
  }

  #record(): boolean {
    const { starts, ends } = this;
    const [buffer, from, to] = [this.#buffer, this.#from, this.#to];
    let count = 0;
    let start = from;
    let seen = 0;
    let at = from;
    for (; at < to; at += 1) {
      const byte = buffer[at] ?? 0;
      seen |= byte;
      if (byte > COMMA) continue;
      if (byte === COMMA) {
        starts[count] = start;
        ends[count] = at;
        count += 1;
        start = at + 1;
      } else if (byte === NEWLINE) break;
      else if (byte === QUOTE) return this.#quotedRecord();
    }
    if (at === to && (!this.#ended || from === to)) return false;
    starts[count] = start;
    ends[count] = at > start && buffer[at - 1] === RETURN ? at - 1 : at;
    this.bytes = buffer;
    this.#give(count + 1, at, 1, seen);
    return true;
  }

  #quotedRecord(): boolean {
    const { starts, ends } = this;
    const [buffer, from, to] = [this.#buffer, this.#from, this.#to];
    if (this.#unquoted.length < buffer.length) this.#unquoted = Buffer.allocUnsafe(buffer.length);
    const into = this.#unquoted;
    let [count, length, lines, seen, at] = [0, 0, 1, 0, from];
    for (; ; at += 1) {
      starts[count] = length;
      if (at < to && buffer[at] === QUOTE) {
        for (at += 1; ; at += 1) {
          if (at === to) {
            if (this.#ended) throw this.#fault(from, 'the quote in it is never closed');
            return false;
          }
          const byte = buffer[at] ?? 0;
          if (byte === QUOTE) {
            if (at + 1 === to && !this.#ended) return false;
            if (at + 1 === to || buffer[at + 1] !== QUOTE) break;
            at += 1;
          } else if (byte === NEWLINE) lines += 1;
          seen |= byte;
          into[length] = byte;
          length += 1;
        }
        at += 1;
        if (buffer[at] === RETURN && at < to && (at + 1 === to || buffer[at + 1] === NEWLINE)) at += 1;
      } else {
        for (; at < to && buffer[at] !== COMMA && buffer[at] !== NEWLINE; at += 1) {
          const byte = buffer[at] ?? 0;
          if (byte === QUOTE) throw this.#fault(from, STRAY_QUOTE);
          seen |= byte;
          into[length] = byte;
          length += 1;
        }
        if (buffer[at - 1] === RETURN && (at === to || buffer[at] === NEWLINE)) length -= 1;
      }
      if (at === to && !this.#ended) return false;
      ends[count] = length;
      count += 1;
      if (at === to || buffer[at] === NEWLINE) break;
      if (buffer[at] !== COMMA) throw this.#fault(from, STRAY_QUOTE);
    }
    this.bytes = into;
    this.#give(count, at, lines, seen);
    return true;
  }

  /** @param end where its line ends */
  #give(count: number, end: number, lines: number, seen: number): void {
    const from = this.#from;
    this.line = this.#nextLine;
    if (count > MOST_CELLS) throw this.#fault(from, `has ${count} cells; ${MOST_CELLS} are read at the most`);
    if (seen >= BEYOND_ASCII && !isUtf8(this.#buffer.subarray(from, end))) {
      throw this.#fault(from, 'is not UTF-8; save the file as UTF-8');
    }
    this.count = count;
    this.#nextLine += lines;
    this.#from = Math.min(end + 1, this.#to);
  }

  #fault(from: number, remedy: string): Error {
    const shown = this.#buffer.toString('utf8', from, Math.min(from + SHOWN_BYTES, this.#to)).split('\n')[0] ?? '';
    return malformed(`${this.#name} line ${this.#nextLine}`, 'line', shown, remedy);
  }
}

const STRAY_QUOTE = 'has a quote where none can be; put the whole cell in quotes, and each quote in it twice';
