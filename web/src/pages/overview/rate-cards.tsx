/** What the canonical pair is worth now, and whether its sources are well. */
import { get } from '../../api.ts';
import { useLoad } from '../../load.ts';
import { useLocale } from '../../locale.ts';
import { href } from '../../router.ts';
import { Badge } from '../../ui/badge.tsx';
import { Card, Facts } from '../../ui/card.tsx';
import { Age, Rate } from '../../ui/figure.tsx';
import { Failure, Part } from '../../ui/part.tsx';
import { toneOfAgreement, toneOfBreaker, toneOfLevel } from '../rates/tones.ts';
import { useRates } from '../rates/use-rates.ts';

export const PAIR = 'USDT/VND';

export function RateCard() {
  const { words } = useLocale();
  const { quote, problem } = useRates(PAIR);
  return (
    <Card title={`${words.rates.rate} ${PAIR}`} aside={<a href={href(['rates'])}>{words.overview.details}</a>}>
      {quote === undefined ? (
        problem === undefined ? (
          <p class="loading">{words.common.loading}</p>
        ) : (
          <Failure problem={problem} />
        )
      ) : (
        <div class="stack">
          <p class="big">
            <Rate value={quote.mid} pair={quote.pair} />
          </p>
          <div class="badges">
            <Badge tone={toneOfLevel(quote.level)}>{words.rates.levels[quote.level]}</Badge>
            <Badge tone={toneOfAgreement(quote.agreement)}>{words.rates.agreements[quote.agreement]}</Badge>
          </div>
          <Facts
            facts={[
              [words.rates.bid, <Rate key="bid" value={quote.bid} pair={quote.pair} />],
              [words.rates.ask, <Rate key="ask" value={quote.ask} pair={quote.pair} />],
              [words.common.asOf, <Age key="age" at={quote.as_of} />],
              [words.rates.madeOf, quote.sources.map(({ source }) => source).join(', ')],
            ]}
          />
        </div>
      )}
    </Card>
  );
}

export function ProvidersCard() {
  const { words } = useLocale();
  const providers = useLoad('providers', (signal) => get('GET /v1/rates/providers', {}, signal), { everyMs: 5_000 });
  return (
    <Card
      title={words.rates.breakers}
      aside={<a href={href(['rates'], { at: 'providers' })}>{words.overview.details}</a>}
    >
      <Part load={providers}>
        {({ data }) => (
          <Facts
            facts={data.map(({ source, enabled, breaker }) => [
              source,
              enabled ? (
                <Badge key={source} tone={toneOfBreaker(breaker.state)}>
                  {words.rates.breakerStates[breaker.state]}
                </Badge>
              ) : (
                <Badge key={source} tone="idle">
                  {words.rates.off}
                </Badge>
              ),
            ])}
          />
        )}
      </Part>
    </Card>
  );
}
