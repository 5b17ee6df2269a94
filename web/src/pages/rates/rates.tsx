/** The rate of a pair, live: what each route says, how it went, who is asked, and by hand. */
import { useEffect } from 'preact/hooks';
import { get } from '../../api.ts';
import { deviation } from '../../format/amount.ts';
import { useLoad } from '../../load.ts';
import { useLocale } from '../../locale.ts';
import { href, place } from '../../router.ts';
import { useShared } from '../../state.ts';
import { Badge } from '../../ui/badge.tsx';
import { Card, Page } from '../../ui/card.tsx';
import { Age, Rate, Time } from '../../ui/figure.tsx';
import { Icon } from '../../ui/icon.tsx';
import { Failure } from '../../ui/part.tsx';
import { Table } from '../../ui/table.tsx';
import { PAIR } from '../overview/rate-cards.tsx';
import { ManualRate } from './manual.tsx';
import { Providers } from './providers.tsx';
import { RateHistory } from './rate-history.tsx';
import { Timeline } from './timeline.tsx';
import { type Quote, toneOfAgreement, toneOfLevel, toneOfVerdict } from './tones.ts';
import { useRates } from './use-rates.ts';

export function Rates() {
  const { words } = useLocale();
  const { query } = useShared(place);
  const pair = query.get('pair') ?? PAIR;
  const { quote, problem, live, events } = useRates(pair);
  const providers = useLoad('providers', (signal) => get('GET /v1/rates/providers', {}, signal), { everyMs: 3_000 });
  const operations = useLoad(
    'operations',
    (signal) => get('GET /v1/rates/operations', { query: { limit: 50 } }, signal),
    { everyMs: 5_000 },
  );
  const at = query.get('at');
  const isThere = providers.data !== undefined;
  useEffect(() => {
    if (at !== null && isThere) document.getElementById(at)?.scrollIntoView();
  }, [at, isThere]);
  return (
    <Page
      title={`${words.rates.rate} ${pair}`}
      lead={words.rates.lead}
      aside={<Badge tone={live ? 'good' : 'idle'}>{live ? words.rates.live : words.rates.notLive}</Badge>}
    >
      <div class="stack">
        {quote === undefined && problem !== undefined && <Failure problem={problem} />}
        {quote !== undefined && <Now quote={quote} />}
        {quote !== undefined && <Witnesses quote={quote} />}
        <RateHistory pair={pair} />
        <div id="providers">
          <Providers load={providers} onAct={operations.again} />
        </div>
        <div class="grid">
          <Timeline load={operations} events={events} />
          <ManualRate pair={pair} onAct={operations.again} />
        </div>
      </div>
    </Page>
  );
}

const TONE_CLASS = { good: 'good', warn: 'warn', bad: 'bad', idle: 'idle' } as const;

function Now({ quote }: { readonly quote: Quote }) {
  const { words, percent } = useLocale();
  const { rates } = words;
  const half = deviation(quote.ask, quote.mid);
  return (
    <section class={`verdict ${TONE_CLASS[toneOfLevel(quote.level)]}`} aria-label={rates.rate}>
      <dl class="sum">
        <div class="first">
          <dt>{rates.mid}</dt>
          <dd>
            <Rate value={quote.mid} pair={quote.pair} />
          </dd>
        </div>
        <div>
          <dt>{rates.bid}</dt>
          <dd>
            <Rate value={quote.bid} pair={quote.pair} />
          </dd>
        </div>
        <div>
          <dt>{rates.ask}</dt>
          <dd>
            <Rate value={quote.ask} pair={quote.pair} />
          </dd>
        </div>
        {half !== undefined && (
          <div>
            <dt>{rates.spread}</dt>
            <dd class="num">± {percent(half)}</dd>
          </div>
        )}
      </dl>
      <div class="foot">
        <div class="badges">
          <Badge tone={toneOfLevel(quote.level)}>{rates.levels[quote.level]}</Badge>
          <Badge tone={toneOfAgreement(quote.agreement)}>{rates.agreements[quote.agreement]}</Badge>
        </div>
        <p class="small">
          {words.common.asOf} <Time at={quote.as_of} /> (<Age at={quote.as_of} />) ·{' '}
          <a href={href(['rates', 'quotes', quote.quote_id])}>{rates.evidence}</a>
        </p>
      </div>
      {quote.level === 'stale' && (
        <p class="notice bad">
          <Icon name="bad" />
          {rates.staleAbout}
        </p>
      )}
    </section>
  );
}

function Witnesses({ quote }: { readonly quote: Quote }) {
  const { words, percent } = useLocale();
  const { rates } = words;
  return (
    <Card title={rates.witnesses}>
      <Table
        caption={rates.witnesses}
        rows={quote.witnesses}
        keyOf={({ route }) => route}
        columns={[
          { title: rates.route, cell: ({ route }) => route },
          {
            title: rates.verdict,
            cell: ({ verdict }) => <Badge tone={toneOfVerdict(verdict)}>{rates.verdicts[verdict]}</Badge>,
          },
          { title: rates.rate, numeric: true, cell: ({ rate }) => <Rate value={rate} pair={quote.pair} /> },
          {
            title: rates.fromMid,
            numeric: true,
            cell: ({ rate }) => {
              const away = rate === null ? undefined : deviation(rate, quote.mid);
              return away === undefined ? '' : <span class="num">{percent(away, true)}</span>;
            },
          },
          { title: rates.why, cell: ({ why }) => <span class="small block">{why}</span> },
        ]}
      />
    </Card>
  );
}
