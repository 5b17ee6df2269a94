/** Restores: how far each is, how long it takes yet, and how long its copies can be read. */
import { useState } from 'preact/hooks';
import { type Answer, act, get } from '../../api.ts';
import { useLoad } from '../../load.ts';
import { useLocale } from '../../locale.ts';
import { ActDialog, useAct } from '../../ui/act.tsx';
import { Badge, type Tone } from '../../ui/badge.tsx';
import { Card } from '../../ui/card.tsx';
import { Choice } from '../../ui/field.tsx';
import { Time, Until } from '../../ui/figure.tsx';
import { Empty, Part } from '../../ui/part.tsx';
import { Table } from '../../ui/table.tsx';
import { AskRestore, TIERS, type Tier } from './ask-restore.tsx';
import { Cost } from './cost.tsx';

type Restore = Answer<'GET /v1/archive/restores'>['data'][number];

const TONES: Readonly<Record<Restore['state'], Tone>> = {
  requested: 'idle',
  restoring: 'idle',
  readable: 'good',
  landed: 'good',
  expired: 'warn',
  failed: 'bad',
};

export function Restores() {
  const { words, count } = useLocale();
  const { archive } = words;
  const load = useLoad('restores', (signal) => get('GET /v1/archive/restores', { query: { limit: 50 } }, signal), {
    everyMs: 5_000,
  });
  const [open, setOpen] = useState<'ask' | Restore>();
  const done = (): void => {
    setOpen(undefined);
    load.again();
  };
  return (
    <Card
      title={archive.restores}
      aside={
        <button type="button" class="quiet" onClick={() => setOpen('ask')}>
          {archive.restore}
        </button>
      }
    >
      <Part load={load}>
        {({ data }) =>
          data.length === 0 ? (
            <Empty>{archive.noRestores}</Empty>
          ) : (
            <Table
              caption={archive.restores}
              rows={data}
              keyOf={({ id }) => id}
              columns={[
                { title: archive.table, cell: ({ table }) => table },
                { title: archive.what, cell: (restore) => <What restore={restore} /> },
                {
                  title: archive.state,
                  cell: ({ state, objects }) => (
                    <>
                      <Badge tone={TONES[state]}>{archive.restoreStates[state]}</Badge>
                      {objects.map(
                        ({ batch, error }) =>
                          error !== null && (
                            <span class="small block" lang="en" key={batch}>
                              {error.message}
                            </span>
                          ),
                      )}
                    </>
                  ),
                },
                { title: archive.left, cell: (restore) => <Left restore={restore} /> },
                {
                  title: archive.cost,
                  numeric: true,
                  cell: ({ cost, currency }) => <Cost value={cost} currency={currency} />,
                },
                {
                  title: archive.rows,
                  numeric: true,
                  cell: ({ landed_rows, returned_rows }) => (
                    <span class="small">
                      <span class="num line">{archive.landed(count(landed_rows))}</span>
                      <span class="num line">{archive.returned(count(returned_rows))}</span>
                    </span>
                  ),
                },
                {
                  title: archive.askedBy,
                  cell: ({ requested_by, approved_by }) =>
                    approved_by === null ? requested_by : `${requested_by}, ${approved_by}`,
                },
                {
                  title: words.keys.action,
                  acts: true,
                  cell: (restore) =>
                    isWaiting(restore) && (
                      <button type="button" class="tool" onClick={() => setOpen(restore)}>
                        {archive.speedUp}
                      </button>
                    ),
                },
              ]}
            />
          )
        }
      </Part>
      {open === 'ask' && <AskRestore onDone={done} onClose={() => setOpen(undefined)} />}
      {open !== undefined && open !== 'ask' && (
        <SpeedUp restore={open} onDone={done} onClose={() => setOpen(undefined)} />
      )}
    </Card>
  );
}

const isWaiting = ({ state }: Restore): boolean => state === 'requested' || state === 'restoring';

function What({ restore: { what, purpose, tier } }: { readonly restore: Restore }) {
  const { words } = useLocale();
  const { archive } = words;
  return (
    <>
      <span class="block">
        {archive.purposes[purpose]}, {tier}
      </span>
      <span class="small block">
        {what.kind === 'row' && what.id}
        {what.kind === 'batch' && `# ${what.batch}`}
        {what.kind === 'object' && what.archive_path}
        {what.kind === 'range' && (
          <>
            <Time at={what.from} /> – <Time at={what.to} />
          </>
        )}
      </span>
    </>
  );
}

/** Until it can be read, at the slow end; and then until it can be read no more. */
function Left({ restore }: { readonly restore: Restore }) {
  const { words } = useLocale();
  const { archive } = words;
  if (isWaiting(restore)) {
    const asked = restore.objects
      .map(({ asked_at }) => asked_at ?? restore.requested_at)
      .sort()
      .at(-1);
    const from = Date.parse(asked ?? restore.requested_at);
    return (
      <>
        {archive.readableIn} <Until at={new Date(from + restore.wait_seconds * 1_000).toISOString()} />
      </>
    );
  }
  const until = restore.objects.flatMap(({ readable_until }) => readable_until ?? []).sort()[0];
  if (until === undefined) return <>{words.common.none}</>;
  return (
    <>
      <span class="line">{archive.readableUntil}</span>
      <Time at={until} />
    </>
  );
}

interface SpeedUpProps {
  readonly restore: Restore;
  readonly onDone: () => void;
  readonly onClose: () => void;
}

function SpeedUp({ restore: { id, tier: before }, onDone, onClose }: SpeedUpProps) {
  const { words } = useLocale();
  const { archive } = words;
  const acting = useAct();
  const faster = TIERS.filter((each) => each !== before);
  const [tier, setTier] = useState<Tier>(faster[0] ?? 'Expedited');
  const submit = async (): Promise<void> => {
    const send = (key: string) => act('POST /v1/archive/restores/{id}/speed-up', { path: { id }, body: { tier } }, key);
    if (await acting.run(send, { id, tier })) onDone();
  };
  return (
    <ActDialog
      title={archive.speedUp}
      about={archive.speedUpAbout}
      submit={archive.speedUp}
      act={acting}
      onSubmit={() => void submit()}
      onClose={onClose}
    >
      <Choice
        label={archive.tier}
        value={tier}
        onChoice={(chosen) => setTier(TIERS.find((each) => each === chosen) ?? tier)}
        options={faster.map((each) => [each, archive.tiers[each]] as const)}
      />
    </ActDialog>
  );
}
