/** Every format: what was written is read back, and what was damaged is refused or is still the same. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EXPECTED, FORMATS, type Movement, statementOf } from '../../../../../test/support/statements.ts';
import type { Statement } from '../statement.ts';

const movement: fc.Arbitrary<Movement> = fc.record({
  id: fc.stringMatching(/^FT[0-9A-Z]{6,12}$/),
  minor: fc.bigInt({ min: -1_000_000_000_000n, max: 1_000_000_000_000n }).filter((minor) => minor !== 0n),
  reference: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9 .,&"]{0,28}[A-Za-z0-9]$/),
});
const statement: fc.Arbitrary<Statement> = fc
  .record({
    opening: fc.bigInt({ min: -1_000_000_000_000n, max: 1_000_000_000_000n }),
    movements: fc.uniqueArray(movement, { maxLength: 8, selector: ({ id }) => id }),
  })
  .map(({ opening, movements }) => statementOf(opening, movements));

const essence = ({ account, from, to, opening, closing, lines }: Statement) => ({
  account,
  from,
  to,
  opening,
  closing,
  lines: lines.map(({ id, bookedOn, amount, reference }) => ({ id, bookedOn, amount, reference })),
});
const sums = ({ opening, closing, lines }: Statement) => ({
  opening: opening.minor,
  closing: closing.minor,
  moved: lines.reduce((sum, { amount }) => sum + amount.minor, 0n),
});

describe.each(FORMATS)('$name', ({ write, parse }) => {
  it('is read back as it was written', () => {
    fc.assert(
      fc.property(statement, (given) => {
        expect(essence(parse(write(given), EXPECTED))).toEqual(essence(given));
      }),
      { numRuns: 40 },
    );
  });

  it('never tells another sum when bytes of it were changed, lost or doubled', () => {
    const change = fc.record({
      at: fc.nat(),
      length: fc.integer({ min: 0, max: 40 }),
      bytes: fc.oneof(fc.uint8Array({ maxLength: 3 }), fc.constantFrom(',', '.', '-', '9', 'D', '\n').map(Buffer.from)),
      doubles: fc.boolean(),
    });
    let refused = 0;
    fc.assert(
      fc.property(statement, change, (given, { at, length, bytes, doubles }) => {
        const whole = Buffer.from(write(given));
        const from = at % whole.length;
        const middle = doubles ? whole.subarray(from, from + 2 * length) : bytes;
        const damaged = Buffer.concat([
          whole.subarray(0, from),
          doubles ? whole.subarray(from, from + length) : Buffer.alloc(0),
          middle,
          whole.subarray(doubles ? from + 2 * length : from + length),
        ]).toString('latin1');
        let read: Statement;
        try {
          read = parse(damaged, EXPECTED);
        } catch (error) {
          expect(error).toMatchObject({ code: 'statement.refused' });
          refused += 1;
          return;
        }
        expect(sums(read)).toEqual(sums(given));
      }),
      { numRuns: 200 },
    );
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
