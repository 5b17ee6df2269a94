/** What is said of an event: looked at in both languages, as it is or as it would be, and put into force. */
import { useState } from 'preact/hooks';
import { type Answer, act, get } from '../../api.ts';
import { after } from '../../browser/clock.ts';
import { useLoad } from '../../load.ts';
import { useLocale } from '../../locale.ts';
import { href } from '../../router.ts';
import { ActDialog, useAct } from '../../ui/act.tsx';
import { Card, Page } from '../../ui/card.tsx';
import { Choice, TextField } from '../../ui/field.tsx';
import { Time } from '../../ui/figure.tsx';
import { Empty, Part } from '../../ui/part.tsx';
import { Table } from '../../ui/table.tsx';
import { CHANNELS, LOCALES } from './endpoint-form.ts';
import { Preview, type TemplateName, type TemplateText } from './preview.tsx';

type Own = Answer<'GET /v1/notification-templates'>['data'][number];

const ALL_CHANNELS = ['*', ...CHANNELS] as const;

export function Templates() {
  const { words } = useLocale();
  const { notifications } = words;
  const load = useLoad('templates', (signal) => get('GET /v1/notification-templates', {}, signal));
  const [event, setEvent] = useState('solvency.deficit');
  const [channel, setChannel] = useState<TemplateName['channel']>('email');
  const [open, setOpen] = useState<TemplateName>();
  const [written, setWritten] = useState(0);
  return (
    <Page
      back={{ href: href(['notifications']), label: notifications.title }}
      title={notifications.templates}
      lead={notifications.templatesLead}
    >
      <div class="stack">
        <Card title={notifications.preview}>
          <div class="stack">
            <div class="row">
              <TextField label={notifications.event} value={event} onText={setEvent} maxLength={100} />
              <Choice
                label={notifications.channel}
                value={channel}
                onChoice={(chosen) => setChannel(ALL_CHANNELS.find((each) => each === chosen) ?? channel)}
                options={ALL_CHANNELS.map((each) => [each, each === '*' ? words.common.all : each] as const)}
              />
            </div>
            <div class="grid">
              {LOCALES.map((locale) => (
                <section key={locale} class="stack" aria-label={notifications.languages[locale]}>
                  <h3>{notifications.languages[locale]}</h3>
                  <Preview key={written} name={{ event: event.trim(), locale, channel }} />
                  <div>
                    <button
                      type="button"
                      class="quiet"
                      onClick={() => setOpen({ event: event.trim(), locale, channel })}
                      aria-label={`${notifications.write} ${notifications.languages[locale]}`}
                    >
                      {notifications.write}
                    </button>
                  </div>
                </section>
              ))}
            </div>
          </div>
        </Card>
        <Card title={notifications.own}>
          <Part load={load}>
            {({ data }) =>
              data.length === 0 ? (
                <Empty>{notifications.noTemplates}</Empty>
              ) : (
                <Table
                  caption={notifications.own}
                  rows={data}
                  keyOf={(each) => `${each.event} ${each.locale} ${each.channel}`}
                  columns={[
                    { title: notifications.event, cell: (each) => each.event },
                    { title: words.nav.language, cell: (each) => notifications.languages[each.locale] },
                    {
                      title: notifications.channel,
                      cell: (each) => (each.channel === '*' ? words.common.all : each.channel),
                    },
                    {
                      title: notifications.version,
                      numeric: true,
                      cell: (each) => <span class="num">{each.version}</span>,
                    },
                    { title: notifications.subject, cell: (each) => <span class="block">{each.subject}</span> },
                    { title: words.rates.setBy, cell: (each) => each.created_by },
                    { title: words.common.time, cell: (each) => <Time at={each.created_at} /> },
                  ]}
                />
              )
            }
          </Part>
        </Card>
      </div>
      {open !== undefined && (
        <Write
          name={open}
          before={load.data?.data.find(
            ({ event: of, locale, channel: by }) => of === open.event && locale === open.locale && by === open.channel,
          )}
          onClose={() => setOpen(undefined)}
          onDone={() => {
            setOpen(undefined);
            setWritten(written + 1);
            load.again();
          }}
        />
      )}
    </Page>
  );
}

/** Between the last letter and the preview of it. */
const PAUSE_MS = 400;

interface WriteProps {
  readonly name: TemplateName;
  /** A text of one's own that is in force; a new one begins as it. */
  readonly before: Own | undefined;
  readonly onDone: () => void;
  readonly onClose: () => void;
}

function Write({ name, before, onDone, onClose }: WriteProps) {
  const { words } = useLocale();
  const { notifications } = words;
  const acting = useAct();
  const [subject, setSubject] = useState(before?.subject ?? '{{ event }}');
  const [body, setBody] = useState(before?.body ?? '{{ message }}');
  const [shown, setShown] = useState<TemplateText>({ subject, body });
  const [cancel, setCancel] = useState<() => void>();
  const change = (text: TemplateText): void => {
    cancel?.();
    setCancel(() => after(PAUSE_MS, () => setShown(text)));
  };
  const sent = { ...name, subject, body, html: before?.html ?? null };
  const submit = async (): Promise<void> => {
    if (await acting.run((key) => act('POST /v1/notification-templates', { body: sent }, key), sent)) onDone();
  };
  return (
    <ActDialog
      title={`${notifications.write}: ${name.event}, ${notifications.languages[name.locale]}`}
      about={notifications.writeAbout}
      submit={notifications.putInForce}
      act={acting}
      onSubmit={() => void submit()}
      onClose={onClose}
    >
      <TextField
        label={notifications.subject}
        value={subject}
        onText={(text) => {
          setSubject(text);
          change({ subject: text, body });
        }}
        required
        maxLength={500}
      />
      <TextField
        label={notifications.body}
        hint={notifications.bodyHint}
        value={body}
        onText={(text) => {
          setBody(text);
          change({ subject, body: text });
        }}
        required
        maxLength={20_000}
        lines={6}
      />
      <h3>{notifications.preview}</h3>
      <Preview name={name} text={shown} />
    </ActDialog>
  );
}
