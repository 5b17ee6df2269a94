/** What the service runs with: what is changed here, by whom, and which setting the rest is. */
import { useState } from 'preact/hooks';
import { type Answer, get } from '../../api.ts';
import { useLoad } from '../../load.ts';
import { useLocale } from '../../locale.ts';
import { href } from '../../router.ts';
import { Badge } from '../../ui/badge.tsx';
import { Card, Facts, Page } from '../../ui/card.tsx';
import { Choice, TextField } from '../../ui/field.tsx';
import { Empty, Part } from '../../ui/part.tsx';
import { Table } from '../../ui/table.tsx';

type Setting = Answer<'GET /v1/settings'>['data'][number];

const ORIGINS = ['environment', 'file', 'default', 'absent'] as const;
type Shown = 'set' | 'all' | (typeof ORIGINS)[number];

export function Settings() {
  const { words } = useLocale();
  const { settings } = words;
  return (
    <Page title={settings.title} lead={settings.lead}>
      <div class="stack">
        <div class="grid">
          <Card title={settings.here}>
            <div class="stack">
              <p class="small">{settings.hereAbout}</p>
              <Here />
            </div>
          </Card>
          <Card title={settings.two}>
            <Dangerous />
          </Card>
        </div>
        <All />
      </div>
    </Page>
  );
}

function Here() {
  const { words } = useLocale();
  const { nav, settings } = words;
  const places: readonly (readonly [what: string, parts: readonly string[], label: string])[] = [
    [settings.whats.rates, ['rates'], nav.ratesNow],
    [settings.whats.payouts, ['solvency', 'payouts'], nav.payouts],
    [settings.whats.policies, ['archive'], nav.archive],
    [settings.whats.endpoints, ['notifications'], nav.notifications],
    [settings.whats.templates, ['notifications', 'templates'], words.notifications.templates],
    [settings.whats.silences, ['incidents'], nav.incidents],
    [settings.whats.keys, ['keys'], nav.keys],
  ];
  return (
    <Facts
      facts={places.map(([what, parts, label]) => [
        what,
        <a key={label} href={href(parts)}>
          {label}
        </a>,
      ])}
    />
  );
}

function Dangerous() {
  const { words } = useLocale();
  const { settings } = words;
  const load = useLoad('actions', (signal) => get('GET /v1/approvals/actions', {}, signal));
  return (
    <Part load={load}>
      {({ required, data }) => (
        <div class="stack">
          <p class="small">
            {required ? settings.twoOn : settings.twoOff} <code>REQUIRE_APPROVALS</code>
          </p>
          <ul class="sentences" lang="en">
            {data.map(({ action, about }) => (
              <li key={action}>
                <code>{action}</code> {about}
              </li>
            ))}
          </ul>
        </div>
      )}
    </Part>
  );
}

function All() {
  const { words } = useLocale();
  const { settings } = words;
  const load = useLoad('settings', (signal) => get('GET /v1/settings', {}, signal));
  const [text, setText] = useState('');
  const [shown, setShown] = useState<Shown>('set');
  const wanted = text.trim().toUpperCase();
  const fits = ({ name, origin }: Setting): boolean =>
    name.includes(wanted) &&
    (shown === 'all' || (shown === 'set' ? origin === 'environment' || origin === 'file' : origin === shown));
  return (
    <Card title={settings.all}>
      <div class="stack">
        <p class="small">{settings.allAbout}</p>
        <div class="row">
          <TextField label={settings.name} value={text} onText={setText} placeholder="RECONCILIATION_" />
          <Choice
            label={settings.origin}
            value={shown}
            onChoice={(chosen) =>
              setShown(ORIGINS.find((each) => each === chosen) ?? (chosen === 'all' ? 'all' : 'set'))
            }
            options={[
              ['set', settings.setOnly],
              ['all', words.common.all],
              ...ORIGINS.map((each) => [each, settings.origins[each]] as const),
            ]}
          />
        </div>
        <Part load={load}>
          {({ data }) => {
            const rows = data.filter(fits);
            return rows.length === 0 ? (
              <Empty>{settings.nothing}</Empty>
            ) : (
              <Table
                caption={settings.all}
                rows={rows}
                keyOf={({ name }) => name}
                columns={[
                  { title: settings.name, cell: ({ name }) => <code>{name}</code> },
                  { title: settings.value, cell: (setting) => <Value setting={setting} /> },
                  {
                    title: settings.origin,
                    cell: ({ origin }) => (
                      <Badge tone={origin === 'environment' || origin === 'file' ? 'good' : 'idle'}>
                        {settings.origins[origin]}
                      </Badge>
                    ),
                  },
                  {
                    title: settings.change,
                    cell: ({ name, secret, about, expected }) => (
                      <span class="small block">
                        <span lang="en">{about}</span> {settings.set} <code>{name}</code>
                        {secret && (
                          <>
                            {' '}
                            {settings.or} <code>{name}_FILE</code>
                          </>
                        )}
                        : <span lang="en">{expected}</span>
                      </span>
                    ),
                  },
                ]}
              />
            );
          }}
        </Part>
      </div>
    </Card>
  );
}

function Value({ setting: { value, secret, origin } }: { readonly setting: Setting }) {
  const { words } = useLocale();
  if (origin === 'absent') return <span class="unknown">{words.settings.notSet}</span>;
  if (secret) return <span class="unknown">{words.settings.hidden}</span>;
  return <code class="block">{value}</code>;
}
