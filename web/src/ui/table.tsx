/** A table that can be read by ear, by keyboard and on a phone: what is too wide scrolls within itself. */
import type { ComponentChildren } from 'preact';

export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => ComponentChildren;
  /** Right-aligned, so that digits stand under digits. */
  readonly numeric?: boolean;
  /** What can be done with a row: it stays in sight where the table is wider than the page. */
  readonly acts?: boolean;
}

export interface TableProps<Row> {
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row, index: number) => string;
  /** Rows under a line, such as sums. */
  readonly isTotal?: (row: Row) => boolean;
}

export function Table<Row>({ caption, columns, rows, keyOf, isTotal }: TableProps<Row>) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached without a mouse
    <section class="scroll" aria-label={caption} tabIndex={0}>
      <table>
        <caption class="hidden">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.title} scope="col" class={classOf(column)}>
                {column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={keyOf(row, index)} class={isTotal?.(row) === true ? 'total' : undefined}>
              {columns.map((column, at) =>
                at === 0 ? (
                  <th key={column.title} scope="row">
                    {column.cell(row)}
                  </th>
                ) : (
                  <td key={column.title} class={classOf(column)}>
                    {column.cell(row)}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function classOf<Row>({ numeric, acts }: Column<Row>): string | undefined {
  if (acts === true) return 'acts';
  return numeric === true ? 'numeric' : undefined;
}
