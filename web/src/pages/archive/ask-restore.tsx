/** Asking for archived rows: what it costs and takes is shown first, and no more than that may be spent. */
import { useState } from 'preact/hooks';
import { type Answer, act, get } from '../../api.ts';
import type { Operations } from '../../api-types.ts';
import { instantOf } from '../../format/time.ts';
import { useLoad } from '../../load.ts';
import { useLocale } from '../../locale.ts';
import { ActDialog, useAct } from '../../ui/act.tsx';
import { Facts } from '../../ui/card.tsx';
import { Choice, TextField } from '../../ui/field.tsx';
import { Cost } from './cost.tsx';

type Body = Operations['POST /v1/archive/restores']['body'];
type Quote = Answer<'POST /v1/archive/restores/quote'>;

export const TIERS = ['Expedited', 'Standard', 'Bulk'] as const;
export type Tier = (typeof TIERS)[number];
const PURPOSES = ['read', 'land', 'return'] as const;
const WHATS = ['range', 'batch', 'row'] as const;

export function AskRestore({ onDone, onClose }: { readonly onDone: () => void; readonly onClose: () => void }) {
  const { words, zone } = useLocale();
  const { archive } = words;
  const acting = useAct();
  const policies = useLoad('policies', (signal) => get('GET /v1/archive/policies', {}, signal));
  const [table, setTable] = useState('');
  const [kind, setKind] = useState<(typeof WHATS)[number]>('range');
  const [from, setFrom] = useState('');
  const [to, setTo] = useState('');
  const [one, setOne] = useState('');
  const [purpose, setPurpose] = useState<(typeof PURPOSES)[number]>('land');
  const [tier, setTier] = useState<Tier>('Standard');
  const [days, setDays] = useState('7');
  const what: Body['what'] =
    kind === 'range'
      ? { kind, from: instantOf(from, zone) ?? from, to: instantOf(to, zone) ?? to }
      : kind === 'batch'
        ? { kind, batch: Number(one) }
        : { kind, id: one.trim() };
  const asked: Body = { table: table.trim(), what, purpose, tier, days: Number(days) };
  const said = JSON.stringify(asked);
  const [quoted, setQuoted] = useState<{ readonly of: string; readonly quote: Quote }>();
  // A quote is of what was asked for when it was given.
  const quote = quoted?.of === said ? quoted.quote : undefined;
  const submit = async (): Promise<void> => {
    if (quote === undefined) {
      await acting.run(
        async (key) => {
          setQuoted({ of: said, quote: await act('POST /v1/archive/restores/quote', { body: asked }, key) });
        },
        { quote: asked },
      );
      return;
    }
    const body = quote.cost === null ? asked : { ...asked, max_cost: quote.cost };
    if (await acting.run((key) => act('POST /v1/archive/restores', { body }, key), body)) onDone();
  };
  const fault = (pointer: string): string | undefined =>
    acting.problem?.faults.find((each) => each.pointer === pointer)?.detail;
  const tables = policies.data?.data.map((each) => each.table).join(', ');
  return (
    <ActDialog
      title={archive.restore}
      about={archive.restoreAbout}
      submit={quote === undefined ? archive.quote : archive.startRestore}
      danger={quote !== undefined}
      act={acting}
      onSubmit={() => void submit()}
      onClose={onClose}
    >
      <TextField label={archive.table} hint={tables} value={table} onText={setTable} required fault={fault('/table')} />
      <Choice
        label={archive.what}
        value={kind}
        onChoice={(chosen) => setKind(WHATS.find((each) => each === chosen) ?? kind)}
        options={WHATS.map((each) => [each, archive.whats[each]] as const)}
      />
      {kind === 'range' ? (
        <div class="row">
          <TextField
            label={`${words.common.from} (${zone})`}
            type="datetime-local"
            value={from}
            onText={setFrom}
            required
            fault={fault('/what/from')}
          />
          <TextField
            label={`${words.common.to} (${zone})`}
            type="datetime-local"
            value={to}
            onText={setTo}
            required
            fault={fault('/what/to')}
          />
        </div>
      ) : (
        <TextField
          label={archive.whats[kind]}
          value={one}
          onText={setOne}
          required
          inputMode={kind === 'batch' ? 'numeric' : 'text'}
          fault={fault(kind === 'batch' ? '/what/batch' : '/what/id')}
        />
      )}
      <Choice
        label={archive.purpose}
        value={purpose}
        onChoice={(chosen) => setPurpose(PURPOSES.find((each) => each === chosen) ?? purpose)}
        options={PURPOSES.map((each) => [each, archive.purposes[each]] as const)}
      />
      <div class="row">
        <Choice
          label={archive.tier}
          value={tier}
          onChoice={(chosen) => setTier(TIERS.find((each) => each === chosen) ?? tier)}
          options={TIERS.map((each) => [each, archive.tiers[each]] as const)}
        />
        <TextField
          label={archive.keepDays}
          type="number"
          value={days}
          onText={setDays}
          required
          fault={fault('/days')}
        />
      </div>
      {quote !== undefined && <Quoted quote={quote} />}
    </ActDialog>
  );
}

function Quoted({ quote }: { readonly quote: Quote }) {
  const { words, count, duration } = useLocale();
  const { archive } = words;
  return (
    <div class="notice" role="status" data-quote>
      <div>
        <Facts
          facts={[
            [archive.cost, <Cost key="cost" value={quote.cost} currency={quote.currency} />],
            [archive.takes, quote.wait_seconds === 0 ? archive.atOnce : duration(quote.wait_seconds * 1_000)],
            [archive.objects, count(quote.objects)],
            [archive.rows, archive.atMost(count(quote.rows))],
            [archive.stored, `${count(BigInt(quote.bytes))} ${archive.bytes}`],
          ]}
        />
        <p class="small">{quote.cost === null ? archive.costUnknown : archive.noMore(quote.prices_dated)}</p>
      </div>
    </div>
  );
}
