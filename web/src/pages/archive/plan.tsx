/** What a table's policy would do, what it costs, and what stands against it; and doing it. */
import { act, get } from '../../api.ts';
import { useLoad } from '../../load.ts';
import { useLocale } from '../../locale.ts';
import { useAct } from '../../ui/act.tsx';
import { Badge } from '../../ui/badge.tsx';
import { Card, Facts } from '../../ui/card.tsx';
import { Failure, Part } from '../../ui/part.tsx';
import { Cost } from './cost.tsx';

export function Plan({ table }: { readonly table: string }) {
  const { words, count } = useLocale();
  const { archive } = words;
  const load = useLoad(`plan ${table}`, (signal) => get('GET /v1/archive/plan', { query: { table } }, signal));
  const acting = useAct();
  const bytes = (digits: string): string => `${count(BigInt(digits))} ${archive.bytes}`;
  return (
    <Card
      title={archive.planOf(table)}
      aside={
        load.data?.possible === true && (
          <button
            type="button"
            class="primary"
            disabled={acting.busy}
            onClick={() =>
              void acting.run((key) => act('POST /v1/archive/runs', { body: { table } }, key), crypto.randomUUID())
            }
          >
            {archive.run}
          </button>
        )
      }
    >
      {acting.problem !== undefined && <Failure problem={acting.problem} />}
      <Part load={load}>
        {(plan) => (
          <div class="grid">
            <Facts
              facts={[
                [
                  archive.state,
                  <Badge key="possible" tone={plan.possible ? 'good' : 'bad'}>
                    {plan.possible ? archive.possible : archive.notPossible}
                  </Badge>,
                ],
                [
                  archive.rows,
                  <span key="rows" class="num">
                    {count(plan.rows)}
                  </span>,
                ],
                [
                  archive.objects,
                  <span key="objects" class="num">
                    {count(plan.objects)}
                  </span>,
                ],
                [
                  archive.stored,
                  <span key="stored" class="num">
                    {bytes(plan.stored_bytes)}
                  </span>,
                ],
                [
                  archive.freed,
                  <span key="freed" class="num">
                    {bytes(plan.freed_bytes)}
                  </span>,
                ],
                [archive.costNow, <Cost key="now" value={plan.cost_now_month} currency={plan.prices.currency} />],
                [archive.costLater, <Cost key="later" value={plan.cost_later_month} currency={plan.prices.currency} />],
                [archive.costUpload, <Cost key="upload" value={plan.cost_upload} currency={plan.prices.currency} />],
              ]}
            />
            <div>
              <h3>{archive.risks}</h3>
              <ul class="sentences" lang="en">
                {[...plan.faults.map(({ message }) => message), ...plan.risks.map(({ message }) => message)].map(
                  (each) => (
                    <li key={each}>{each}</li>
                  ),
                )}
              </ul>
            </div>
          </div>
        )}
      </Part>
    </Card>
  );
}
