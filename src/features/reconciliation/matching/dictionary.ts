/**
 * What both sides' lines say, each value once, as a small whole number: two lines are compared by their
 * numbers.
 */
import { Amounts } from './amounts.ts';
import { Texts } from './text-store.ts';

export interface Dictionary {
  readonly references: Texts;
  readonly counterparties: Texts;
  /** Counterparties as they were written, for showing. */
  readonly names: Texts;
  readonly amounts: Amounts;
}

export const newDictionary = (): Dictionary => ({
  references: new Texts(),
  counterparties: new Texts(),
  names: new Texts(),
  amounts: new Amounts(),
});
