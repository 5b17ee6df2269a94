/** The simulated gateway's switches: break something, and see the rest of the console say so. */
import { useState } from 'preact/hooks';
import { type Answer, act, get } from '../../api.ts';
import type { Operations } from '../../api-types.ts';
import { listIn, textIn } from '../../json.ts';
import { useLoad } from '../../load.ts';
import { useLocale } from '../../locale.ts';
import { href } from '../../router.ts';
import { useAct } from '../../ui/act.tsx';
import { Badge } from '../../ui/badge.tsx';
import { Card, Facts, Page } from '../../ui/card.tsx';
import { Amount } from '../../ui/figure.tsx';
import { Failure, Part } from '../../ui/part.tsx';
import { Table } from '../../ui/table.tsx';

type State = Answer<'GET /v1/sandbox'>;
type Provider = Operations['POST /v1/sandbox/faults']['body']['provider'];
type Source = Operations['POST /v1/sandbox/outages']['body']['source'];

const PROVIDERS: readonly Provider[] = [
  'coingecko',
  'binance',
  'cryptocompare',
  'vietcombank',
  'open-er-api',
  'frankfurter',
];
const SOURCES: readonly Source[] = ['treasury_wallets', 'bank_accounts', 'merchant_balances', 'ledger_entries'];
/** More than is left over, so that a report sees a deficit. */
const BANK_LOOT = '20000000000.00';
const WALLET_LOOT = '20000.000000';

export function SandboxPage() {
  const { words, amount } = useLocale();
  const { sandbox } = words;
  const load = useLoad('sandbox', (signal) => get('GET /v1/sandbox', {}, signal), { everyMs: 5_000 });
  const acting = useAct();
  const [said, setSaid] = useState('');
  const run = async (what: string, send: (key: string) => Promise<unknown>): Promise<void> => {
    // Each press is an act of its own: whoever steals twice has stolen twice.
    if (await acting.run(send, `${what} ${crypto.randomUUID()}`)) {
      setSaid(what);
      load.again();
    }
  };
  const button = (label: string, send: (key: string) => Promise<unknown>, danger = true) => (
    <button
      type="button"
      class={danger ? 'quiet' : 'primary'}
      disabled={acting.busy}
      onClick={() => void run(label, send)}
    >
      {label}
    </button>
  );
  const fault = (provider: Provider, body: Operations['POST /v1/sandbox/faults']['body']['fault']) => (key: string) =>
    act('POST /v1/sandbox/faults', { body: { provider, fault: body } }, key);
  return (
    <Page
      title={sandbox.title}
      lead={sandbox.lead}
      aside={button(sandbox.mend, (key) => act('POST /v1/sandbox/mend', { body: undefined }, key), false)}
    >
      {acting.problem !== undefined && <Failure problem={acting.problem} />}
      <p class="hidden" role="status">
        {said}
      </p>
      <div class="grid">
        <Card title={sandbox.rates} aside={<a href={href(['rates'])}>{words.nav.ratesNow}</a>}>
          <p class="small">{sandbox.ratesAbout}</p>
          <div class="buttons">
            {button(sandbox.killFirst, fault('coingecko', { kind: 'dead' }))}
            {button(sandbox.lie, fault('coingecko', { kind: 'lying', factorPercent: 103 }))}
            {button(sandbox.killAll, async (key) => {
              for (const [at, provider] of PROVIDERS.entries()) await fault(provider, { kind: 'dead' })(`${key}-${at}`);
            })}
            {button(sandbox.depeg, (key) => act('POST /v1/sandbox/depeg', { body: { factor_percent: 96 } }, key))}
          </div>
        </Card>
        <Card title={sandbox.money} aside={<a href={href([])}>{words.nav.overview}</a>}>
          <p class="small">{sandbox.moneyAbout}</p>
          <div class="buttons">
            {button(`${sandbox.stealBank} ${amount(BANK_LOOT, 'VND')}`, (key) =>
              act('POST /v1/sandbox/thefts', { body: { from: 'bank', account: 'vnd_pool', amount: BANK_LOOT } }, key),
            )}
            {button(`${sandbox.stealWallet} ${amount(WALLET_LOOT, 'USDT')}`, (key) =>
              act(
                'POST /v1/sandbox/thefts',
                { body: { from: 'wallet', blockchain: 'tron', amount: WALLET_LOOT } },
                key,
              ),
            )}
            {button(sandbox.reconcile, (key) => act('POST /v1/reconciliations', { body: { again: true } }, key), false)}
          </div>
        </Card>
        <Card title={sandbox.outages} aside={<a href={href([])}>{words.nav.overview}</a>}>
          <p class="small">{sandbox.outagesAbout}</p>
          <div class="buttons">
            {SOURCES.map((source) => (
              <span key={source}>
                {button(`${sandbox.hide} ${source}`, (key) =>
                  act('POST /v1/sandbox/outages', { body: { source } }, key),
                )}
              </span>
            ))}
          </div>
        </Card>
        <Card title={sandbox.log} aside={<a href={href(['audit'])}>{words.nav.log}</a>}>
          <p class="small">{sandbox.logAbout}</p>
          <div class="buttons">
            {button(sandbox.tamper, (key) => act('POST /v1/sandbox/tampering', { body: {} }, key))}
          </div>
        </Card>
        <Card wide title={sandbox.state}>
          <Part load={load}>{(state) => <Now state={state} />}</Part>
        </Card>
      </div>
    </Page>
  );
}

function Now({ state: { sandbox: gateway, providers, depeg_percent, tampered } }: { readonly state: State }) {
  const { words } = useLocale();
  const { sandbox } = words;
  const thefts = listIn(gateway, 'thefts');
  const broken = listIn(gateway, 'broken');
  const holdings = [
    ...listIn(gateway, 'bankAccounts').map((each) => ({
      name: `${textIn(each, 'bank')} ${textIn(each, 'code')}`,
      amount: textIn(each, 'vnd'),
      currency: 'VND',
    })),
    ...listIn(gateway, 'wallets').map((each) => ({
      name: textIn(each, 'blockchain') ?? '',
      amount: textIn(each, 'usdt'),
      currency: 'USDT',
    })),
  ];
  return (
    <div class="grid">
      <Table
        caption={sandbox.holdings}
        rows={holdings}
        keyOf={({ name }) => name}
        columns={[
          { title: sandbox.holdings, cell: ({ name }) => name },
          {
            title: words.solvency.amount,
            numeric: true,
            cell: ({ amount, currency }) => <Amount value={amount} currency={currency} />,
          },
        ]}
      />
      <Facts
        facts={[
          [
            sandbox.stolen,
            thefts.length === 0
              ? words.common.none
              : thefts.map((theft, at) => (
                  // Thefts have no names
                  <span class="block" key={at}>
                    <Badge tone="bad">{textIn(theft, 'from') ?? ''}</Badge>{' '}
                    <Amount value={textIn(theft, 'amount')} currency={textIn(theft, 'currency') ?? ''} />
                  </span>
                )),
          ],
          [
            sandbox.unreadable,
            broken.length === 0 ? (
              words.common.none
            ) : (
              <Badge key="broken" tone="bad">
                {broken.join(', ')}
              </Badge>
            ),
          ],
          [
            sandbox.tampered,
            tampered.length === 0
              ? words.common.none
              : tampered.map(({ index }) => (
                  <a class="block" key={index} href={href(['audit', 'entries', String(index)])}>
                    {words.audit.atEntry(String(index))}
                  </a>
                )),
          ],
          [
            sandbox.peg,
            <span key="peg" class="num">
              {depeg_percent} %
            </span>,
          ],
          ...Object.entries(providers).map(
            ([name, { kind }]) =>
              [
                name,
                <Badge key={name} tone={kind === 'none' ? 'good' : 'bad'}>
                  {kind === 'none' ? sandbox.well : kind}
                </Badge>,
              ] as const,
          ),
        ]}
      />
    </div>
  );
}
