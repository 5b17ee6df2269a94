/** Every format: what was written is read back, and what was damaged is refused or is still the same. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { damage, statement } from '../../../../../test/support/statement-damage.ts';
import { EXPECTED, FORMATS, statementOf } from '../../../../../test/support/statements.ts';
import type { Statement } from '../statement.ts';

const essence = ({ account, from, to, opening, closing, lines }: Statement) => ({
  account,
  from,
  to,
  opening,
  closing,
  lines: lines.map(({ id, bookedOn, amount, reference }) => ({ id, bookedOn, amount, reference })),
});
describe.each(FORMATS)('$name', (format) => {
  const { write, parse } = format;
  it('is read back as it was written', () => {
    fc.assert(
      fc.property(statement, (given) => {
        expect(essence(parse(write(given), EXPECTED))).toEqual(essence(given));
      }),
      { numRuns: 40 },
    );
  });

  it('never tells another sum when bytes of it were changed, lost or doubled', () => {
    const { refused, violations } = damage(format, { runs: 200 });
    expect(violations).toEqual([]);
    expect(refused).toBeGreaterThan(50);
  });

  it('refuses a line that is there twice, a wrong account, a wrong currency, a wrong day', () => {
    const line = { id: 'FT1', minor: 500n, reference: 'x' };
    const given = statementOf(1_000n, [line, { ...line, id: 'FT2' }]);
    const text = write(given);
    const refusal = (work: () => unknown): string => {
      try {
        work();
      } catch (error) {
        expect(error).toMatchObject({ code: 'statement.refused' });
        return String(error);
      }
      return 'nothing was refused';
    };
    expect(refusal(() => parse(text.replace('FT2', 'FT1'), EXPECTED))).toMatch(
      /the id of the line is also that of .*FT1/,
    );
    expect(refusal(() => parse(text, { ...EXPECTED, account: '42' }))).toMatch(/account/);
    expect(
      refusal(() => parse(text.replaceAll('VND', 'USD').replaceAll('0071000123456', '0071000123457'), EXPECTED)),
    ).toMatch(/account|currency/);
    expect(refusal(() => parse(text, { ...EXPECTED, date: '2026-11-24' as typeof EXPECTED.date }))).toMatch(
      /2026-11-2/,
    );
    expect(refusal(() => parse('', EXPECTED))).toMatch(/statement/);
  });
});
