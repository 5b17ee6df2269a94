/** Statements of chance, and what becomes of them when bytes are changed, lost or doubled. */
import fc from 'fast-check';
import type { Statement } from '../../src/features/reconciliation/sources/statement.ts';
import { isPlumblineError } from '../../src/kernel/errors.ts';
import { EXPECTED, type Movement, statementOf, type Written } from './statements.ts';

const movement: fc.Arbitrary<Movement> = fc.record({
  id: fc.stringMatching(/^FT[0-9A-Z]{6,12}$/),
  minor: fc.bigInt({ min: -1_000_000_000_000n, max: 1_000_000_000_000n }).filter((minor) => minor !== 0n),
  reference: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9 .,&"]{0,28}[A-Za-z0-9]$/),
});
export const statement: fc.Arbitrary<Statement> = fc
  .record({
    opening: fc.bigInt({ min: -1_000_000_000_000n, max: 1_000_000_000_000n }),
    movements: fc.uniqueArray(movement, { maxLength: 8, selector: ({ id }) => id }),
  })
  .map(({ opening, movements }) => statementOf(opening, movements));

const change = fc.record({
  at: fc.nat(),
  length: fc.integer({ min: 0, max: 40 }),
  bytes: fc.oneof(fc.uint8Array({ maxLength: 3 }), fc.constantFrom(',', '.', '-', '9', 'D', '\n').map(Buffer.from)),
  doubles: fc.boolean(),
});

function damaged(
  text: string,
  { at, length, bytes, doubles }: typeof change extends fc.Arbitrary<infer T> ? T : never,
): string {
  const whole = Buffer.from(text);
  const from = at % whole.length;
  const piece = whole.subarray(from, from + length);
  const rest = whole.subarray(from + length);
  const middle = doubles ? [piece, piece] : [bytes];
  return Buffer.concat([whole.subarray(0, from), ...middle, rest]).toString('latin1');
}

const sums = ({ opening, closing, lines }: Statement): string =>
  [opening.minor, closing.minor, lines.reduce((sum, { amount }) => sum + amount.minor, 0n)].join(' ');

/** A violation: another sum than was written, or an error that is not a refusal. */
export function damage(
  { write, parse }: Written,
  { runs, seed }: { readonly runs: number; readonly seed?: number },
): { readonly refused: number; readonly violations: readonly string[] } {
  let refused = 0;
  const outcome = fc.check(
    fc.property(statement, change, (given, how) => {
      const text = damaged(write(given), how);
      let told: string;
      try {
        told = sums(parse(text, EXPECTED));
      } catch (error) {
        if (!isPlumblineError(error) || error.code !== 'statement.refused') throw error;
        refused += 1;
        return;
      }
      if (told !== sums(given)) throw new Error(`told ${told}, written ${sums(given)}: ${JSON.stringify(text)}`);
    }),
    { numRuns: runs, ...(seed === undefined ? {} : { seed }) },
  );
  const failed = outcome.failed ? [`seed ${outcome.seed}: ${String(outcome.errorInstance)}`] : [];
  return { refused, violations: failed };
}
