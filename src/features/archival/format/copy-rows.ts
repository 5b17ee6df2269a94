/**
 * Rows from the bytes of a binary COPY of two columns, an id (bytea) and a row (text).
 * https://www.postgresql.org/docs/current/sql-copy.html#id-1.9.3.55.9.4
 */
import { PlumblineError } from '../../../kernel/errors.ts';

const SIGNATURE = Buffer.from('5047434f50590aff0d0a00', 'hex');
const HEAD = 19;

/** Valid only while the call lasts. */
export type OnRow = (id: Buffer, row: Buffer) => void;

/**
 * @param afterPiece awaited between two pieces; where it answers false the rest is not read
 * @throws `archive.copy_malformed` (integrity)
 */
export async function readRows(
  pieces: AsyncIterable<Uint8Array>,
  onRow: OnRow,
  afterPiece: () => Promise<boolean>,
): Promise<void> {
  // One buffer for all pieces: to join each with what is left of the one before would allocate every byte again.
  let bytes = Buffer.allocUnsafeSlow(256 * 1024);
  let filled = 0;
  let begun = false;
  let ended = false;
  for await (const piece of pieces) {
    if (filled + piece.length > bytes.length) {
      const grown = Buffer.allocUnsafeSlow(2 * (filled + piece.length));
      bytes.copy(grown, 0, 0, filled);
      bytes = grown;
    }
    bytes.set(piece, filled);
    filled += piece.length;
    let at = 0;
    if (!begun) {
      if (filled < HEAD) continue;
      if (!bytes.subarray(0, SIGNATURE.length).equals(SIGNATURE)) throw malformed();
      at = HEAD + bytes.readUInt32BE(15);
      begun = true;
    }
    for (;;) {
      if (ended || at + 2 > filled) break;
      const fields = bytes.readInt16BE(at);
      if (fields === -1) {
        ended = true;
        break;
      }
      if (fields !== 2) throw malformed();
      if (at + 6 > filled) break;
      const idLength = bytes.readInt32BE(at + 2);
      const rowAt = at + 6 + idLength;
      if (idLength < 0) throw malformed();
      if (rowAt + 4 > filled) break;
      const rowLength = bytes.readInt32BE(rowAt);
      if (rowLength < 0) throw malformed();
      const end = rowAt + 4 + rowLength;
      if (end > filled) break;
      onRow(bytes.subarray(at + 6, rowAt), bytes.subarray(rowAt + 4, end));
      at = end;
    }
    bytes.copyWithin(0, at, filled);
    filled -= at;
    if (!(await afterPiece())) return;
  }
  if (!ended) throw malformed();
}

const malformed = (): PlumblineError =>
  new PlumblineError('integrity', 'archive.copy_malformed', 'the database answered a COPY with bytes that are none');
