/** API keys: which there are, making one whose secret is shown once, and revoking. */
import { useState } from 'preact/hooks';
import { type Answer, act, get } from '../../api.ts';
import { now } from '../../browser/clock.ts';
import { instantOf } from '../../format/time.ts';
import { useLoad } from '../../load.ts';
import { useLocale } from '../../locale.ts';
import { ActDialog, useAct } from '../../ui/act.tsx';
import { Badge, type Tone } from '../../ui/badge.tsx';
import { Card, Page } from '../../ui/card.tsx';
import { Choice, TextField } from '../../ui/field.tsx';
import { Time } from '../../ui/figure.tsx';
import { Icon } from '../../ui/icon.tsx';
import { Empty, Part } from '../../ui/part.tsx';
import { Table } from '../../ui/table.tsx';
import { SCOPES } from './scopes.ts';

type Key = Answer<'GET /v1/keys'>['data'][number];
type Role = Key['role'];

const ROLES: readonly Role[] = ['service', 'viewer', 'auditor', 'operator', 'admin'];

export function Keys() {
  const { words } = useLocale();
  const { keys } = words;
  const [open, setOpen] = useState<'make' | Key>();
  const [secret, setSecret] = useState<string>();
  const load = useLoad('keys', (signal) => get('GET /v1/keys', {}, signal), { everyMs: 15_000 });
  return (
    <Page
      title={keys.title}
      lead={keys.lead}
      aside={
        <button type="button" class="primary" onClick={() => setOpen('make')}>
          {keys.make}
        </button>
      }
    >
      <div class="stack">
        {secret !== undefined && (
          <div class="notice good" role="status">
            <Icon name="good" />
            <div>
              <p>{keys.secretOnce}</p>
              <p>
                <code data-secret="">{secret}</code>
              </p>
              <button type="button" class="quiet" onClick={() => void navigator.clipboard?.writeText(secret)}>
                <Icon name="copy" />
                {words.common.copy}
              </button>{' '}
              <button type="button" class="quiet" onClick={() => setSecret(undefined)}>
                {keys.kept}
              </button>
            </div>
          </div>
        )}
        <Card title={keys.all}>
          <Part load={load}>
            {({ data }) => (data.length === 0 ? <Empty>{keys.none}</Empty> : <List rows={data} onRevoke={setOpen} />)}
          </Part>
        </Card>
      </div>
      {open === 'make' && (
        <Make
          onClose={() => setOpen(undefined)}
          onDone={(made) => {
            setSecret(made);
            setOpen(undefined);
            load.again();
          }}
        />
      )}
      {open !== undefined && open !== 'make' && (
        <Revoke
          found={open}
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

function stateOf({ revoked_at, expires_at }: Key): 'revoked' | 'expired' | 'valid' {
  if (revoked_at !== null) return 'revoked';
  return expires_at !== null && Date.parse(expires_at) <= now() ? 'expired' : 'valid';
}

const TONES: Readonly<Record<ReturnType<typeof stateOf>, Tone>> = { valid: 'good', expired: 'idle', revoked: 'idle' };

function List({ rows, onRevoke }: { readonly rows: readonly Key[]; readonly onRevoke: (key: Key) => void }) {
  const { words } = useLocale();
  const { keys } = words;
  return (
    <Table
      caption={keys.all}
      rows={rows}
      keyOf={({ id }) => id}
      columns={[
        { title: keys.name, cell: ({ name }) => name },
        { title: keys.prefix, cell: ({ prefix }) => <code>{prefix}…</code> },
        {
          title: words.solvency.status,
          cell: (key) => <Badge tone={TONES[stateOf(key)]}>{keys.states[stateOf(key)]}</Badge>,
        },
        { title: keys.role, cell: ({ role, owner }) => [keys.roles[role], owner].filter(Boolean).join(', ') },
        { title: keys.scopes, cell: ({ scopes }) => <span class="small block">{scopes.join(', ')}</span> },
        { title: keys.created, cell: ({ created_at }) => <Time at={created_at} /> },
        { title: keys.expires, cell: ({ expires_at }) => <Time at={expires_at} /> },
        {
          title: keys.action,
          acts: true,
          cell: (key) =>
            stateOf(key) === 'valid' && (
              <button
                type="button"
                class="tool"
                onClick={() => onRevoke(key)}
                aria-label={`${keys.revoke} ${key.name}`}
              >
                {keys.revoke}
              </button>
            ),
        },
      ]}
    />
  );
}

function Make({
  onDone,
  onClose,
}: {
  readonly onDone: (secret: string | undefined) => void;
  readonly onClose: () => void;
}) {
  const { words, zone } = useLocale();
  const { keys } = words;
  const acting = useAct();
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>('service');
  const [owner, setOwner] = useState('');
  const [scopes, setScopes] = useState<readonly string[]>([]);
  const [expires, setExpires] = useState('');
  const body = {
    ...{ name: name.trim(), role, scopes },
    ...(role === 'service' ? {} : { owner: owner.trim() }),
    ...(expires === '' ? {} : { expires_at: instantOf(expires, zone) }),
  };
  const submit = async (): Promise<void> => {
    let secret: string | undefined;
    const done = await acting.run(async (key) => {
      secret = (await act('POST /v1/keys', { body }, key)).secret ?? undefined;
    }, body);
    if (done) onDone(secret);
  };
  const toggle = (scope: string): void =>
    setScopes((before) => (before.includes(scope) ? before.filter((each) => each !== scope) : [...before, scope]));
  return (
    <ActDialog
      title={keys.make}
      about={keys.makeAbout}
      submit={keys.make}
      act={acting}
      onSubmit={() => void submit()}
      onClose={onClose}
    >
      <TextField label={keys.name} hint={keys.nameHint} value={name} onText={setName} required maxLength={100} />
      <Choice
        label={keys.role}
        hint={keys.roleHint}
        value={role}
        onChoice={(chosen) => setRole(ROLES.find((each) => each === chosen) ?? 'service')}
        options={ROLES.map((each) => [each, keys.roles[each]] as const)}
      />
      {role !== 'service' && (
        <TextField label={keys.owner} hint={keys.ownerHint} value={owner} onText={setOwner} required maxLength={200} />
      )}
      <fieldset>
        <legend>{keys.scopes}</legend>
        <ul class="checks">
          {SCOPES.map((scope) => (
            <li key={scope}>
              <label class="check">
                <input type="checkbox" checked={scopes.includes(scope)} onChange={() => toggle(scope)} />
                <code>{scope}</code>
              </label>
            </li>
          ))}
        </ul>
      </fieldset>
      <TextField
        label={keys.expires}
        hint={`${keys.expiresHint} (${zone})`}
        type="datetime-local"
        value={expires}
        onText={setExpires}
      />
    </ActDialog>
  );
}

function Revoke({
  found,
  onDone,
  onClose,
}: {
  readonly found: Key;
  readonly onDone: () => void;
  readonly onClose: () => void;
}) {
  const { words } = useLocale();
  const acting = useAct();
  const submit = async (): Promise<void> => {
    const done = await acting.run(
      (key) => act('POST /v1/keys/{id}/revoke', { path: { id: found.id }, body: undefined }, key),
      found.id,
    );
    if (done) onDone();
  };
  return (
    <ActDialog
      title={`${words.keys.revoke} ${found.name}`}
      about={words.keys.revokeAbout}
      submit={words.keys.revoke}
      danger
      act={acting}
      onSubmit={() => void submit()}
      onClose={onClose}
    />
  );
}
