/** An address that is no page. */
import { useLocale } from '../locale.ts';
import { href } from '../router.ts';
import { Page } from '../ui/card.tsx';

export function Missing() {
  const { words } = useLocale();
  return (
    <Page title={words.missing.title}>
      <p>
        {words.missing.about} <a href={href([])}>{words.nav.overview}</a>
      </p>
    </Page>
  );
}
