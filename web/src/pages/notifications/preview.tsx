/** What a text comes to, as the service renders it with an example. */
import { act } from '../../api.ts';
import type { Operations } from '../../api-types.ts';
import { useLoad } from '../../load.ts';
import { Part } from '../../ui/part.tsx';

type Body = Operations['POST /v1/notification-templates/preview']['body'];
export type TemplateName = Pick<Body, 'event' | 'locale'> & { readonly channel: NonNullable<Body['channel']> };
export type TemplateText = Pick<NonNullable<Body['text']>, 'subject' | 'body'>;

/** @param text absent: the one in force */
export function Preview({ name, text }: { readonly name: TemplateName; readonly text?: TemplateText }) {
  const body: Body = text === undefined ? name : { ...name, text };
  // Nothing is changed by it: each is a question of its own.
  const load = useLoad(`preview ${JSON.stringify(body)}`, () =>
    act('POST /v1/notification-templates/preview', { body }, crypto.randomUUID()),
  );
  return (
    <Part load={load}>
      {({ subject, text: said }) => (
        <div class="form" lang={name.locale}>
          <p>
            <strong>{subject}</strong>
          </p>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached without a mouse */}
          <pre class="record" tabIndex={0} data-preview={name.locale}>
            {said}
          </pre>
        </div>
      )}
    </Part>
  );
}
