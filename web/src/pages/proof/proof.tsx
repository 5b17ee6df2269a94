/**
 * For a merchant: was my balance counted? The proof is verified here, by the same functions as in
 * docs/verify/verify-liability.mjs; nothing is sent, and once this page is open it needs no network.
 */
import { useState } from 'preact/hooks';
import { verifyLiability } from '../../../../docs/verify/verify-liability.mjs';
import { unscaled } from '../../format/decimal.ts';
import { businessDate } from '../../format/time.ts';
import { fieldsIn, textIn } from '../../json.ts';
import { useLocale } from '../../locale.ts';
import { Card, Facts, Page } from '../../ui/card.tsx';
import { TextField } from '../../ui/field.tsx';
import { Amount, Digest, Time } from '../../ui/figure.tsx';
import { Icon } from '../../ui/icon.tsx';

type Result =
  | { readonly kind: 'none' }
  | { readonly kind: 'malformed' }
  | { readonly kind: 'refuted'; readonly why: string }
  | {
      readonly kind: 'holds';
      readonly owed: string;
      readonly asset: string;
      readonly date: string;
      readonly cut: string | undefined;
      readonly total: string;
      readonly root: string;
      readonly leaves: string;
    };

/** A proof has a path of some 20 hashes a part: what is larger is another file. */
const MOST_BYTES = 1_000_000;

export function ProofPage() {
  const { words } = useLocale();
  const { proof } = words;
  const [text, setText] = useState('');
  const [key, setKey] = useState('');
  const [merchant, setMerchant] = useState('');
  const [result, setResult] = useState<Result>({ kind: 'none' });
  const [isOver, setIsOver] = useState(false);
  const change = (set: (value: string) => void) => (value: string) => {
    set(value);
    setResult({ kind: 'none' });
  };
  const take = async (file: File | undefined): Promise<void> => {
    setIsOver(false);
    if (file === undefined) return;
    setText(file.size > MOST_BYTES ? '' : await file.text());
    setResult(file.size > MOST_BYTES ? { kind: 'malformed' } : { kind: 'none' });
  };
  return (
    <Page title={proof.title} lead={proof.lead}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void verify(text, key.trim(), merchant.trim()).then(setResult);
        }}
      >
        <Card title={proof.yours}>
          <div class="form">
            {/* biome-ignore lint/a11y/noStaticElementInteractions: dropping is one way of three, and the others are for everybody */}
            <div
              class={isOver ? 'drop over' : 'drop'}
              onDragOver={(event) => {
                event.preventDefault();
                setIsOver(true);
              }}
              onDragLeave={() => setIsOver(false)}
              onDrop={(event) => {
                event.preventDefault();
                void take(event.dataTransfer?.files[0]);
              }}
            >
              <TextField
                label={proof.paste}
                hint={proof.pasteHint}
                value={text}
                onText={change(setText)}
                lines={7}
                required
              />
              <label class="file">
                <span>{proof.choose}</span>
                <input
                  type="file"
                  accept=".json,application/json"
                  onChange={(event) => void take(event.currentTarget.files?.[0])}
                />
              </label>
            </div>
            <TextField label={proof.key} hint={proof.keyHint} value={key} onText={change(setKey)} required />
            <TextField
              label={proof.merchant}
              hint={proof.merchantHint}
              value={merchant}
              onText={change(setMerchant)}
              required
            />
            <div class="buttons">
              <button type="submit" class="primary">
                {proof.verify}
              </button>
            </div>
          </div>
        </Card>
        <div aria-live="polite">
          <Shown result={result} />
        </div>
      </form>
    </Page>
  );
}

async function verify(text: string, key: string, merchant: string): Promise<Result> {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    return { kind: 'malformed' };
  }
  const header = fieldsIn(given, 'header');
  const decimals = header?.decimals;
  if (header === undefined || typeof decimals !== 'number') return { kind: 'malformed' };
  try {
    const { owed, asset, businessDate: date } = await verifyLiability(given, key, merchant);
    const amountOf = (digits: string): string => unscaled(BigInt(digits), decimals);
    return {
      ...{ kind: 'holds', owed: amountOf(owed), asset, date, cut: textIn(header, 'cut') },
      ...{
        total: amountOf(textIn(header, 'total') ?? '0'),
        root: textIn(header, 'digest') ?? '',
        leaves: String(header.leaves),
      },
    };
  } catch (error) {
    return { kind: 'refuted', why: error instanceof Error ? error.message : String(error) };
  }
}

function Shown({ result }: { readonly result: Result }) {
  const { words } = useLocale();
  const { proof } = words;
  switch (result.kind) {
    case 'none':
      return null;
    case 'malformed':
      return (
        <div class="notice bad" data-proof="malformed">
          <Icon name="bad" />
          <p>{proof.malformed}</p>
        </div>
      );
    case 'refuted':
      return (
        <div class="notice bad" data-proof="refuted">
          <Icon name="bad" />
          <div>
            <p>{proof.refuted}</p>
            <p>{result.why}</p>
            <p>{proof.refutedAdvice}</p>
          </div>
        </div>
      );
    case 'holds':
      return (
        <section class="verdict good" data-proof="holds" aria-label={proof.holds}>
          <p class="answer">
            <Icon name="good" />
            {proof.holds}
          </p>
          <dl class="sum">
            <div class="first">
              <dt>{proof.counted}</dt>
              <dd>
                <Amount value={result.owed} currency={result.asset} />
              </dd>
            </div>
            <div>
              <dt>{words.solvency.date}</dt>
              <dd>{businessDate(result.date)}</dd>
            </div>
          </dl>
          <p>{proof.isItYours}</p>
          <Facts
            facts={[
              [words.common.asOf, <Time key="cut" at={result.cut} />],
              [proof.total, <Amount key="total" value={result.total} currency={result.asset} />],
              [proof.leaves, result.leaves],
              [proof.root, <Digest key="root" value={result.root} chars={64} />],
            ]}
          />
        </section>
      );
  }
}
