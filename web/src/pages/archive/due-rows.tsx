/** Rows that are old enough and not archived yet, as far as they were counted. */
import { useLocale } from '../../locale.ts';

/** The service counts no further. */
const MOST_COUNTED = 100_000;

export function DueRows({ rows }: { readonly rows: number | null }) {
  const { words, count } = useLocale();
  const { archive } = words;
  if (rows === null) return <span class="unknown">{words.common.unknown}</span>;
  return (
    <span class="num">
      {rows >= MOST_COUNTED ? `${archive.atLeast} ` : ''}
      {archive.rowsDue(count(rows))}
    </span>
  );
}
