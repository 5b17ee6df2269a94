/** The audit log: how far it is and what is in it. */
import { useState } from 'preact/hooks';
import { get } from '../../api.ts';
import { instantOf } from '../../format/time.ts';
import { useLoad } from '../../load.ts';
import { useLocale } from '../../locale.ts';
import { href, place, replace } from '../../router.ts';
import { useShared } from '../../state.ts';
import { Card, Page } from '../../ui/card.tsx';
import { Choice, TextField } from '../../ui/field.tsx';
import { Digest, Time } from '../../ui/figure.tsx';
import { More } from '../../ui/more.tsx';
import { usePages } from '../../ui/pages.ts';
import { Empty, Part } from '../../ui/part.tsx';
import { Table } from '../../ui/table.tsx';
import { Days } from './days.tsx';
import { Head } from './head.tsx';

const FIELDS = ['stream', 'record_id', 'actor', 'from', 'to'] as const;
type Search = Readonly<Record<(typeof FIELDS)[number], string>>;

export function Audit() {
  const { words, zone, count } = useLocale();
  const { audit } = words;
  const { query } = useShared(place);
  const search: Search = {
    stream: query.get('stream') ?? '',
    record_id: query.get('record_id') ?? '',
    actor: query.get('actor') ?? '',
    from: query.get('from') ?? '',
    to: query.get('to') ?? '',
  };
  const isAny = FIELDS.some((name) => search[name] !== '');
  const pages = usePages(
    `entries ${JSON.stringify(search)} ${zone}`,
    (cursor) =>
      get('GET /v1/audit/entries', {
        query: {
          ...{ limit: 50, cursor, stream: search.stream, record_id: search.record_id, actor: search.actor },
          ...{ from: instantOf(search.from, zone), to: instantOf(search.to, zone) },
        },
      }),
    isAny ? undefined : 5_000,
  );
  return (
    <Page
      title={audit.title}
      lead={audit.lead}
      aside={
        <a class="button" href={href(['audit', 'verify'])}>
          {audit.verifyTitle}
        </a>
      }
    >
      <div class="stack">
        <div class="grid">
          <Head />
          <Days />
        </div>
        <Card title={audit.entriesTitle}>
          <SearchForm search={search} />
          <Part load={pages.load}>
            {() =>
              pages.rows.length === 0 ? (
                <Empty>{isAny ? audit.nothingFound : audit.empty}</Empty>
              ) : (
                <>
                  <Table
                    caption={audit.entriesTitle}
                    rows={pages.rows}
                    keyOf={({ index }) => String(index)}
                    columns={[
                      {
                        title: audit.index,
                        cell: ({ index }) => (
                          <a class="num" href={href(['audit', 'entries', index])}>
                            {count(index)}
                          </a>
                        ),
                      },
                      { title: words.common.time, cell: ({ at }) => <Time at={at} /> },
                      { title: audit.stream, cell: ({ stream }) => stream },
                      {
                        title: audit.record,
                        cell: ({ stream, record_id }) => (
                          <a href={href(['audit', 'records', stream, record_id])}>
                            <Digest value={record_id} chars={20} />
                          </a>
                        ),
                      },
                      { title: audit.op, cell: ({ op }) => op },
                      { title: audit.actor, cell: ({ actor }) => actor },
                      { title: audit.leafHash, cell: ({ leaf_hash }) => <Digest value={leaf_hash} /> },
                    ]}
                  />
                  <More pages={pages} />
                </>
              )
            }
          </Part>
        </Card>
      </div>
    </Page>
  );
}

function SearchForm({ search }: { readonly search: Search }) {
  const { words, zone } = useLocale();
  const { audit } = words;
  const [typed, setTyped] = useState(search);
  const streams = useLoad('streams', (signal) => get('GET /v1/audit/streams', {}, signal));
  const set = (name: keyof Search) => (value: string) => setTyped((before) => ({ ...before, [name]: value }));
  return (
    <search>
      <form
        class="row"
        onSubmit={(event) => {
          event.preventDefault();
          replace(href(['audit'], { ...typed }));
        }}
      >
        <Choice
          label={audit.stream}
          value={typed.stream}
          onChoice={set('stream')}
          options={[['', words.common.all], ...(streams.data?.data ?? []).map(({ name }) => [name, name] as const)]}
        />
        <TextField label={audit.record} value={typed.record_id} onText={set('record_id')} maxLength={512} />
        <TextField label={audit.actor} value={typed.actor} onText={set('actor')} maxLength={200} />
        <TextField
          label={`${words.common.from} (${zone})`}
          type="datetime-local"
          value={typed.from}
          onText={set('from')}
        />
        <TextField label={`${words.common.to} (${zone})`} type="datetime-local" value={typed.to} onText={set('to')} />
        <button type="submit" class="primary">
          {audit.search}
        </button>
      </form>
    </search>
  );
}
