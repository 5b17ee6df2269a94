/** What storage costs: a month of a small archive is less than a cent, and is not nothing. */
import { useLocale } from '../../locale.ts';
import { Amount } from '../../ui/figure.tsx';

export interface CostProps {
  /** Decimal string; null: it is unknown. */
  readonly value: string | null;
  readonly currency: string;
  readonly signed?: boolean;
}

export function Cost({ value, currency, signed = false }: CostProps) {
  const locale = useLocale();
  // Rounded to its currency's digits it would be zero.
  if (value !== null && /^-?0\.00/.test(value) && /[1-9]/.test(value)) {
    return <span class="num">{locale.exact(value, currency)}</span>;
  }
  return <Amount value={value} currency={currency} signed={signed} />;
}
