/** Proofs of liabilities: what was signed, day by day, and a merchant's own part of it. */
import { useState } from 'preact/hooks';
import { type Answer, get } from '../../api.ts';
import { saveFile } from '../../browser/save.ts';
import { businessDate } from '../../format/time.ts';
import { useLoad } from '../../load.ts';
import { useLocale } from '../../locale.ts';
import { asProblem, type Problem } from '../../problem.ts';
import { href } from '../../router.ts';
import { Card, Facts, Page } from '../../ui/card.tsx';
import { Download } from '../../ui/download.tsx';
import { Choice, TextField } from '../../ui/field.tsx';
import { Amount, Digest, Time } from '../../ui/figure.tsx';
import { Empty, Failure, Part } from '../../ui/part.tsx';
import { Table } from '../../ui/table.tsx';

type Header = Answer<'GET /v1/liability-proofs'>['data'][number];

export function Proofs() {
  const { words } = useLocale();
  const { proof } = words;
  const load = useLoad('proofs', (signal) => get('GET /v1/liability-proofs', { query: { limit: 100 } }, signal), {
    everyMs: 30_000,
  });
  return (
    <Page
      title={proof.listTitle}
      lead={proof.listLead}
      aside={
        <a class="button" href={href(['proof'])}>
          {proof.title}
        </a>
      }
    >
      <Part load={load}>
        {({ data }) =>
          data.length === 0 ? (
            <Empty>{proof.none}</Empty>
          ) : (
            <div class="stack">
              <Card title={proof.headers}>
                <Headers rows={data} />
              </Card>
              <div class="grid">
                <Card title={proof.ofMerchant}>
                  <OfMerchant rows={data} />
                </Card>
                <Newest header={data[0]} />
              </div>
            </div>
          )
        }
      </Part>
    </Page>
  );
}

function Headers({ rows }: { readonly rows: readonly Header[] }) {
  const { words, count } = useLocale();
  const { proof } = words;
  return (
    <Table
      caption={proof.headers}
      rows={rows}
      keyOf={({ id }) => id}
      columns={[
        { title: words.solvency.date, cell: ({ header }) => businessDate(header.businessDate) },
        { title: proof.merchants, numeric: true, cell: ({ merchants }) => <span class="num">{count(merchants)}</span> },
        {
          title: proof.total,
          numeric: true,
          cell: ({ total, header }) => <Amount value={total} currency={header.asset} />,
        },
        {
          title: proof.negative,
          numeric: true,
          cell: ({ negative_count }) => <span class="num">{count(negative_count)}</span>,
        },
        { title: proof.root, cell: ({ header }) => <Digest value={header.digest} /> },
        {
          title: words.solvency.report,
          cell: ({ report_id }) => <a href={href(['solvency', 'runs', report_id])}>{words.solvency.evidence}</a>,
        },
        { title: proof.made, cell: ({ created_at }) => <Time at={created_at} /> },
        {
          title: proof.publication,
          cell: ({ id, header }) => (
            <Download
              path={`/v1/liability-proofs/${id}/publication`}
              name={`liabilities-${header.asset}-${header.businessDate}.txt`}
              label={proof.publication}
            />
          ),
        },
      ]}
    />
  );
}

function Newest({ header }: { readonly header: Header | undefined }) {
  const { words } = useLocale();
  if (header === undefined) return null;
  return (
    <Card title={words.proof.key}>
      <p class="small">{words.proof.keyAbout}</p>
      <Facts
        facts={[
          [words.proof.key, <Digest key="key" value={header.public_key} chars={64} />],
          [words.proof.headerHash, <Digest key="hash" value={header.header_hash} chars={64} />],
        ]}
      />
    </Card>
  );
}

/** The file that a merchant is given: it holds the salt, and is for that merchant alone. */
function OfMerchant({ rows }: { readonly rows: readonly Header[] }) {
  const { words } = useLocale();
  const { proof } = words;
  const [id, setId] = useState(rows[0]?.id ?? '');
  const [merchant, setMerchant] = useState('');
  const [problem, setProblem] = useState<Problem>();
  const fetchProof = async (): Promise<void> => {
    setProblem(undefined);
    try {
      const found = await get('GET /v1/liability-proofs/{id}/merchants/{merchant}', {
        path: { id, merchant: merchant.trim() },
      });
      saveFile(
        `proof-${found.header.businessDate}-${found.merchant}.json`,
        new Blob([JSON.stringify(found, null, 1)], { type: 'application/json' }),
      );
    } catch (error) {
      setProblem(asProblem(error));
    }
  };
  return (
    <form
      class="form"
      onSubmit={(event) => {
        event.preventDefault();
        void fetchProof();
      }}
    >
      <p class="small">{proof.ofMerchantAbout}</p>
      <Choice
        label={words.solvency.date}
        value={id}
        onChoice={setId}
        options={rows.map((row) => [row.id, `${businessDate(row.header.businessDate)} · ${row.header.asset}`] as const)}
      />
      <TextField
        label={proof.merchant}
        value={merchant}
        onText={setMerchant}
        placeholder="01939e4e-7cb2-7c00-8000-000000000000"
        required
      />
      {problem !== undefined && <Failure problem={problem} />}
      <div class="buttons">
        <button type="submit" class="primary">
          {proof.fetch}
        </button>
      </div>
    </form>
  );
}
