/** What is not explained, and whether payouts may be made. */
import { type Answer, get } from '../../api.ts';
import { type Loaded, useLoad } from '../../load.ts';
import { useLocale } from '../../locale.ts';
import { href } from '../../router.ts';
import { Badge } from '../../ui/badge.tsx';
import { Card, Facts } from '../../ui/card.tsx';
import { Age, Amount } from '../../ui/figure.tsx';
import { Empty, Part } from '../../ui/part.tsx';
import { toneOfPayouts } from '../solvency/tones.ts';

export function BreaksCard({ payouts }: { readonly payouts: Loaded<Answer<'GET /v1/payouts/permission'>> }) {
  const { words } = useLocale();
  const breaks = useLoad(
    'open breaks',
    (signal) => get('GET /v1/reconciliation-breaks', { query: { state: 'open', limit: 5 } }, signal),
    { everyMs: 5_000 },
  );
  return (
    <Card title={words.overview.attention} aside={<a href={href(['solvency', 'breaks'])}>{words.overview.details}</a>}>
      <Part load={payouts}>
        {({ state, since }) => (
          <Facts
            facts={[
              [
                words.solvency.payouts,
                <a key="state" class="plain" href={href(['solvency', 'payouts'])}>
                  <Badge tone={toneOfPayouts(state)}>{words.solvency.payout[state]}</Badge>
                </a>,
              ],
              [words.solvency.since, <Age key="since" at={since} />],
            ]}
          />
        )}
      </Part>
      <h3 class="sub">{words.solvency.openBreaks}</h3>
      <Part load={breaks}>
        {({ data }) =>
          data.length === 0 ? (
            <Empty>{words.solvency.noBreaks}</Empty>
          ) : (
            <Facts
              facts={data.map(({ id, line, key, amount, currency }) => [
                line ?? key,
                <a key={id} href={href(['solvency', 'breaks', id])}>
                  <Amount value={amount} currency={currency} signed />
                </a>,
              ])}
            />
          )
        }
      </Part>
    </Card>
  );
}
