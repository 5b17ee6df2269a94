/** A whole matching: the lines are read, each rule has its turn, and what comes out must add up to what went in. */

import type { StatementLine } from '../sources/statement.ts';
import { Board } from './board.ts';
import { type Dictionary, newDictionary } from './dictionary.ts';
import { matchGroups } from './groups.ts';
import { type LedgerLine, type Lines, LinesBuilder, type MatchLine, type Side } from './lines.ts';
import type { Policy } from './policy.ts';
import { Result } from './result.ts';
import { matchSingles } from './single.ts';

/** Lines as they come: one by one, or many at once, which costs a long file less. */
export type Source<Line> = AsyncIterable<Line | readonly Line[]> | Iterable<Line>;

export interface MatchInput {
  readonly external: Source<StatementLine>;
  readonly ledger: Source<LedgerLine>;
  readonly policy: Policy;
}

/**
 * The same lines and policy give the same result, in whatever order the lines come.
 * @throws `matching.line_id_twice`, `matching.line_without_id`, `matching.currency_digits` (invalid)
 */
export async function matchStatement({ external, ledger, policy }: MatchInput): Promise<Result> {
  const dictionary = newDictionary();
  const ledgerLines = await read('ledger', ledger, dictionary);
  const externalLines = await read('external', external, dictionary);
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

async function read(side: Side, lines: Source<MatchLine>, dictionary: Dictionary): Promise<Lines> {
  const builder = new LinesBuilder(side, dictionary);
  if (Symbol.asyncIterator in lines) {
    for await (const some of lines) {
      if ('id' in some) builder.add(some);
      else for (const line of some) builder.add(line);
    }
  } else for (const line of lines) builder.add(line);
  return builder.build();
}
