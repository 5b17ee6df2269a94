/** The button that brings the next page of a list. */
import { useLocale } from '../locale.ts';
import type { Pages } from './pages.ts';
import { Failure } from './part.tsx';

export function More<Row>({ pages }: { readonly pages: Pages<Row> }) {
  const { words } = useLocale();
  const { more, busy, problem } = pages;
  return (
    <>
      {problem !== undefined && <Failure problem={problem} />}
      {more !== undefined && (
        <button type="button" class="quiet more" onClick={more} disabled={busy}>
          {busy ? words.common.loading : words.common.more}
        </button>
      )}
    </>
  );
}
