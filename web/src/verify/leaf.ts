/** What a verifier needs of a leaf, read byte by byte where it stands: a pattern over text costs more than hashing. */

/** `plumbline/audit@v1`, and a line end. */
const HEADER = new TextEncoder().encode('plumbline/audit@v1\n');
const BARE = new TextEncoder().encode(' bare');
const HASH_DIGITS = 64;
const [LINE_END, SPACE, ZERO] = [0x0a, 0x20, 0x30];

/** Which bytes may stand where. */
const [FIRST, NAME, OPERATION, DIGIT, HEX] = [1, 2, 4, 8, 16];
const KIND = new Uint8Array(256);
const mark = (characters: string, kinds: number): void => {
  for (const character of characters) {
    const byte = character.charCodeAt(0);
    KIND[byte] = (KIND[byte] ?? 0) | kinds;
  }
};
mark('abcdefghijklmnopqrstuvwxyz', FIRST | NAME | OPERATION);
mark('0123456789', NAME | OPERATION | DIGIT | HEX);
mark('abcdef', HEX);
mark('_', NAME | OPERATION);
mark('.', NAME);
mark('-', OPERATION);

/** The leaf that was read last. Its name and hash are places among the bytes. */
export class LeafReader {
  name = 0;
  nameEnd = 0;
  seq = 0;
  /** Of the 64 digits of the hash that it names as the one before it. */
  previous = 0;

  /** @returns whether the bytes are a leaf, to the last one */
  read(bytes: Uint8Array, from: number, to: number): boolean {
    if (!isText(bytes, from, to, HEADER)) return false;
    this.name = from + HEADER.length;
    this.nameEnd = run(bytes, this.name, to, NAME);
    if (!isWord(bytes, this.name, this.nameEnd, 64) || bytes[this.nameEnd] !== SPACE) return false;
    const number = this.nameEnd + 1;
    const numberEnd = run(bytes, number, to, DIGIT);
    if (numberEnd === number || bytes[numberEnd] !== LINE_END) return false;
    if (bytes[number] === ZERO && numberEnd > number + 1) return false;
    this.seq = 0;
    for (let at = number; at < numberEnd; at += 1) this.seq = this.seq * 10 + (bytes[at] ?? 0) - ZERO;
    const recordEnd = lineEnd(bytes, numberEnd + 1, to);
    let operation = recordEnd;
    while (operation > numberEnd && bytes[operation - 1] !== SPACE) operation -= 1;
    if (operation - 1 <= numberEnd + 1 || run(bytes, operation, recordEnd, OPERATION) !== recordEnd) return false;
    if (!isWord(bytes, operation, recordEnd, 32)) return false;
    const data = recordEnd + 1;
    this.previous = data + HASH_DIGITS + 1;
    if (!isHash(bytes, data, to) || bytes[this.previous - 1] !== SPACE || !isHash(bytes, this.previous, to))
      return false;
    let at = this.previous + HASH_DIGITS;
    if (isText(bytes, at, to, BARE)) at += BARE.length;
    const time = at + 1;
    const timeEnd = run(bytes, time, to, DIGIT);
    if (bytes[at] !== LINE_END || timeEnd === time || bytes[time] === ZERO || bytes[timeEnd] !== SPACE) return false;
    return lineEnd(bytes, timeEnd + 1, to) === to - 1 && to - 1 > timeEnd + 1;
  }
}

/** Where bytes of that kind end. */
function run(bytes: Uint8Array, from: number, to: number, kind: number): number {
  let at = from;
  while (at < to && ((KIND[bytes[at] ?? 0] ?? 0) & kind) !== 0) at += 1;
  return at;
}

const isWord = (bytes: Uint8Array, from: number, to: number, most: number): boolean =>
  to > from && to - from <= most && ((KIND[bytes[from] ?? 0] ?? 0) & FIRST) !== 0;

const isHash = (bytes: Uint8Array, from: number, to: number): boolean =>
  from + HASH_DIGITS <= to && run(bytes, from, from + HASH_DIGITS, HEX) === from + HASH_DIGITS;

/** Where the line ends; `to` where it does not. */
function lineEnd(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to && bytes[at] !== LINE_END) at += 1;
  return at;
}

function isText(bytes: Uint8Array, from: number, to: number, text: Uint8Array): boolean {
  if (from + text.length > to) return false;
  for (let n = 0; n < text.length; n += 1) if (bytes[from + n] !== text[n]) return false;
  return true;
}
