/** Which text says an event to somebody, and texts of one's own. */
import type { Json } from '../../../kernel/canonical.ts';
import type { Clock } from '../../../kernel/clock.ts';
import { isPlumblineError } from '../../../kernel/errors.ts';
import type { Db } from '../../../platform/db/port.ts';
import type { Logger } from '../../../platform/telemetry/port.ts';
import { builtin, type Locale } from './builtin.ts';
import { type Rendered, render, type TemplateText } from './engine.ts';
import * as store from './store.ts';

/** What is said: the values of every template. */
export interface Said {
  readonly event: string;
  readonly severity: string;
  readonly message: string;
  readonly data: Json;
  /** Null where it is not about one. */
  readonly incident: { readonly id: string; readonly count: string; readonly opened_at: string } | null;
  readonly time: string;
  /** Of a digest. */
  readonly items: readonly { readonly event: string; readonly message: string; readonly time: string }[];
}

export interface TemplateName {
  readonly event: string;
  readonly locale: Locale;
  readonly channel: string;
}

/** How long a process may go on with a text that was replaced. Milliseconds. */
const REMEMBERED_MS = 10_000;

export class Templates {
  readonly #deps: { readonly db: Db; readonly clock: Clock; readonly log: Logger };
  readonly #known = new Map<string, { readonly text: TemplateText | undefined; readonly until: number }>();

  constructor(deps: { readonly db: Db; readonly clock: Clock; readonly log: Logger }) {
    this.#deps = deps;
  }

  /** A text of one's own that cannot be rendered is no reason to say nothing: the built-in one says it then. */
  async say(name: TemplateName, said: Said): Promise<Rendered> {
    const own = await this.#own(name);
    if (own !== undefined) {
      try {
        return render(own, valuesOf(said));
      } catch (error) {
        if (!isPlumblineError(error)) throw error;
        this.#deps.log.error(
          { code: error.code, event: name.event, err: error },
          'a template failed; the built-in text is sent',
        );
      }
    }
    return render(builtin(name.event, name.locale, name.channel), valuesOf(said));
  }

  /** @throws `notifications.template_invalid` (invalid) */
  preview(name: TemplateName, text: TemplateText | undefined, said: Said): Promise<Rendered> {
    return text === undefined ? this.say(name, said) : Promise.resolve(render(text, valuesOf(said)));
  }

  /**
   * A new version, in force within ten seconds. It is rendered with the example first.
   * @throws `notifications.template_invalid` (invalid)
   */
  async put(name: TemplateName, text: TemplateText, example: Said, subject: string): Promise<store.TemplateRow> {
    render(text, valuesOf(example));
    const { db, clock } = this.#deps;
    const row = await db.transaction({}, (tx) =>
      store.insertTemplate(tx, {
        ...{ event_type: name.event, locale: name.locale, channel: name.channel, ...text },
        ...{ created_by: subject, created_at: new Date(clock.now()) },
      }),
    );
    this.#known.clear();
    return row;
  }

  list(): Promise<readonly store.TemplateRow[]> {
    return store.listTemplates(this.#deps.db.sql);
  }

  async #own(name: TemplateName): Promise<TemplateText | undefined> {
    const { db, clock } = this.#deps;
    const key = `${name.event}/${name.locale}/${name.channel}`;
    const known = this.#known.get(key);
    if (known !== undefined && known.until > clock.monotonic()) return known.text;
    const text = await store.findTemplate(db.sql, name);
    if (this.#known.size > 1_000) this.#known.clear();
    this.#known.set(key, { text, until: clock.monotonic() + REMEMBERED_MS });
    return text;
  }
}

const valuesOf = ({
  event,
  severity,
  message,
  data,
  incident,
  time,
  items,
}: Said): { readonly [name: string]: Json } => ({
  ...{ event, severity, message, data, incident, time, items },
});
