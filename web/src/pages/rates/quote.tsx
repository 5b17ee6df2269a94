/** What a published rate was made of: the evidence from which it can be computed again. */
import { get } from '../../api.ts';
import { saveFile } from '../../browser/save.ts';
import { useLoad } from '../../load.ts';
import { useLocale } from '../../locale.ts';
import { href } from '../../router.ts';
import { Card, Page } from '../../ui/card.tsx';
import { Icon } from '../../ui/icon.tsx';
import type { PageParts } from '../../ui/lazy-page.tsx';
import { Part } from '../../ui/part.tsx';

export function QuotePage({ parts: [, , id = ''] }: PageParts) {
  const { words } = useLocale();
  const { rates } = words;
  const load = useLoad(`quote ${id}`, (signal) => get('GET /v1/rates/quotes/{id}', { path: { id } }, signal));
  return (
    <Page back={{ href: href(['rates']), label: words.nav.ratesNow }} title={rates.quote} lead={<code>{id}</code>}>
      <p class="lead">
        {rates.replay} <code>npx plumbline rates replay {id}</code>
      </p>
      <Part load={load}>
        {({ evidence, policy }) => (
          <div class="stack">
            <Shown title={rates.evidence} text={evidence} name={`quote-${id}.json`} />
            <Shown title={rates.policy} text={policy} name={`policy-of-${id}.json`} />
          </div>
        )}
      </Part>
    </Page>
  );
}

function Shown({ title, text, name }: { readonly title: string; readonly text: string; readonly name: string }) {
  const { words } = useLocale();
  return (
    <Card
      title={title}
      aside={
        <button
          type="button"
          class="quiet"
          onClick={() => saveFile(name, new Blob([text], { type: 'application/json' }))}
        >
          <Icon name="save" />
          {words.common.save}
        </button>
      }
    >
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached without a mouse */}
      <pre class="record" tabIndex={0}>
        {JSON.stringify(JSON.parse(text), null, 2)}
      </pre>
    </Card>
  );
}
