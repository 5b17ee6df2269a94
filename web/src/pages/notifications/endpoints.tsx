/** Where merchants and teams are told, how that does, and a new such place. */
import { useState } from 'preact/hooks';
import { act, get } from '../../api.ts';
import { useLoad } from '../../load.ts';
import { useLocale } from '../../locale.ts';
import { go, href } from '../../router.ts';
import { ActDialog, useAct } from '../../ui/act.tsx';
import { Badge } from '../../ui/badge.tsx';
import { Card } from '../../ui/card.tsx';
import { Choice, TextField } from '../../ui/field.tsx';
import { Empty, Part } from '../../ui/part.tsx';
import { Table } from '../../ui/table.tsx';
import { bodyOf, CHANNELS, type Endpoint, NEW } from './endpoint-form.ts';
import { PreferenceFields } from './preference-fields.tsx';

export function Endpoints() {
  const { words } = useLocale();
  const { notifications } = words;
  const [open, setOpen] = useState(false);
  const load = useLoad('endpoints', (signal) => get('GET /v1/notification-endpoints', {}, signal), { everyMs: 15_000 });
  return (
    <Card
      title={notifications.endpoints}
      aside={
        <button type="button" class="quiet" onClick={() => setOpen(true)}>
          {notifications.newEndpoint}
        </button>
      }
    >
      <Part load={load}>
        {({ data }) =>
          data.length === 0 ? (
            <Empty>{notifications.noEndpoints}</Empty>
          ) : (
            <Table
              caption={notifications.endpoints}
              rows={data}
              keyOf={({ id }) => id}
              columns={[
                {
                  title: notifications.of,
                  cell: ({ id, team, merchant_id, label }) => (
                    <a href={href(['notifications', 'endpoints', id])}>{`${team ?? merchant_id ?? ''} ${label}`}</a>
                  ),
                },
                {
                  title: notifications.channel,
                  cell: ({ channel, address }) => <span class="block">{`${channel} ${address}`}</span>,
                },
                { title: notifications.health, cell: (endpoint) => <Health endpoint={endpoint} /> },
              ]}
            />
          )
        }
      </Part>
      {open && <Make onClose={() => setOpen(false)} onDone={(id) => go(href(['notifications', 'endpoints', id]))} />}
    </Card>
  );
}

export function Health({ endpoint: { status, health, disabled_reason } }: { readonly endpoint: Endpoint }) {
  const { words } = useLocale();
  const { notifications } = words;
  const [tone, said] =
    status === 'disabled'
      ? (['idle', notifications.off] as const)
      : health.failures > 0
        ? (['bad', notifications.failing] as const)
        : (['good', notifications.well] as const);
  return (
    <>
      <Badge tone={tone}>{said}</Badge>
      <span class="small block" lang="en">
        {disabled_reason ?? health.last_error}
      </span>
    </>
  );
}

function Make({ onDone, onClose }: { readonly onDone: (id: string) => void; readonly onClose: () => void }) {
  const { words } = useLocale();
  const { notifications } = words;
  const acting = useAct();
  const [kind, setKind] = useState<'team' | 'merchant'>('team');
  const [owner, setOwner] = useState('');
  const [channel, setChannel] = useState<(typeof CHANNELS)[number]>('email');
  const [address, setAddress] = useState('');
  const [preferences, setPreferences] = useState(NEW);
  const of = kind === 'team' ? { team: owner.trim() } : { merchant_id: owner.trim() };
  const body = { ...of, channel, address: address.trim(), ...bodyOf(preferences) };
  const fault = (pointer: string): string | undefined =>
    acting.problem?.faults.find((each) => each.pointer === pointer)?.detail;
  const submit = async (): Promise<void> => {
    let id = '';
    const done = await acting.run(async (key) => {
      id = (await act('POST /v1/notification-endpoints', { body }, key)).id;
    }, body);
    if (done) onDone(id);
  };
  return (
    <ActDialog
      title={notifications.newEndpoint}
      about={notifications.newEndpointAbout}
      submit={notifications.newEndpoint}
      act={acting}
      onSubmit={() => void submit()}
      onClose={onClose}
    >
      <div class="row">
        <Choice
          label={notifications.whose}
          value={kind}
          onChoice={(chosen) => setKind(chosen === 'merchant' ? 'merchant' : 'team')}
          options={[
            ['team', notifications.team],
            ['merchant', notifications.merchant],
          ]}
        />
        <TextField
          label={kind === 'team' ? notifications.team : notifications.merchantId}
          value={owner}
          onText={setOwner}
          required
          fault={fault(kind === 'team' ? '/team' : '/merchant_id')}
        />
      </div>
      <div class="row">
        <Choice
          label={notifications.channel}
          value={channel}
          onChoice={(chosen) => setChannel(CHANNELS.find((each) => each === chosen) ?? channel)}
          options={CHANNELS.map((each) => [each, each] as const)}
        />
        <TextField
          label={notifications.address}
          value={address}
          onText={setAddress}
          required
          maxLength={2_000}
          fault={fault('/address')}
        />
      </div>
      <PreferenceFields value={preferences} onChange={setPreferences} problem={acting.problem} />
    </ActDialog>
  );
}
