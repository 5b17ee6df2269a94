/**
 * Which of several lines belong together, and which of that is certain. The best assignment pairs as many
 * lines as can be, then at the least total cost; what is answered is not one such assignment but what all
 * of them have in common. The rest is ambiguous: it could as well be otherwise.
 *
 * The Hungarian method gives one assignment with its dual prices. Every best assignment uses tight edges
 * alone and leaves no priced column free (complementary slackness), so two of them differ by cycles of the
 * graph below; a pair on no cycle is in all of them.
 */

export interface Edge {
  readonly row: number;
  readonly column: number;
  /** 0 or more. */
  readonly cost: bigint;
}

export interface Decision {
  readonly pairs: readonly { readonly row: number; readonly column: number }[];
  /** Rows and columns that could be paired in more than one way; sets without a line in common. */
  readonly ambiguous: readonly { readonly rows: readonly number[]; readonly columns: readonly number[] }[];
}

/** How many comparisons are spent on one set of lines. About a second. */
const MOST_STEPS = 10_000_000;

/** @returns undefined where it would take too long to know */
export function decide(rows: number, columns: number, edges: readonly Edge[]): Decision | undefined {
  const [first] = edges;
  if (first === undefined) return { pairs: [], ambiguous: [] };
  if (rows === 1 && columns === 1) return { pairs: [{ row: 0, column: 0 }], ambiguous: [] };
  if (edges.length === rows * columns && edges.every(({ cost }) => cost === first.cost)) {
    return { pairs: [], ambiguous: [{ rows: upTo(rows), columns: upTo(columns) }] };
  }
  const problem = problemOf(rows, columns, edges);
  const best = assign(problem);
  return best === undefined ? undefined : certainIn(problem, best);
}

const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);

/** Each row has a column of its own besides, which means that it stays alone. */
interface Problem {
  readonly rows: number;
  /** Those that are lines; row r's own column is `columns + r`. */
  readonly columns: number;
  readonly cost: (row: number, column: number) => bigint | undefined;
}

function problemOf(rows: number, columns: number, edges: readonly Edge[]): Problem {
  const costs = new Array<bigint | undefined>(rows * columns);
  let dearest = 0n;
  for (const { row, column, cost } of edges) {
    costs[row * columns + column] = cost;
    if (cost > dearest) dearest = cost;
  }
  const alone = 1n + BigInt(rows) * dearest; // dearer than all pairs together
  return {
    rows,
    columns,
    cost: (row, column) => {
      if (column < columns) return costs[row * columns + column];
      return column - columns === row ? alone : undefined;
    },
  };
}

interface Best {
  /** By row. */
  readonly columnOf: readonly number[];
  readonly rowPrice: readonly bigint[];
  /** Never above 0; 0 where the column is free. */
  readonly columnPrice: readonly bigint[];
}

const FREE = -1;

/** Hungarian method with potentials, one row after the other: Kuhn 1955, Munkres 1957. */
function assign({ rows, columns, cost }: Problem): Best | undefined {
  const width = columns + rows;
  const rowPrice = new Array<bigint>(rows).fill(0n);
  const columnPrice = new Array<bigint>(width).fill(0n);
  const rowOf = new Array<number>(width).fill(FREE);
  let steps = 0;
  for (let start = 0; start < rows; start += 1) {
    const slack = new Array<bigint | undefined>(width);
    const from = new Array<number>(width).fill(FREE);
    const seen: number[] = [];
    const isSeen = new Uint8Array(width);
    let row = start;
    let column = FREE;
    for (;;) {
      steps += width;
      if (steps > MOST_STEPS) return undefined;
      let least: bigint | undefined;
      let next = FREE;
      const price = rowPrice[row] ?? 0n;
      for (let each = 0; each < width; each += 1) {
        if (isSeen[each] === 1) continue;
        const own = cost(row, each);
        let open = slack[each];
        if (own !== undefined) {
          const reduced = own - price - (columnPrice[each] ?? 0n);
          if (open === undefined || reduced < open) {
            open = reduced;
            slack[each] = reduced;
            from[each] = column;
          }
        }
        if (open !== undefined && (least === undefined || open < least)) {
          least = open;
          next = each;
        }
      }
      const step = least ?? 0n; // a row's own column can always be reached
      if (step !== 0n) {
        rowPrice[start] = (rowPrice[start] ?? 0n) + step;
        for (const each of seen) {
          const holder = rowOf[each] ?? 0;
          rowPrice[holder] = (rowPrice[holder] ?? 0n) + step;
          columnPrice[each] = (columnPrice[each] ?? 0n) - step;
        }
        for (let each = 0; each < width; each += 1) {
          const open = slack[each];
          if (isSeen[each] === 0 && open !== undefined) slack[each] = open - step;
        }
      }
      column = next;
      const holder = rowOf[column] ?? FREE;
      if (holder === FREE) break;
      isSeen[column] = 1;
      seen.push(column);
      row = holder;
    }
    while (column !== FREE) {
      const before: number = from[column] ?? FREE;
      rowOf[column] = before === FREE ? start : (rowOf[before] ?? start);
      column = before;
    }
  }
  const columnOf = new Array<number>(rows).fill(FREE);
  rowOf.forEach((row, column) => {
    if (row !== FREE) columnOf[row] = column;
  });
  return { columnOf, rowPrice, columnPrice };
}

/**
 * Nodes are the rows, and one more for "some free column". A row leads to the row whose column it could
 * have as well; to the free node where that column is nobody's; and the free node leads to each row whose
 * column could stay free.
 */
function certainIn({ rows, columns, cost }: Problem, { columnOf, rowPrice, columnPrice }: Best): Decision {
  const free = rows;
  const holder = new Map(columnOf.map((column, row) => [column, row]));
  const tight = (row: number): readonly number[] => {
    const found: number[] = [];
    for (let column = 0; column < columns + rows; column += 1) {
      const own = cost(row, column);
      if (own !== undefined && own === (rowPrice[row] ?? 0n) + (columnPrice[column] ?? 0n)) found.push(column);
    }
    return found;
  };
  const tightOf = upTo(rows).map(tight);
  const next = tightOf.map((found, row) =>
    found.filter((column) => column !== columnOf[row]).map((column) => holder.get(column) ?? free),
  );
  next.push(upTo(rows).filter((row) => columnPrice[columnOf[row] ?? 0] === 0n));

  const pairs: { readonly row: number; readonly column: number }[] = [];
  const ambiguous: { readonly rows: readonly number[]; readonly columns: readonly number[] }[] = [];
  for (const members of circles(next)) {
    const own = members.filter((node) => node !== free).sort((a, b) => a - b);
    const [only] = own;
    if (only === undefined) continue;
    const held = own.map((row) => columnOf[row] ?? FREE).filter((column) => column < columns);
    if (members.length === 1) {
      const [column] = held;
      if (column !== undefined) pairs.push({ row: only, column });
      continue;
    }
    const open = members.includes(free)
      ? own.flatMap((row) => tightOf[row] ?? []).filter((column) => column < columns && !holder.has(column))
      : [];
    ambiguous.push({ rows: own, columns: [...new Set([...held, ...open])].sort((a, b) => a - b) });
  }
  return { pairs, ambiguous };
}

/** Strongly connected components (Tarjan 1972). */
function circles(next: readonly (readonly number[])[]): readonly (readonly number[])[] {
  const found: number[][] = [];
  const order = new Array<number>(next.length).fill(0);
  const low = new Array<number>(next.length).fill(0);
  const stack: number[] = [];
  const onStack = new Uint8Array(next.length);
  let count = 0;
  const visit = (node: number): void => {
    count += 1;
    order[node] = count;
    low[node] = count;
    stack.push(node);
    onStack[node] = 1;
    for (const to of next[node] ?? []) {
      if (order[to] === 0) {
        visit(to);
        low[node] = Math.min(low[node] ?? 0, low[to] ?? 0);
      } else if (onStack[to] === 1) low[node] = Math.min(low[node] ?? 0, order[to] ?? 0);
    }
    if (low[node] !== order[node]) return;
    const members = stack.splice(stack.lastIndexOf(node));
    for (const each of members) onStack[each] = 0;
    found.push(members);
  };
  for (let node = 0; node < next.length; node += 1) if (order[node] === 0) visit(node);
  return found;
}
