/** What a record was and what it became, field by field. */
import { isFields } from '../../json.ts';
import { useLocale } from '../../locale.ts';
import { Badge } from '../../ui/badge.tsx';
import { Table } from '../../ui/table.tsx';

export interface DiffProps {
  readonly before: unknown;
  readonly after: unknown;
}

interface Row {
  readonly name: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

const written = (value: unknown): string | undefined =>
  value === undefined ? undefined : typeof value === 'string' ? value : JSON.stringify(value, null, 1);

/** A watched table's record is `{before, after}` or the row itself; either way fields are compared with fields. */
function rowsOf({ before, after }: DiffProps): readonly Row[] {
  const [was, is] = [isFields(before) ? before : {}, isFields(after) ? after : {}];
  return [...new Set([...Object.keys(was), ...Object.keys(is)])]
    .sort()
    .map((name) => ({ name, before: written(was[name]), after: written(is[name]) }));
}

export function Diff(props: DiffProps) {
  const { words } = useLocale();
  const { audit } = words;
  const rows = rowsOf(props);
  if (rows.length === 0) {
    return <pre class="record">{written(props.after) ?? audit.noRecord}</pre>;
  }
  return (
    <Table
      caption={audit.diff}
      rows={rows}
      keyOf={({ name }) => name}
      columns={[
        { title: audit.field, cell: ({ name }) => <code>{name}</code> },
        {
          title: audit.before,
          cell: ({ before, after }) =>
            before !== undefined &&
            (before === after ? (
              <Text text={before} />
            ) : (
              <del>
                <Text text={before} />
              </del>
            )),
        },
        {
          title: audit.after,
          cell: ({ before, after }) =>
            after !== undefined &&
            (before === after ? (
              <Text text={after} />
            ) : (
              <ins>
                <Text text={after} />
              </ins>
            )),
        },
        {
          title: audit.change,
          cell: ({ before, after }) =>
            before !== after && (
              <Badge tone="warn">
                {before === undefined ? audit.added : after === undefined ? audit.removed : audit.changed}
              </Badge>
            ),
        },
      ]}
    />
  );
}

const MOST = 400;

const Text = ({ text }: { readonly text: string }) => (
  <code class="value" title={text.length > MOST ? text : undefined}>
    {text.length > MOST ? `${text.slice(0, MOST)}…` : text}
  </code>
);
