/** Tables as CSV (RFC 4180): a header, CRLF at the end of each line, quotes where they are needed. */

/** @param columns the keys of the rows, in their order; a list in a cell is separated by spaces */
export const csv = (columns: readonly string[], rows: readonly object[]): string =>
  [columns, ...rows.map((row) => columns.map((column) => textOf(cellOf(row, column))))]
    .map((cells) => `${cells.map(quoted).join(',')}\r\n`)
    .join('');

function cellOf(row: object, column: string): unknown {
  return Object.entries(row).find(([key]) => key === column)?.[1];
}

const textOf = (cell: unknown): string => {
  if (cell === null || cell === undefined) return '';
  return Array.isArray(cell) ? cell.join(' ') : String(cell);
};

const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
