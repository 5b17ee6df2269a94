/** One incident: its timeline, and taking care of it. */
import { useState } from 'preact/hooks';
import { act, get } from '../../api.ts';
import { useLoad } from '../../load.ts';
import { useLocale } from '../../locale.ts';
import { href } from '../../router.ts';
import { ActDialog, useAct } from '../../ui/act.tsx';
import { Badge } from '../../ui/badge.tsx';
import { Card, Facts, Page } from '../../ui/card.tsx';
import { TextField } from '../../ui/field.tsx';
import { Time } from '../../ui/figure.tsx';
import type { PageParts } from '../../ui/lazy-page.tsx';
import { Part } from '../../ui/part.tsx';
import { titleOf } from './title.ts';
import { toneOfIncident, toneOfSeverity } from './tones.ts';

const ACTS = ['acknowledge', 'resolve', 'note'] as const;
type ActName = (typeof ACTS)[number];

export function Incident({ parts: [, id = ''] }: PageParts) {
  const { words } = useLocale();
  const { incidents, common } = words;
  const [open, setOpen] = useState<ActName>();
  const load = useLoad(`incident ${id}`, (signal) => get('GET /v1/incidents/{id}', { path: { id } }, signal), {
    everyMs: 3_000,
  });
  const { data } = load;
  const offered = ACTS.filter(
    (each) => each === 'note' || (each === 'acknowledge' ? data?.status === 'open' : data?.status !== 'resolved'),
  );
  return (
    <Page
      back={{ href: href(['incidents']), label: incidents.title }}
      title={data === undefined ? incidents.title : titleOf(data.event, words)}
      lead={data === undefined ? undefined : <span lang="en">{data.title}</span>}
      aside={
        data !== undefined &&
        offered.map((each) => (
          <button
            type="button"
            key={each}
            class={each === 'acknowledge' ? 'primary' : 'quiet'}
            onClick={() => setOpen(each)}
          >
            {incidents[each]}
          </button>
        ))
      }
    >
      <Part load={load}>
        {(found) => (
          <div class="grid">
            <Card title={incidents.what}>
              <Facts
                facts={[
                  [incidents.event, <code key="e">{found.event}</code>],
                  [
                    incidents.status,
                    <Badge key="s" tone={toneOfIncident(found.status)}>
                      {incidents.statuses[found.status]}
                    </Badge>,
                  ],
                  [
                    incidents.severity,
                    <Badge key="v" tone={toneOfSeverity(found.severity)}>
                      {incidents.severities[found.severity]}
                    </Badge>,
                  ],
                  [
                    incidents.count,
                    <span key="n" class="num">
                      {found.count}
                    </span>,
                  ],
                  [incidents.opened, <Time key="o" at={found.opened_at} />],
                  [incidents.lastSeen, <Time key="l" at={found.last_seen_at} />],
                  [incidents.nextPage, <Time key="p" at={found.next_page_at} />],
                  [incidents.owner, found.acknowledged_by ?? common.none],
                  [incidents.inhibitedBy, found.inhibited_by ?? common.none],
                  [incidents.resolution, found.resolution ?? common.none],
                  ...Object.entries(found.scope).map(([name, value]) => [name, String(value)] as const),
                ]}
              />
            </Card>
            <Card title={incidents.timeline}>
              <ul class="timeline">
                {found.timeline.map(({ at, kind, subject, text }, index) => (
                  // Two of one moment are told apart by nothing else
                  <li key={`${at} ${index}`}>
                    <Time at={at} />
                    <span>
                      {incidents.kinds[kind]} · {subject}
                      <span class="small block" lang="en">
                        {text}
                      </span>
                    </span>
                  </li>
                ))}
              </ul>
            </Card>
          </div>
        )}
      </Part>
      {open !== undefined && (
        <Dialog
          what={open}
          id={id}
          onClose={() => setOpen(undefined)}
          onDone={() => {
            setOpen(undefined);
            load.again();
          }}
        />
      )}
    </Page>
  );
}

interface DialogProps {
  readonly what: ActName;
  readonly id: string;
  readonly onDone: () => void;
  readonly onClose: () => void;
}

function Dialog({ what, id, onDone, onClose }: DialogProps) {
  const { words } = useLocale();
  const { incidents } = words;
  const acting = useAct();
  const [text, setText] = useState('');
  const said = text.trim();
  const send = (key: string): Promise<unknown> => {
    const path = { id };
    switch (what) {
      case 'acknowledge':
        return act('POST /v1/incidents/{id}/acknowledge', { path, body: said === '' ? {} : { note: said } }, key);
      case 'resolve':
        return act('POST /v1/incidents/{id}/resolve', { path, body: { reason: said } }, key);
      case 'note':
        return act('POST /v1/incidents/{id}/notes', { path, body: { text: said } }, key);
    }
  };
  const submit = async (): Promise<void> => {
    if (await acting.run(send, { what, id, said })) onDone();
  };
  return (
    <ActDialog
      title={incidents[what]}
      about={incidents.abouts[what]}
      submit={incidents[what]}
      act={acting}
      onSubmit={() => void submit()}
      onClose={onClose}
    >
      <TextField
        label={what === 'resolve' ? words.common.reason : incidents.text}
        value={text}
        onText={setText}
        required={what !== 'acknowledge'}
        maxLength={500}
        lines={3}
      />
    </ActDialog>
  );
}
