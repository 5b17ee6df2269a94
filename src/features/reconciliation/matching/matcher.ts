/** A whole matching: the lines are read, each rule has its turn, and what comes out must add up to what went in. */

import type { StatementLine } from '../sources/statement.ts';
import { Board } from './board.ts';
import { type Dictionary, newDictionary } from './dictionary.ts';
import { matchGroups } from './groups.ts';
import type { LedgerLine, Lines, MatchLine } from './lines.ts';
import { type Days, type LineReader, LinesBuilder } from './lines-builder.ts';
import type { Policy } from './policy.ts';
import { Result } from './result.ts';
import { matchSingles } from './single.ts';

export type Source<Line> = Iterable<Line> | LineReader;

export interface MatchInput {
  readonly external: Source<StatementLine>;
  readonly ledger: Source<LedgerLine>;
  readonly policy: Policy;
  /** The days that the statement speaks of, where they are known. */
  readonly days?: Days | undefined;
}

/**
 * The same lines and policy give the same result, in whatever order the lines come.
 * @throws `matching.line_id_twice`, `matching.line_without_id`, `matching.line_outside`, `matching.currency_digits`
 * (invalid)
 */
export async function matchStatement({ external, ledger, policy, days }: MatchInput): Promise<Result> {
  const dictionary = newDictionary();
  const ledgerLines = await linesOf(ledger, new LinesBuilder('ledger', dictionary));
  const externalLines = await linesOf(external, new LinesBuilder('external', dictionary, days));
  return matchLines(externalLines, ledgerLines, dictionary, policy);
}

export function matchLines(external: Lines, ledger: Lines, dictionary: Dictionary, policy: Policy): Result {
  const board = new Board(external, ledger, dictionary, policy);
  policy.rules.forEach((rule, number) => {
    if (rule.kind === '1:1') matchSingles(board, rule, number);
    else matchGroups(board, rule, number);
  });
  return new Result(board);
}

async function linesOf(source: Source<MatchLine>, builder: LinesBuilder): Promise<Lines> {
  if ('readInto' in source) await source.readInto(builder);
  else for (const line of source) builder.add(line);
  return builder.build();
}
